"""HTTP beside the console, on the same port: who may come in, response headers, the API routes."""

VERSION = "0.1.0"
"""What `/api/health` reports; the same as in pyproject.toml."""
