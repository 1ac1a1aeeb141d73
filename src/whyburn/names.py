"""One spelling for names: models, providers, agents, machines."""

from __future__ import annotations

import re
from functools import lru_cache

_BREAKS = re.compile(r"[/_\s]+")
_OUTSIDE = re.compile(r"[^a-z0-9.-]+")
_DASHES = re.compile(r"-{2,}")


def identity(text: str | None) -> str:
    """The normalised form that reports group and filter by; '' when nothing is left.

    Lower case, runs of slash, underscore and white space become a dash, everything outside `a-z 0-9 . -` goes. It is
    for grouping only: prices are looked up by the raw id, which this form destroys.
    """
    lowered = _BREAKS.sub("-", (text or "").strip().lower())
    return _DASHES.sub("-", _OUTSIDE.sub("", lowered)).strip("-")


@lru_cache(maxsize=256)
def effort_of(text: str | None) -> str | None:
    """A recorded thinking effort, normalised; None when the record says nothing about it."""
    effort = identity(text)
    return None if effort in ("", "unknown", "default") else effort


def storable(text: str) -> str:
    """A text that a database can hold: bytes of a file name that are no text are written out."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
