"""The console itself, for its admin: the read-only switch, and how it is set up."""
