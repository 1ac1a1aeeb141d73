"""The demo's sessions: one packed file of native logs, laid out as of today.

`sessions.tar.zst` is made by `scripts/build_demo.py`. It holds what Claude Code and Codex would have written below a
home folder, the newest session ending at `ENDED_MS`. Laying the logs out moves every instant by the same amount, also
those in the names of rollouts; ids stay as they are, because readers compare the time in an id with that in other ids
only.
"""

from __future__ import annotations

import io
import os
import re
import tarfile
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import zstandard

if TYPE_CHECKING:
    from collections.abc import Iterator

BUNDLE = os.path.join(os.path.dirname(__file__), "sessions.tar.zst")
ENDED_MS = 1_795_000_000_000
"""When the newest session of the bundle ends."""
AGO_MS = 1_200_000
"""How long before now it ends once it is laid out: soon enough for today's list, on almost every day's first hour."""
_STAMP = re.compile(rb'"(timestamp|updated_at)":"([^"]+)"')
_RESET = re.compile(rb'"resets_at":(\d+)')
_ROLLOUT = re.compile(r"\d{4}/\d\d/\d\d/rollout-(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d)")


def write_logs(home: str, now_ms: int) -> None:
    """Write all logs below a home folder, as the two programs would have by now."""
    moved = timedelta(milliseconds=now_ms - AGO_MS - ENDED_MS)
    for name, text in bundled():
        path = os.path.join(home, *_renamed(name, moved).split("/"))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(_moved(text, moved))


def bundled() -> Iterator[tuple[str, bytes]]:
    """(path below a home folder, text) of every log of the bundle."""
    with open(BUNDLE, "rb") as file:
        packed = zstandard.ZstdDecompressor().decompress(file.read())
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        for entry in tar:
            held = tar.extractfile(entry)
            assert held is not None
            yield entry.name, held.read()


def _renamed(name: str, moved: timedelta) -> str:
    """The path of a log; those of Codex say when the thread began."""

    def later(found: re.Match[str]) -> str:
        began = datetime.strptime(found[1], "%Y-%m-%dT%H-%M-%S").replace(tzinfo=UTC) + moved
        return f"{began:%Y/%m/%d/rollout-%Y-%m-%dT%H-%M-%S}"

    return _ROLLOUT.sub(later, name)


def _moved(text: bytes, moved: timedelta) -> bytes:
    """A log with all of its instants moved."""

    def later(found: re.Match[bytes]) -> bytes:
        then = datetime.fromisoformat(found[2].decode()) + moved
        return b'"%b":"%b"' % (found[1], f"{then:%Y-%m-%dT%H:%M:%S}.{then.microsecond // 1000:03}Z".encode())

    seconds = round(moved.total_seconds())
    return _RESET.sub(lambda found: b'"resets_at":%d' % (int(found[1]) + seconds), _STAMP.sub(later, text))
