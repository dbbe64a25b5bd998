"""Who did what: an append-only log whose rows are chained, so that changing it later shows."""
