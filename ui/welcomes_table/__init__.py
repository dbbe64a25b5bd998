"""The list of welcomes."""
