"""A settings folder for a test."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from whyburn.settings.loader import load
from whyburn.settings.paths import Paths, resolve_paths

if TYPE_CHECKING:
    from whyburn.settings.schema import Problem, Settings


class Home:
    """A folder with settings files, written by name and loaded as a whole."""

    def __init__(self, folder: object) -> None:
        self.folder = str(folder)
        self.paths: Paths = resolve_paths(config=self.path("config.toml"), environ={"HOME": self.folder})

    def path(self, name: str) -> str:
        return os.path.join(self.folder, name)

    def write(self, name: str, text: str | bytes) -> Home:
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        return self

    def read(self, name: str) -> bytes:
        with open(self.path(name), "rb") as file:
            return file.read()

    def load(self, **environ: str) -> Settings:
        return load(self.paths, environ, harness_names=("claude", "codex", "pi"))

    def problem(self, **environ: str) -> Problem:
        """The only problem there is."""
        (found,) = self.load(**environ).problems
        return found
