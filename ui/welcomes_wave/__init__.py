"""A recording drawn."""
