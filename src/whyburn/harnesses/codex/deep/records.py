"""The fields of a rollout line that a transcript needs, beyond those that matter for billing.

Most are `Raw`: a slice of the line that costs nothing until somebody looks. Long texts that nobody measures (encrypted
reasoning, echoes of messages, images) are then never built, and a field of an unforeseen shape spoils nothing but
itself. Names are Codex' own (`models.rs`: ResponseItem, ContentItem; `protocol.rs`: EventMsg, CompactedItem).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec import Raw

from whyburn.harnesses.codex.records import Line, Payload
from whyburn.harnesses.readers import UNDECODABLE, loads_dirty

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
NOTHING = Raw()
_QUOTE = ord('"')


class DeepPayload(Payload, gc=False):
    """The payload of a line, a bare response item of early versions, or an item of a replaced history."""

    # response items
    role: str | None = None
    content: Raw = NOTHING
    encrypted_content: Raw = NOTHING
    call_id: str | None = None
    name: str | None = None
    namespace: str | None = None
    arguments: Raw = NOTHING
    input: Raw = NOTHING
    action: Raw = NOTHING
    output: Raw = NOTHING
    author: Raw = NOTHING
    tools: Raw = NOTHING
    # session_meta
    cli_version: str | None = None
    base_instructions: Raw = NOTHING
    instructions: Raw = NOTHING
    dynamic_tools: Raw = NOTHING
    # turn_context
    approval_policy: Raw = NOTHING
    sandbox_policy: Raw = NOTHING
    # task_started
    model_context_window: Raw = NOTHING
    # compacted
    message: Raw = NOTHING
    replacement_history: Raw = NOTHING
    # events
    reason: Raw = NOTHING
    error: Raw = NOTHING
    codex_error_info: Raw = NOTHING
    num_turns: Raw = NOTHING
    item: Raw = NOTHING
    event_id: str | None = None
    agent_thread_id: str | None = None
    agent_path: Raw = NOTHING
    new_thread_id: str | None = None
    new_agent_role: Raw = NOTHING
    new_agent_nickname: Raw = NOTHING
    success: Raw = NOTHING
    result: Raw = NOTHING


class DeepLine(Line, gc=False):
    payload: DeepPayload | None = None


class Part(msgspec.Struct, gc=False):
    """One part of the content of a message or of a tool's output."""

    type: str | None = None
    text: str | None = None
    image_url: Raw = NOTHING
    encrypted_content: Raw = NOTHING


class Wrapped(msgspec.Struct, gc=False):
    """A text inside an object: base instructions, or the output of an early shell."""

    text: str | None = None
    output: str | None = None
    metadata: Raw = NOTHING


class Metadata(msgspec.Struct, gc=False):
    exit_code: int | None = None


_line = msgspec.json.Decoder(DeepLine).decode
_patient = msgspec.json.Decoder(DeepLine, strict=False).decode
_parts = msgspec.json.Decoder(list[Part] | str | None).decode
_history = msgspec.json.Decoder(list[DeepPayload] | None).decode
_bare = msgspec.json.Decoder(DeepPayload).decode
_wrapped = msgspec.json.Decoder(Wrapped | str | None).decode
_metadata = msgspec.json.Decoder(Metadata).decode
_text = msgspec.json.Decoder(str).decode
_any = msgspec.json.Decoder().decode


def decoded(line: bytes) -> DeepLine:
    """The record of a line; `UNDECODABLE` when it is none."""
    try:
        return _line(line)
    except UNDECODABLE:
        return _patient(cleaned(line))


def cleaned(line: bytes) -> bytes:
    """The same line without odd bytes, so that every part of it decodes later; ValueError when it is no JSON."""
    return msgspec.json.encode(loads_dirty(line))


def bare(line: bytes) -> DeepPayload:
    """A response item without its envelope, as versions before 0.30 wrote it."""
    return _bare(line)


def is_text(raw: Raw) -> bool:
    """Whether a field holds a string: it stands between quotes then."""
    return bool(raw) and memoryview(raw)[0] == _QUOTE


def text_of(raw: Raw) -> str:
    """The string that a field holds; empty for anything else."""
    return _text(raw) if is_text(raw) else ""


def value_of(raw: Raw) -> Any:
    """Whatever a field holds; None for an absent one."""
    return _any(raw) if raw else None


def parts_of(raw: Raw) -> list[Part]:
    """The content of a message or an output: a list of parts, or one text; nothing for other shapes."""
    found = _lenient(_parts, raw)
    if isinstance(found, str):
        return [Part(type="input_text", text=found)]
    return found or []


def history_of(raw: Raw) -> list[DeepPayload] | None:
    """The items that replace a conversation; None where the record does not tell."""
    return _lenient(_history, raw)


def wrapped_text(raw: Raw) -> str:
    """A text that stands bare or as `{"text": …}`."""
    found = _lenient(_wrapped, raw)
    return found if isinstance(found, str) else (found.text if found else None) or ""


def unwrapped_output(text: str) -> tuple[str, int | None] | None:
    """(output, exit code) of a result that is itself JSON, as shells before 0.60 answered; None for any other."""
    if not text.startswith("{"):
        return None
    try:
        found = _wrapped(text)
        if not isinstance(found, Wrapped) or found.output is None or not found.metadata:
            return None
        return found.output, _metadata(found.metadata).exit_code
    except UNDECODABLE:
        return None


def object_of(text: str) -> dict[str, Any] | None:
    """The JSON object that a text is; None when it is none."""
    try:
        found = _any(text)
    except UNDECODABLE:
        return None
    return found if isinstance(found, dict) else None


def _lenient(decode: Callable[[Raw], T], raw: Raw) -> T | None:
    """What a field holds; None for an absent one or another shape. Undecodable bytes are still an error."""
    if not raw:
        return None
    try:
        return decode(raw)
    except msgspec.ValidationError:
        return None
