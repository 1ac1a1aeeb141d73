"""The pages of the documentation, and what tests look for in them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_NOT_RUN = re.compile(r"<!-- not run: .+ -->\n$")


class Block(NamedTuple):
    """One fenced block."""

    page: str
    line: int
    language: str
    text: str
    run: bool
    """Whether it is to be executed: not when a comment `<!-- not run: reason -->` stands on the line before it."""


def text_of(page: Path) -> str:
    """A page's text."""
    return page.read_text(encoding="utf-8")


def name_of(page: Path) -> str:
    """A page's path in the repository."""
    return page.relative_to(ROOT).as_posix()


def blocks(language: str) -> list[Block]:
    """Every block of a language on every page."""
    found = []
    for page in PAGES:
        text = text_of(page)
        for match in _FENCE.finditer(text):
            if match[1] == language:
                before = text[: match.start()]
                line = before.count("\n") + 1
                found.append(Block(name_of(page), line, match[1], match[2], not _NOT_RUN.search(before)))
    return found


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return _FENCE.sub("", text_of(page))


def anchors(page: Path) -> set[str]:
    """The anchors that the headings of a page make."""
    heads = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
