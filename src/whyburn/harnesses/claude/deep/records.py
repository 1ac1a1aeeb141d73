"""The fields of a transcript line that a postmortem needs, decoded by type.

What only a few lines need (the structured echo of a tool's result, an attachment, an error) stays undecoded bytes
until somebody asks. A line that strict decoding refuses is read again with patience, and if its content is of a shape
that nobody has seen, at least its usage is read.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003  msgspec resolves the annotation when it runs
from typing import Any

import msgspec

from whyburn.harnesses.claude.records import Message
from whyburn.harnesses.readers import UNDECODABLE, UnreadableError, loads_dirty

NOTHING = msgspec.Raw(b"")
_BILLING = ("type", "timestamp", "sessionId", "requestId", "uuid", "parentUuid", "isSidechain", "agentId", "version",
            "effort", "costUSD")  # fmt: skip


class Other(msgspec.Struct, gc=False):
    """An object of which nothing is needed."""


class Part(msgspec.Struct, gc=False):
    """One block of a message's content, of any type."""

    type: str | None = None
    text: str | None = None
    thinking: str | None = None
    id: str | None = None
    name: str | None = None
    input: msgspec.Raw = NOTHING
    tool_use_id: str | None = None
    tool_name: str | None = None
    content: str | list[Part] | Other | None = None
    is_error: bool | None = None
    source: msgspec.Raw = NOTHING


class Spoken(Message, gc=False):
    """A message with its content."""

    content: str | list[Part] | None = None
    diagnostics: msgspec.Raw = NOTHING


class Origin(msgspec.Struct, gc=False):
    kind: str | None = None


class Record(msgspec.Struct, gc=False):
    """One line."""

    type: str | None = None
    subtype: str | None = None
    timestamp: datetime | None = None
    uuid: str | None = None
    parentUuid: str | None = None  # noqa: N815
    sessionId: str | None = None  # noqa: N815
    requestId: str | None = None  # noqa: N815
    isSidechain: bool | None = None  # noqa: N815
    agentId: str | None = None  # noqa: N815
    version: str | None = None
    effort: str | None = None
    costUSD: float | None = None  # noqa: N815
    isMeta: bool | None = None  # noqa: N815
    isCompactSummary: bool | None = None  # noqa: N815
    isApiErrorMessage: bool | None = None  # noqa: N815
    permissionMode: str | None = None  # noqa: N815
    toolDenialKind: str | None = None  # noqa: N815
    sourceToolUseID: str | None = None  # noqa: N815
    parentToolUseID: str | None = None  # noqa: N815
    origin: Origin | None = None
    message: Spoken | None = None
    content: msgspec.Raw = NOTHING
    error: msgspec.Raw = NOTHING
    toolUseResult: msgspec.Raw = NOTHING  # noqa: N815
    attachment: msgspec.Raw = NOTHING
    rendered: msgspec.Raw = NOTHING
    compactMetadata: msgspec.Raw = NOTHING  # noqa: N815
    data: msgspec.Raw = NOTHING


class Mirror(msgspec.Struct, gc=False):
    """The `data` of a progress line that repeats a line of a sub-agent (2.1)."""

    type: str | None = None
    agentId: str | None = None  # noqa: N815
    message: Record | None = None


_strict = msgspec.json.Decoder(Record).decode
_patient = msgspec.json.Decoder(Record, strict=False).decode
mirror = msgspec.json.Decoder(Mirror, strict=False).decode


def decode(line: bytes) -> tuple[Record, bool]:
    """The record of a line, and whether all of it could be read; `UnreadableError` when not even its usage can."""
    try:
        return _strict(line), True
    except UNDECODABLE:
        return _with_patience(line)


def _with_patience(line: bytes) -> tuple[Record, bool]:
    try:
        found: Any = loads_dirty(line)
    except ValueError:
        raise UnreadableError("not a readable record") from None
    if not isinstance(found, dict):
        raise UnreadableError("not an object")
    try:
        return _patient(msgspec.json.encode(found)), True
    except (*UNDECODABLE, TypeError, OverflowError):
        pass
    kept = {key: found[key] for key in _BILLING if key in found}
    message = found.get("message")
    if isinstance(message, dict):
        kept["message"] = {key: message[key] for key in ("id", "model", "stop_reason", "usage") if key in message}
    try:
        return _patient(msgspec.json.encode(kept)), False
    except (*UNDECODABLE, TypeError, OverflowError):
        raise UnreadableError("a record of an unknown shape") from None


def loose(raw: msgspec.Raw) -> Any:
    """What undecoded bytes hold, as plain values; None when nothing."""
    try:
        return msgspec.json.decode(raw) if memoryview(raw).nbytes else None
    except UNDECODABLE:
        return None


def words(value: object) -> str:
    """The text inside a value of unknown shape: a string, a list of parts, an object that wraps either."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(filter(None, map(words, value)))
    if isinstance(value, dict):
        for key in ("text", "content", "file", "message", "blockingError"):
            if key in value:
                return words(value[key])
    return ""
