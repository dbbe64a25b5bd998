"""Who did what: searching the audit log, exporting it, and checking that nobody changed it."""
