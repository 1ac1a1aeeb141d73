"""Requests that failed: the harness' own messages in the model's place, and its records of API errors.

Of their texts only a word of the error travels: a status, a code.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from whyburn.harnesses.claude.deep.records import loose
from whyburn.transcript import Trouble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whyburn.harnesses.claude.deep.blocks import Place
    from whyburn.harnesses.claude.deep.records import Record, Spoken

    Why = Literal["api_error", "rate_limit", "interrupted", "refused", "truncated"]

_STATUS = re.compile(r"API Error: (\d{3})\b")
_TEXTS: tuple[tuple[re.Pattern[str], Why], ...] = (
    (re.compile(r"\blimit reached\b|\bhit your (?:\w+ )?limit\b|\brate limit", re.IGNORECASE), "rate_limit"),
    (re.compile(r"output token maximum|Prompt is too long"), "truncated"),
    (re.compile(r"Usage Policy"), "refused"),
    (re.compile(r"\[Request interrupted"), "interrupted"),
)
_CODES: dict[str, Why] = {
    "rate_limit": "rate_limit", "429": "rate_limit", "max_output_tokens": "truncated", "refusal": "refused",
}  # fmt: skip
_WORD = re.compile(r"[\w.-]{1,40}")


def message_trouble(record: Record, message: Spoken, place: Place) -> Sequence[Trouble]:
    """What a locally made message tells; nothing when it only fills a place."""
    content = message.content
    parts = content if isinstance(content, list) else ()
    text = content if isinstance(content, str) else " ".join([part.text for part in parts if part.text])
    code, status = _code(loose(record.error)), _STATUS.search(text)
    kind = _CODES.get(code) or next((kind for pattern, kind in _TEXTS if pattern.search(text[:400])), None)
    if kind is None and not record.isApiErrorMessage:
        return ()
    return (Trouble(place.agent, place.spot, place.at_ms, kind or "api_error", status[1] if status else code),)


def api_trouble(record: Record, place: Place) -> Trouble:
    """An error that the harness met and retried."""
    code = _code(loose(record.error))
    return Trouble(place.agent, place.spot, place.at_ms, _CODES.get(code, "api_error"), code)


def _code(told: Any) -> str:
    """The word that names an error: its status, the code of its connection, its type, wherever they stand."""
    if isinstance(told, (str, int)):
        word = str(told)
        return word if _WORD.fullmatch(word) else ""
    if not isinstance(told, dict):
        return ""
    for key in ("status", "code", "connection", "error", "cause", "type"):
        word = _code(told.get(key))
        if word:
            return word
    return ""
