"""Welcomes: a registry of texts, their recordings, and the MP3s made from them."""
