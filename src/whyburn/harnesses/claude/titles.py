"""Titles of sessions: only those that the harness itself recorded as titles; first prompts are never stored."""

from __future__ import annotations

import os
from typing import Any

from whyburn.harnesses.readers import loads_dirty
from whyburn.model import SessionFact

_KEYS = {"custom-title": ("customTitle", 2), "ai-title": ("aiTitle", 1)}


def title_of(path: str, pos: int, line: bytes) -> SessionFact | None:
    """The title that a line gives to its session, None when it gives none.

    `summary` lines (to 2.0) are not used: they name a leaf of some other session, and no session id.
    """
    try:
        record: Any = loads_dirty(line)
    except ValueError:
        return None
    if not isinstance(record, dict):
        return None
    key, rank = _KEYS.get(str(record.get("type")), ("", 0))
    title, session = record.get(key), record.get("sessionId")
    if not isinstance(title, str) or not title.strip():
        return None
    if not isinstance(session, str):
        session = os.path.basename(path).removesuffix(".jsonl")
    return SessionFact(session=session, at_ms=pos, title=" ".join(title.split())[:200], title_rank=rank)
