"""Bucket listings as Parquet: made, kept, asked."""
