"""What the buckets cost, why, and what would change it."""
