"""The top of one welcome."""
