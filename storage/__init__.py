"""Soundstage's library: the audio that teams keep in S3, without a web page.

Programs begin with `storage.bootstrap.services()` and catch `StorageError`.
"""

from storage.errors import StorageError

__all__ = ["StorageError"]
