"""What settings and files say, read and checked before anything is started."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from storage.config import Config, load_config
from storage.errors import ConfigError
from storage.layout.load import load_layouts
from storage.layout.profile import Layout
from storage.settings import Settings, load_settings

DEFAULT_CONFIG = Path("soundstage.toml")


@dataclass(frozen=True)
class Configuration:
    """All of it. `own`: the user's own S3 is used."""

    settings: Settings
    config: Config
    layouts: Mapping[str, Layout]
    own: bool
    path: Path | None = None  # of the config file


def configure(environ: Mapping[str, str], config_path: Path | None = None) -> Configuration:
    """Reads and checks everything, starts nothing. Raises ConfigError for wrong settings or files.

    Own S3 is used with a config file, S3_ENDPOINT_URL or STORAGE=aws, never because credentials
    happen to lie around.
    """
    settings = load_settings(environ)
    path = _config_path(settings, config_path)
    config = load_config(path)
    own = settings.storage != "embedded" and bool(
        path or settings.endpoint_url or settings.storage == "aws"
    )
    return Configuration(settings, config, load_layouts(settings, config, environ), own, path)


def _config_path(settings: Settings, given: Path | None) -> Path | None:
    chosen = given or (Path(settings.config_file) if settings.config_file else None)
    if chosen is not None and not chosen.is_file():
        raise ConfigError(
            f"There is no config file {str(chosen)!r}.",
            "Set STORAGE_CONFIG (or --config) to a file that exists, or leave it out.",
        )
    return chosen or (DEFAULT_CONFIG if DEFAULT_CONFIG.is_file() else None)
