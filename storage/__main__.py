"""`python -m storage`."""

import gc
import sys
from importlib.abc import MetaPathFinder


class _NoPandas(MetaPathFinder):
    """pyarrow loads pandas, where there is one, to see whether a list is a Series: a third of a
    second and 30 MB, for what no command uses."""

    def find_spec(self, fullname: str, *_: object) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError("Commands do without pandas.", name=fullname)


# A command is over in seconds, and most of what it makes at first are its libraries: looking
# through them for garbage, again and again and three times at the end, took a quarter of a second.
gc.set_threshold(50_000)
sys.meta_path.insert(0, _NoPandas())

from storage.cli.main import main  # noqa: E402

code = main()
gc.freeze()
sys.exit(code)
