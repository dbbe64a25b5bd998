"""One module a revision, named by its number. A revision that was released is never edited."""
