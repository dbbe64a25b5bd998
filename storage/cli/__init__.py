"""The command line: `python -m storage`. `main` parses; each other module runs some commands."""
