"""Real consoles in a folder of their own, with a store that is made up."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).parents[2]
START_S = 60  # two cores shared by several workers

# The layout of the house: the script in ui/, so that Streamlit does not find pages/ by itself.
APP = (ROOT / "app.py").read_text()
FAKE_STORE = """
from types import SimpleNamespace
from storage import bootstrap
from storage.objects.tickets import Ticket

def close():
    print("services closed", flush=True)

def endless(*_place):
    try:
        while True:
            yield bytes(4096)
    finally:
        print("archive closed", flush=True)

bootstrap.install(
    SimpleNamespace(
        mode="moto",
        login=None,
        sessions=SimpleNamespace(check=lambda _actor: None),
        origins=lambda: ("http://127.0.0.1:9",),
        close=close,
        objects=SimpleNamespace(archive=endless),
        tickets=SimpleNamespace(redeem=lambda actor, _id: Ticket(actor, "ssi", "stage", ("a",))),
    )
)
"""
CONSOLE = """
import streamlit as st
st.text("the gate")
st.stop()
"""
PAGE = """
import streamlit as st
st.text("the page behind the gate")
"""


class Console:
    """A `streamlit run app.py`: its output, and its URL once it has said it."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        self._told = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if "Soundstage:" in line:
                self._told.set()
        self._told.set()

    @property
    def output(self) -> str:
        return "".join(self.lines)

    @property
    def port(self) -> int:
        """The port of the URL it printed; fails with its output when it printed none."""
        assert self._told.wait(START_S), self.output
        found = re.search(r"Soundstage: http://127\.0\.0\.1:(\d+) ", self.output)
        assert found, self.output
        return int(found[1])

    def wait(self) -> int:
        """Its exit status, once it ended by itself."""
        code = self.process.wait(START_S)
        self._reader.join(START_S)
        return code

    def end(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._reader.join(START_S)


def make_folder(folder: Path) -> Path:
    """The console's own app.py and settings, with a script and a page that say who ran."""
    for name, text in {
        "app.py": APP.replace("\nimport streamlit", f"{FAKE_STORE}\nimport streamlit", 1),
        "ui/console.py": CONSOLE,
        "pages/browse.py": PAGE,
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    shutil.copytree(ROOT / ".streamlit", folder / ".streamlit")
    return folder
