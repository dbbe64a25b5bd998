"""Listening to clips one after another: `listen.listen`."""
