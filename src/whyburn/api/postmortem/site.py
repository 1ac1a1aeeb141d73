"""A folder of pages: what its files are called, and writing it so that only its owner can read it.

A site is `index.html`, `overview.json` and one page per session in `sessions/`. Names say harness and full id in
letters that every file system and address can hold, and end in a hash of the session's key: two sessions never share
one. Writing again removes the session pages that are no longer part of the site, and nothing that somebody else wrote.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from hashlib import blake2b
from typing import TYPE_CHECKING

from whyburn.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable

INDEX, DATA, FOLDER = "index.html", "overview.json", "sessions"
_MARK = '<meta name="generator" content="whyburn '
_HEAD = 4096
"""Bytes of a page that hold its mark."""
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*-[0-9a-f]{8}\.html")
_UNSAFE = re.compile(r"[^a-z0-9._-]+")
_LONGEST = 120


def page_name(key: str) -> str:
    """The file name of a session's page, by its key machine/harness/id."""
    _, harness, ident = key.split("/", 2)
    safe = _UNSAFE.sub("_", f"{harness}-{ident}".lower())[:_LONGEST].lstrip("._-") or "session"
    return f"{safe}-{blake2b(key.encode('utf-8', 'surrogatepass'), digest_size=4).hexdigest()}.html"


def links(keys: Iterable[str], folder: str = FOLDER) -> dict[str, str]:
    """The address of each session's page, seen from the index."""
    return {key: f"{folder}/{page_name(key)}" for key in keys}


def write_site(root: str, files: Iterable[tuple[str, str]], *, index: str = INDEX, folder: str = FOLDER) -> list[str]:
    """Write files (relative name, text) of a site and remove session pages of an earlier one; what was written.

    An index that somebody else wrote is refused before anything happens: it is not ours to replace.
    """
    place = os.path.abspath(os.path.expanduser(root))
    check_ours(os.path.join(place, index))
    written = []
    for name, text in files:
        write_private(os.path.join(place, name), text)
        written.append(name)
    _remove_others(os.path.join(place, folder), {os.path.basename(name) for name in written})
    return written


def _remove_others(folder: str, kept: set[str]) -> None:
    """Remove session pages that we wrote earlier."""
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            if entry.name not in kept and _NAME.fullmatch(entry.name) and _is_ours(entry.path):
                os.unlink(entry.path)


def _is_ours(path: str) -> bool:
    with open(path, encoding="utf-8", errors="replace") as file:
        return _MARK in file.read(_HEAD)


def check_ours(path: str) -> None:
    """Refuse to replace a page that whyburn did not write."""
    try:
        if os.path.lexists(path) and os.path.getsize(path) and not _is_ours(path):
            raise SourceError(f"{path} was not written by whyburn and is left alone: choose another place with --out")
    except OSError as error:
        raise SourceError(f"{path} cannot be read ({error.strerror})") from None


def write_private(path: str, text: str) -> None:
    """Write a file, with the folders that it needs, so that only its owner can read it; a reader never sees half."""
    temporary = None
    try:
        _make_folders(os.path.dirname(path))
        handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".whyburn-")
        with open(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise SourceError(f"{path} cannot be written ({error.strerror})") from None


def _make_folders(folder: str) -> None:
    """The missing folders, private each: `os.makedirs` makes only the last one so."""
    missing = []
    while folder and not os.path.isdir(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    for one in reversed(missing):
        os.mkdir(one, 0o700)
