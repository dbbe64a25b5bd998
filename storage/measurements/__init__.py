"""What was measured of clips, kept by content."""
