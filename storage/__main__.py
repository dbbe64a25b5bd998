"""`python -m storage`."""

import gc
import sys

# A command is over in seconds, and most of what it makes at first are its libraries: looking
# through them for garbage, again and again and three times at the end, took a quarter of a second.
gc.set_threshold(50_000)

from storage.cli.main import main  # noqa: E402

code = main()
gc.freeze()
sys.exit(code)
