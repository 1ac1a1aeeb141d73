"""Claude Code's telemetry as a trace: counters of tokens and dollars, and a log of requests and tools.

The same usage can be exported twice, as counters and as one log record for each request. The records know every call,
so they win: counters of a session and model for which there are requests are left out, and a note says when the
counters know more than the requests do. The four kinds of tokens stay apart, since their prices differ by a factor of
ten to forty.
"""

from __future__ import annotations

import re
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from whyburn.errors import SourceError
from whyburn.postmortem.traces import traits
from whyburn.postmortem.traces.model import Event, Skipped, Trace, Usage
from whyburn.postmortem.traces.otlp import EVENTS, Log, Point, added, flatten
from whyburn.postmortem.traces.values import (
    PER_TOKEN,
    count,
    decimal,
    estimate,
    first,
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
    from collections.abc import Sequence

TOKENS, COST = "token.usage", "cost.usage"
TITLE = "Claude Code telemetry"
_TYPES = ("type", "token.type", "usage.type", "usage_type")
_BUCKETS = {
    "input": "input input_token input_tokens prompt prompt_token prompt_tokens",
    "cache_read": "cacheread cache_read cache_read_tokens cache_read_input_tokens cached cached_input cached_tokens",
    "write_other": "cachecreation cache_creation cache_creation_tokens cache_creation_input_tokens cache_write",
    "output": "output output_token output_tokens completion completion_token completion_tokens response "
    "response_tokens",
}
_BUCKET_OF = {name: bucket for bucket, words in _BUCKETS.items() for name in words.split()}
_FILE = ("file.path", "filePath", "file_path", "path")
_TOOL = ("tool.name", "tool_name", "tool")
_SESSION = ("session.id", "session_id")
_PATH = re.compile(r"(?<![\w:/.~-])(?:~?/|\.{1,2}/)?(?:[\w.-]+/)+[\w.-]*\.[A-Za-z]\w{0,7}\b")
_MOST_FILES = 20
_Key = tuple[str, str]
"""Session and model."""


def read(data: bytes, path: str, *, lenient: bool = False) -> Trace:
    """The trace of an export: a JSON document, or one JSON object a line. SourceError when nothing in it is usage."""
    skipped: list[Skipped] = []
    documents = _documents(data, path, skipped, lenient=lenient)
    every = (part for line, value in documents for part in flatten(value, line))
    parts = [part._replace(line=number) for number, part in enumerate(every, 1)]
    logs = [part for part in parts if isinstance(part, Log)]
    points = added(part for part in parts if isinstance(part, Point) and part.name in {TOKENS, COST})
    if not logs and not points:
        raise SourceError(f"{path}: no telemetry of Claude Code in it (metrics or logs named claude_code.…)")
    calls = [_call(log) for log in logs if log.name == "api_request"]
    counted, notes = _counters(points, calls)
    records = [*counted, *(_call(log) if log.name == "api_request" else _event(log) for log in logs)]
    sessions = list(dict.fromkeys(one.session for one in records if one.session))
    name = sessions[0] if len(sessions) == 1 else ""
    return Trace(path, "claude_otel", name, TITLE, "", records, skipped, len(sessions) or 1, notes)


def _documents(data: bytes, path: str, skipped: list[Skipped], *, lenient: bool) -> list[tuple[int, Any]]:
    """(line, value): the whole document, or each line where the whole is none."""
    try:
        return [(1, loads(data))]
    except ValueError as error:
        whole = (getattr(error, "lineno", 1), error)
    found: list[tuple[int, Any]] = []
    for number, line in enumerate(data.splitlines(), 1):
        if not line.strip(b"\0 \t\xef\xbb\xbf"):
            continue
        try:
            found.append((number, loads(line)))
        except ValueError as error:
            # Where not even the first line is an object of its own, it is one document, and its own error tells more.
            place, why = (number, error) if found or lenient else whole
            reason = f"not JSON ({getattr(why, 'msg', None) or 'cannot be decoded'})"
            if not lenient:
                raise SourceError(f"{path}:{place}: {reason} (--lenient skips such lines)") from None
            skipped.append(Skipped(place, reason))
    return found


# --- counters ---------------------------------------------------------------------------------------------------------


def _counters(points: Sequence[Point], calls: Sequence[Event]) -> tuple[list[Event], list[str]]:
    """One record for each session and model that no request tells of, and what the others say differently."""
    sums: dict[_Key, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    lines: dict[_Key, int] = {}
    for point in points:
        key = (text(first(point.attributes, _SESSION)), text(point.attributes.get("model")))
        lines.setdefault(key, point.line)
        sums[key]["cost" if point.name == COST else bucket_of(first(point.attributes, _TYPES))] += point.value
    beaten = {(one.session, one.model) for one in calls} | {("", one.model) for one in calls}
    kept = [_counted(key, parts, lines[key]) for key, parts in sums.items() if key not in beaten]
    dropped = {key: parts for key, parts in sums.items() if key in beaten}
    return [one for key in kept for one in key], _differences(dropped, calls)


def _counted(key: _Key, sums: dict[str, Decimal], line: int) -> list[Event]:
    """The sums of one session and model; tokens of unknown kind are a record of their own, they have no price."""
    session, model = key
    cost = sums.get("cost")
    usage = Usage(**{name: count(sums[name]) or 0 for name in set(_BUCKETS) & sums.keys()})
    found = Event(
        line, "model_usage", unit="record", step="usage counters", model=model, provider="anthropic",
        usage=usage, sum_of_calls=True, recorded_pico=None if cost is None else pico(cost), session=session,
    )  # fmt: skip
    events = [found] if usage.total or cost is not None else []
    unsorted = count(sums.get("unsorted")) or 0
    if unsorted:
        events.append(Event(line, "model_usage", unit="record", step="usage counters", model=model, session=session,
                            usage=Usage(unsorted=unsorted), sum_of_calls=True))  # fmt: skip
    return events


def bucket_of(kind: object) -> str:
    """Which class of tokens a counter's type names; one without a type is input, one with a strange type unsorted."""
    folded = word(kind).replace("-", "_").replace(".", "_")
    return _BUCKET_OF.get(folded, "unsorted") if folded else "input"


def _differences(dropped: dict[_Key, dict[str, Decimal]], calls: Sequence[Event]) -> list[str]:
    tokens = sum(count(value) or 0 for parts in dropped.values() for name, value in parts.items() if name != "cost")
    models = {model for _, model in dropped}
    logged = sum(one.usage.total for one in calls if one.usage is not None and one.model in models)
    if not dropped:
        return []
    notes = ["counters of sessions with logged requests are left out: the requests tell the same usage call by call"]
    if tokens > logged:
        notes.append(f"the counters know {tokens - logged:,} tokens more than the requests: some logs may be missing")
    return notes


# --- logs -------------------------------------------------------------------------------------------------------------


def _call(log: Log) -> Event:
    """A request: the tokens, dollars and time of one model call."""
    of = log.attributes
    usage = Usage(
        input=count(of.get("input_tokens")) or 0, output=count(of.get("output_tokens")) or 0,
        cache_read=count(first(of, ("cache_read_tokens", "cache_read_input_tokens"))) or 0,
        write_other=count(first(of, ("cache_creation_tokens", "cache_creation_input_tokens"))) or 0,
    )  # fmt: skip
    return Event(
        log.line, "model_call", unit="record", step=text(of.get("query_source"))[:80] or "api_request",
        model=text(of.get("model")), provider="anthropic",
        speed=text(of.get("speed")) or None, usage=usage, recorded_pico=pico(first(of, ("cost_usd", "cost"))),
        latency_ms=_latency(log), at_ms=_time(log), session=text(first(of, _SESSION)),
        turn=text(of.get("prompt.id"))[:80], call_id=text(first(of, ("request_id", "request.id")))[:200],
    )  # fmt: skip


def _event(log: Log) -> Event:
    """Any other log record: no tokens are billed for it, those of its text are estimated."""
    of = log.attributes
    said = log.body or text(first(of, ("prompt", "message")))
    tool, command = text(first(of, _TOOL))[:200], _command(of)
    size = count(of.get("tool_result_size_bytes"))
    error = text(first(of, ("error", "error_message", "error.message")))
    failed = bool(error) or "error" in log.name or truth(of.get("success")) is False
    tokens = estimate(said) or (size or 0) // PER_TOKEN
    return Event(
        log.line, _category(log.name, tool, command, failed=failed), unit="record", step=log.name[:200], tool=tool,
        command=command, model=text(of.get("model")), tokens=tokens, estimated=bool(tokens), preview=preview(said),
        at_ms=_time(log),
        files=_files(log), latency_ms=_latency(log),
        status="error" if failed else "ok", error=preview(error), command_key=traits.command_key(command),
        failure_key=traits.failure_key(error, said, None) if failed else "", session=text(first(of, _SESSION)),
        turn=text(of.get("prompt.id"))[:80],
    )  # fmt: skip


def _category(name: str, tool: str, command: str, *, failed: bool) -> str:
    if failed:
        return "error_log"
    if name == "user_prompt":
        return "user_message"
    if name == "tool_result" or (tool and name not in EVENTS):
        return traits.category(command) or "tool_output"
    return word(name)


def _command(of: dict[str, Any]) -> str:
    inner = _input_of(of)
    return text(first(of, ("command", "bash_command")) or first(inner, ("full_command", "bash_command", "command")))[
        :2000
    ]


def _files(log: Log) -> tuple[str, ...]:
    """The file that the record names, and paths in what it says."""
    named = names(first(log.attributes, _FILE) or _input_of(log.attributes).get("file_path") or [])
    return tuple(dict.fromkeys((*named, *_PATH.findall(log.body[:20_000]))))[:_MOST_FILES]


def _input_of(of: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a tool, which are JSON in a text."""
    value = first(of, ("tool_parameters", "tool_input"))
    try:
        found = loads(value) if isinstance(value, str) else value
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _latency(log: Log) -> int | None:
    found = decimal(first(log.attributes, ("duration_ms", "latency_ms")))
    return count(found)


def _time(log: Log) -> int | None:
    return log.at_ms if log.at_ms is not None else instant(log.attributes.get("event.timestamp"))
