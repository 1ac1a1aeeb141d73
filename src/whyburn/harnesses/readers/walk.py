"""Finding files: one scandir per folder, one stat per file, links followed once.

A database is one source with its write-ahead log: what a running program writes stands there first, so its size and
time are among the figures that tell whether the source has changed.
"""

from __future__ import annotations

import os
from stat import S_ISREG
from typing import TYPE_CHECKING

from whyburn.harnesses.interface import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from whyburn.harnesses.interface import Kind

MAX_DEPTH = 12
"""Sub-agents nest a few folders deep; a link that leads back into itself must end somewhere."""


def source_of(path: str, kind: Kind) -> Source | None:
    """The source at a path, None when there is no regular file."""
    try:
        at = os.stat(path)
    except (OSError, ValueError):
        return None
    return _source(path, kind, at) if S_ISREG(at.st_mode) else None


def walk(
    root: str, kind_of: Callable[[str], Kind | None], *, skip: Collection[str] = (), depth: int = MAX_DEPTH
) -> Iterator[Source]:
    """Every file below `root` for whose name `kind_of` gives a kind; folders named in `skip` are not entered.

    A root that is itself a file is given whatever its name is, as long as a kind can be told.
    """
    if not os.path.isdir(root):
        kind = kind_of(os.path.basename(root))
        found = source_of(root, kind) if kind else None
        if found:
            yield found
        return
    yield from _walk(root, kind_of, skip, depth)


def _walk(folder: str, kind_of: Callable[[str], Kind | None], skip: Collection[str], depth: int) -> Iterator[Source]:
    try:
        with os.scandir(folder) as entries:
            found = list(entries)
    except OSError:
        return
    for entry in found:
        kind = kind_of(entry.name)
        try:
            if kind is not None:
                at = entry.stat()
                if S_ISREG(at.st_mode):
                    yield _source(entry.path, kind, at)
                    continue
            if depth and entry.name not in skip and entry.is_dir():
                yield from _walk(entry.path, kind_of, skip, depth - 1)
        except OSError:
            continue


def _source(path: str, kind: Kind, at: os.stat_result) -> Source:
    size, mtime_ns = at.st_size, at.st_mtime_ns
    if kind == "database":
        log = _log(path)
        if log is not None:
            size, mtime_ns = size + log.st_size, max(mtime_ns, log.st_mtime_ns)
    return Source(path, kind, size, mtime_ns, at.st_dev, at.st_ino)


def _log(path: str) -> os.stat_result | None:
    """The write-ahead log of a database; an empty one says nothing, it comes and goes with readers."""
    try:
        at = os.stat(path + "-wal")
    except OSError:
        return None
    return at if at.st_size else None
