"""The line format of traces: one JSON object a line, each an event or a count of tokens.

Programs name the same thing differently, so every field has several names and the first one that is not empty wins;
counts of tokens may also sit in a `usage` object. Blank lines and lines that begin with `#` are skipped. A line that is
no JSON object ends the reading with its place, or is counted and passed over.

Whether cached tokens are a part of the input or stand beside it differs between providers. A record with a total says
which: where input and output alone make the total, the cached tokens are within the input; else they stand beside it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from whyburn.errors import SourceError
from whyburn.postmortem.traces import traits
from whyburn.postmortem.traces.model import GOOD, USAGE, Event, Skipped, Trace, Usage
from whyburn.postmortem.traces.values import (
    count,
    estimate,
    first,
    hash_of,
    instant,
    loads,
    names,
    pico,
    preview,
    text,
    truth,
    word,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from whyburn.postmortem.traces.model import HashBasis

SESSION = ("session_id", "run_id", "runId", "trace_id")
TITLE = ("session_title", "title")
CWD = ("cwd", "working_directory")
CATEGORY = ("category", "event_category", "event_type", "type")
STEP = ("step", "name", "span_name", "operation")
MODEL = ("model", "model_name", "modelName")
TOOL = ("tool", "tool_name", "toolName")
COMMAND = ("command", "cmd")
TEXT = ("text", "preview", "content", "message", "output")
TOKENS = ("tokens", "estimated_tokens", "observable_tokens")
INPUT = ("input_tokens", "inputTokens", "prompt_tokens", "promptTokens")
OUTPUT = ("output_tokens", "outputTokens", "completion_tokens", "completionTokens")
CACHED = ("cached_input_tokens", "cache_read_input_tokens", "cacheReadInputTokens")
WRITTEN = ("cache_creation_input_tokens", "cacheCreationInputTokens")
TOTAL = ("total_tokens", "totalTokens")
COST = ("cost_usd", "cost", "spend")
LATENCY = ("latency_ms", "duration_ms", "elapsed_ms")
STATUS = ("status", "outcome")
ERROR = ("error", "error_message", "exception")
FILES = ("file_refs", "files", "context_items", "documents")
CONTENT_HASH = ("content_hash",)
CONTEXT_HASH = ("context_hash", "prompt_hash", "contextHash")
TIME = ("timestamp", "time", "created_at")
_USAGE_WORDS = frozenset({"token_usage", "usage"})
_NO_TOOL = frozenset({"", "none", "assistant"})


def read(lines: Iterable[bytes], path: str, *, lenient: bool = False) -> Trace:
    """The trace of a file's lines. The first bad one is a SourceError with its place, unless they are to be counted."""
    records: list[Event] = []
    skipped: list[Skipped] = []
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip(b"\0\r\n\t \xef\xbb\xbf") or line.lstrip(b"\xef\xbb\xbf \t").startswith(b"#"):
            continue
        try:
            record = _record(line)
        except ValueError as error:
            if not lenient:
                raise SourceError(f"{path}:{number}: {error} (--lenient skips such lines)") from None
            skipped.append(Skipped(number, str(error)))
            continue
        for key, aliases in (("session", SESSION), ("title", TITLE), ("cwd", CWD)):
            value = text(first(record, aliases))
            if value:
                found.setdefault(key, value[:500])
        records.append(event_of(record, number))
    return Trace(
        path, "trace_jsonl", found.get("session") or _stem(path), found.get("title", ""), found.get("cwd", ""),
        _once(records), skipped, len({one.session for one in records if one.session}) or 1,
    )  # fmt: skip


def _record(line: bytes) -> dict[str, Any]:
    try:
        found = loads(line)
    except ValueError as error:
        raise ValueError(f"not JSON ({getattr(error, 'msg', None) or 'cannot be decoded'})") from None
    if isinstance(found, dict):
        return found
    raise ValueError("not a JSON object")


def _stem(path: str) -> str:
    return "stdin" if path == "-" else os.path.basename(path).partition(".")[0] or path


def event_of(record: Mapping[str, Any], line: int) -> Event:
    """The event of one record."""
    usage = usage_of(record)
    content = text(first(record, TEXT))
    shown = text(first(record, ("preview",))) or content
    exit_code = _exit_code(record)
    error = text(first(record, ERROR))
    status = _status(record, exit_code)
    tokens = _tokens(record)
    billed = usage.input + usage.output if usage is not None else 0
    command = text(first(record, COMMAND))
    tool = text(first(record, TOOL)).strip()
    content_hash, basis = _hash(record, content)
    failed = bool(error) or status not in GOOD
    return Event(
        line=line, category=_category(record, failed=failed, command=command, tool=tool),
        step=text(first(record, STEP)).strip()[:200], tool=tool[:200], command=command[:2000],
        model=text(first(record, MODEL)).strip()[:200], provider=text(first(record, ("provider",))).strip() or None,
        speed=text(first(record, ("speed",))).strip() or None,
        tokens=tokens if tokens is not None else billed or estimate(content),
        estimated=tokens is None and not billed and bool(content.strip()), preview=preview(shown),
        at_ms=instant(first(record, TIME)), files=names(first(record, FILES) or []),
        content_hash=content_hash, hash_basis=basis, usage=usage,
        recorded_pico=pico(first(record, COST)), latency_ms=count(first(record, LATENCY)), status=status,
        error=preview(error), exit_code=exit_code, command_key=traits.command_key(command),
        failure_key=traits.failure_key(error, shown, exit_code) if failed else "",
        call_id=text(first(record, ("call_id",)))[:200], turn=text(first(record, ("turn",)))[:80],
        session=text(first(record, SESSION))[:200],
    )  # fmt: skip


# --- tokens -----------------------------------------------------------------------------------------------------------


def usage_of(record: Mapping[str, Any]) -> Usage | None:
    """The billed tokens that a record tells; None when it tells of none."""
    nested = record.get("usage")
    inner = nested if isinstance(nested, dict) else {}
    folded = {name.replace("_", "").lower(): value for name, value in inner.items()}

    def of(aliases: tuple[str, ...]) -> int | None:
        found = count(first(record, aliases))
        if found is not None:
            return found
        return count(first(folded, [name.replace("_", "").lower() for name in aliases]))

    plain, output, cached, total = of(INPUT), of(OUTPUT), of(CACHED), of(TOTAL)
    within = _details(inner)
    split = first(record, ("cache_creation",)) or first(inner, ("cache_creation",))
    short, long = _lifetimes(split if isinstance(split, dict) else {})
    other = max((of(WRITTEN) or 0) - short - long, 0)
    if not any((plain, output, cached, total, short, long, other)):
        return None
    plain, output, cached = plain or 0, output or 0, within if cached is None else cached
    special = cached + short + long + other
    if special <= plain and (within or total == plain + output):
        plain -= special
    usage = Usage(plain, cached, short, long, other, output)
    return usage._replace(unsorted=max((total or 0) - usage.total, 0))


def _lifetimes(split: Mapping[str, Any]) -> tuple[int, int]:
    """Tokens written to a cache for five minutes and for an hour."""
    return count(split.get("ephemeral_5m_input_tokens")) or 0, count(split.get("ephemeral_1h_input_tokens")) or 0


def _details(usage: Mapping[str, Any]) -> int:
    """Cached tokens in the nested form, which is always a part of the input."""
    details = first(usage, ("prompt_tokens_details", "input_tokens_details"))
    return (count(details.get("cached_tokens")) if isinstance(details, dict) else None) or 0


def _tokens(record: Mapping[str, Any]) -> int | None:
    found = count(first(record, TOKENS))
    if found is None and isinstance(record.get("usage"), dict):
        folded = {name.replace("_", "").lower(): value for name, value in record["usage"].items()}
        found = count(first(folded, [name.replace("_", "") for name in TOKENS]))
    return found


def _once(records: list[Event]) -> list[Event]:
    """Without usage records that repeat what an event of the same call was billed."""
    billed = {one.call_id for one in records if one.call_id and one.usage is not None and one.category != USAGE}
    return [one for one in records if one.category != USAGE or one.call_id not in billed]


# --- category and status ----------------------------------------------------------------------------------------------


def _hash(record: Mapping[str, Any], content: str) -> tuple[str, HashBasis]:
    """What tells equal content, and who says so."""
    kinds: tuple[tuple[tuple[str, ...], HashBasis], ...] = ((CONTENT_HASH, "recorded"), (CONTEXT_HASH, "prompt"))
    for aliases, basis in kinds:
        told = text(first(record, aliases))[:80]
        if told:
            return told, basis
    own = hash_of(content)
    return own, "text" if own else ""


def _category(record: Mapping[str, Any], *, failed: bool, command: str, tool: str) -> str:
    if any(word(record.get(name)) in _USAGE_WORDS for name in ("kind", "category", "type")):
        return USAGE
    recorded = word(first(record, CATEGORY))
    if recorded:
        return recorded
    if failed:
        return "error_log"
    if command or tool.lower() not in _NO_TOOL:
        return traits.category(command) or "tool_output"
    return "user_message" if record.get("role") == "user" else "assistant_message"


def _status(record: Mapping[str, Any], exit_code: int | None) -> str:
    told = word(first(record, STATUS))
    if told:
        return told
    return "error" if truth(record.get("is_error")) or exit_code else "ok"


def _exit_code(record: Mapping[str, Any]) -> int | None:
    value = record.get("exit_code")
    if isinstance(value, str) and value.lstrip("-").isdecimal() and len(value) < 12:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
