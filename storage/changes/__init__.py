"""What Browse changes: upload, copy, move, edit, delete, restore, upload links."""
