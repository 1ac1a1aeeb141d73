"""A set of log files in memory, and the ways in which it may come to disk and into a ledger."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest import mock

from support import BUILT_IN, content, ingest
from whyburn.harnesses.readers import lines
from whyburn.ledger import ingest as ingest_module

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from random import Random

    from whyburn.harnesses.interface import Harness, Source

QUICK_FOLDER = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
LONG = os.environ.get("WHYBURN_LONG_TESTS") == "1"
"""Run what takes minutes."""


class Tree(NamedTuple):
    """What a harness has written, and what it means."""

    harness: str
    files: dict[str, list[bytes]]
    """Lines without their newlines, by path below the root."""
    truth: dict[str, int]
    """Sums over all billed calls; empty when they are not known."""
    sidecars: dict[str, bytes]

    def text(self, path: str) -> bytes:
        """The whole content of a file."""
        return b"".join(line + b"\n" for line in self.files[path])

    def write(self, root: Path, sizes: dict[str, int] | None = None) -> Path:
        """The tree below a root; files cut to `sizes` bytes where that is given."""
        for path in self.files:
            text = self.text(path)
            put(root / path, text if sizes is None else text[: sizes.get(path, 0)])
        for path, text in self.sidecars.items():
            put(root / path, text)
        return root


def put(path: Path, text: bytes) -> None:
    """Make a file grow to this text, as a harness does: what is there is not written again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    held = path.stat().st_size if path.exists() else 0
    if not held or held > len(text):
        path.write_bytes(text)
    elif held < len(text):
        with path.open("ab") as file:
            file.write(text[held:])


@contextmanager
def workshop() -> Iterator[Path]:
    """A folder that is quick to write to and gone afterwards."""
    folder = Path(tempfile.mkdtemp(dir=QUICK_FOLDER))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def small_pieces(*, batch: int | None = None, chunk: int | None = None) -> Iterator[None]:
    """Batches and chunks of so few bytes that small trees need many of them."""
    with ExitStack() as stack:
        if batch is not None:
            stack.enter_context(mock.patch.object(ingest_module, "BATCH_BYTES", batch))
        if chunk is not None:
            stack.enter_context(mock.patch.object(lines, "CHUNK", chunk))
        yield


class Shuffled:
    """A harness whose discovery finds its sources in another order each time."""

    def __init__(self, harness: Harness | str, rng: Random) -> None:
        self._harness: Any = BUILT_IN[harness] if isinstance(harness, str) else harness
        self._rng = rng

    def __getattr__(self, name: str) -> Any:
        return getattr(self._harness, name)

    def sources(self, root: str) -> Iterable[Source]:
        found = list(self._harness.sources(root))
        self._rng.shuffle(found)
        return found


def clean_content(tree: Tree, harness: Harness | str | None = None) -> list[str]:
    """The ledger of one import of the whole tree."""
    with workshop() as folder:
        ingest(folder / "ledger.db", harness or tree.harness, tree.write(folder / "logs"))
        return content(folder / "ledger.db")


def first_difference(expected: Sequence[str], actual: Sequence[str]) -> str:
    """What a failing comparison of two ledgers should show."""
    missing, extra = sorted(set(expected) - set(actual)), sorted(set(actual) - set(expected))
    return f"missing: {missing[:3]}\nextra: {extra[:3]}"


def billing(rows: Iterable[str]) -> list[str]:
    """A ledger's content without what sessions are described by: folder and branch, which have a test of their own."""
    return sorted(_undescribed(row) if row.startswith("session\t") else row for row in rows)


def _undescribed(row: str) -> str:
    cells = row.split("\t")
    return "\t".join([*cells[:6], *cells[8:]])


def same(expected: Sequence[str], actual: Sequence[str]) -> bool:
    """Compare two ledgers; print a short difference where there is one."""
    if expected == actual:
        return True
    raise AssertionError(first_difference(expected, actual))


def rows(ledger: Path, query: str) -> list[tuple[Any, ...]]:
    """The answer to a query over a ledger file."""
    with closing(sqlite3.connect(ledger)) as db:
        return db.execute(query).fetchall()
