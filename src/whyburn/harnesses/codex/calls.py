"""From rollout lines to calls.

OpenAI's counters overlap: input includes cached and cache-written tokens, output includes reasoning. `_classes` takes
them apart. A `token_usage_record` is one response. A `token_count` is a running total that is written again whenever
rate limits change: it is a call only if the total of its owner has moved, and then the call is `last_token_usage`.
Totals fall when a thread is compacted or overflows; the last usage is right then too.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import astuple

from whyburn.harnesses.codex.limits import LimitLog
from whyburn.harnesses.codex.records import Counts, Line, Payload
from whyburn.harnesses.codex.thread import Thread
from whyburn.harnesses.readers import BAD_LINE, UNDECODABLE, decode_dirty, millis
from whyburn.model import FLAGS, INHERITED, MAX_TOKENS, OWN, TENTATIVE, AgentFact, Call, Problem, SessionFact, call_key
from whyburn.names import effort_of, storable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from whyburn.harnesses.readers import Chunk, Needle
    from whyburn.model import Item

_decode = msgspec.json.Decoder(Line).decode
_SETTLED = re.compile(
    rb'"t(?:oken_count|urn_context|oken_usage_record|hread_settings_applied|urn_started|ask_started)"'
)
_NEEDLES: tuple[Needle, ...] = (_SETTLED,)
_UNSETTLED: tuple[Needle, ...] = (_SETTLED, b'"session_meta"')
_CLAMPED, _TIME_INFERRED, _MODEL_ASSUMED = FLAGS["clamped"], FLAGS["time_inferred"], FLAGS["model_assumed"]
_ID_LENGTH = 36
_MOST_WAITING = 50
Facet = tuple[str, str, str | None, str | None, None, None, None, str, str]
Total = tuple[int, int, int, int, int, int]
"""Running totals (input, cached, cache write, output, reasoning, total): together they name a call of their owner."""


class Rollout:
    """The parser of one rollout; its state survives between reads of a growing file."""

    def __init__(self, path: str, state: bytes) -> None:
        saved: dict[str, Any] = json.loads(state) if state else {}
        stem = storable(os.path.basename(path).split(".jsonl")[0])
        ident = stem[-_ID_LENGTH:] if stem.startswith("rollout-") else stem
        self._thread = Thread(**saved["thread"]) if saved else Thread(ident, ident)
        self._totals: dict[str, Total] = {owner: _total(row) for owner, row in saved.get("totals", {}).items()}
        self._inherited: Total | None = _total(saved["inherited"]) if saved.get("inherited") else None
        self._recorded: list[str] = saved.get("recorded", [])
        self._context: dict[str, str | None] = saved.get("context", {})
        self._branch: str | None = saved.get("branch")
        self._last_ms: int | None = saved.get("ms")
        self._waiting: list[list[Any]] = saved.get("waiting", [])
        self._told = False
        self._latest: tuple[int, str] | None = None
        self._limits = LimitLog()
        self._facet: Facet | None = None

    def needles(self, chunk: Chunk) -> Sequence[Needle]:
        """Names that the records that matter hold, whatever the spacing of the JSON.

        Quoted JSON inside a string has a backslash before the closing quote and does not match. The first line says
        whether history may have been copied, which most rollouts need not be searched for.
        """
        if not self._thread.declared and chunk.base == 0:
            first = chunk.first_line()
            if b'"session_meta"' in first:
                with contextlib.suppress(*BAD_LINE):  # it is met again among the lines, and reported there
                    self.read(0, first)
        return _NEEDLES if self._thread.declared and self._thread.settled else _UNSETTLED

    def state(self) -> bytes:
        """What reading on from here needs."""
        saved = {
            "thread": self._thread.saved(), "totals": self._totals, "recorded": self._recorded,
            "inherited": self._inherited, "context": self._context, "branch": self._branch, "ms": self._last_ms,
            "waiting": self._waiting,
        }  # fmt: skip
        return json.dumps(saved).encode()

    def read(self, pos: int, line: bytes) -> Iterable[Item]:
        """The items of one line."""
        try:
            record = _decode(line)
        except UNDECODABLE as error:
            record = decode_dirty(line, Line, error)
        return self.take(pos, record)

    @property
    def thread(self) -> Thread:
        """Whose rollout this is, and whose history is being read."""
        return self._thread

    def take(self, pos: int, record: Line) -> Iterable[Item]:
        """The items of a record that is decoded already."""
        payload = record.payload
        if payload is None:
            return ()
        if self._thread.start_ordinal is not None:
            self._thread.reached(record)
        if payload.type == "token_count":
            return self._count(pos, record, payload)
        return self._other(pos, record, payload)

    def _other(self, pos: int, line: Line, payload: Payload) -> Iterable[Item]:
        """The rarer records."""
        if line.type == "event_msg":
            return self._event(line, payload)
        if line.type == "token_usage_record":
            return self._record(pos, line, payload)
        if line.type == "turn_context":
            self._thread.turn(payload.turn_id, context=True)
            self._stands(line, payload.cwd)
            return self._settings(payload.model, None, payload.effort, payload.cwd)
        if line.type == "session_meta":
            self._meta(line, payload)
        return ()

    def finish_chunk(self) -> Iterable[Item]:
        """Rate limits and what is known of the thread."""
        yield from self._limits.take()
        thread = self._thread
        if self._latest is not None:
            at_ms, cwd = self._latest
            self._latest = None
            yield SessionFact(thread.own, at_ms, cwd, self._branch)
        if thread.declared and not self._told:
            self._told = True
            yield SessionFact(thread.own, parent=thread.parent, root=thread.root, relation=thread.relation)
            if thread.name:
                yield AgentFact(thread.own, "", thread.name)

    def _event(self, line: Line, payload: Payload) -> Iterable[Item]:
        if payload.type in ("task_started", "turn_started"):
            self._thread.turn(payload.turn_id)
        elif payload.type == "thread_settings_applied":
            if payload.thread_id == self._thread.own:
                self._thread.begin()
            new = payload.thread_settings
            if new is not None:
                self._stands(line, new.cwd)
                return self._settings(new.model, new.model_provider_id, new.effort or new.reasoning_effort, new.cwd)
        return ()

    def _meta(self, line: Line, payload: Payload) -> None:
        first, self._facet = not self._thread.declared, None
        self._thread.meta(payload)
        if first:
            at_ms = self._time(line)
            if payload.cwd:
                self._latest = max(self._latest or (0, ""), (at_ms or 0, payload.cwd))
            self._context["provider"] = payload.model_provider
            self._context["cwd"] = payload.cwd
            self._branch = payload.git.branch if payload.git else None

    def _stands(self, line: Line, cwd: str | None) -> None:
        """The folder of the thread's own latest settings describes it."""
        at_ms = self._time(line)
        if cwd and self._thread.begun:
            self._latest = max(self._latest or (0, ""), (at_ms or 0, cwd))

    def _settings(self, model: str | None, provider: str | None, effort: str | None, cwd: str | None) -> Iterable[Item]:
        context, self._facet = self._context, None
        for key, value in (("model", model), ("provider", provider), ("effort", effort), ("cwd", cwd)):
            if value:
                context[key] = value
        if not model or not self._waiting:
            return ()
        waiting, self._waiting = self._waiting, []
        return [
            Call(bytes.fromhex(row[0]), *row[1:])._replace(
                model=model, evidence=OWN, effort=effort_of(context.get("effort"))
            )
            for row in waiting
        ]

    def _record(self, pos: int, line: Line, payload: Payload) -> Iterable[Item]:
        """One response. Copies into children are suppressed by Codex; the thread is named in the record."""
        owner = payload.thread_id or self._thread.owner
        if owner == self._thread.own:
            self._thread.begin()
        if owner not in self._recorded:
            self._recorded.append(owner)
        if payload.usage is None or not payload.response_id:
            return (Problem(pos, "usage record without usage or response id"),)
        return self._call(pos, line, f"{owner}\0{payload.response_id}", owner, payload.usage, self._time(line))

    def _count(self, pos: int, line: Line, payload: Payload) -> Iterable[Item]:
        at_ms = self._time(line)
        if payload.rate_limits is not None and at_ms is not None and self._thread.begun:
            self._limits.add(payload.rate_limits, at_ms)
        info = payload.info
        if info is None or info.total_token_usage is None:
            return ()
        owner = self._thread.owner
        total = _total_of(info.total_token_usage)
        before = self._totals.get(owner)
        if owner != self._thread.own:
            self._inherited = total
        elif before is None:  # a child goes on from its parent's total, and may repeat it first
            before = self._inherited
        if total == before:
            return ()
        self._totals[owner] = total
        if owner in self._recorded:
            return ()
        usage = info.last_token_usage or self._difference(total, before)
        if usage is None:
            return (Problem(pos, "running total without the last call and without a previous total"),)
        given, cached, write, output, reasoning, whole = total
        group = f"{owner}\0{given},{cached},{write},{output},{reasoning},{whole}"
        return self._call(pos, line, group, owner, usage, at_ms)

    def _difference(self, total: Total, before: Total | None) -> Counts | None:
        """The last call where the log does not tell it: what the total has grown by."""
        if before is None:
            before = None if self._thread.parent else (0, 0, 0, 0, 0, 0)
        if before is None or any(new < old for new, old in zip(total[:5], before[:5], strict=True)):
            return None
        return Counts(*(new - old for new, old in zip(total, before, strict=True)))

    def _call(self, pos: int, line: Line, group: str, owner: str, usage: Counts, at_ms: int | None) -> Iterable[Item]:
        if at_ms is None:
            return (Problem(pos, "usage without a time"),)
        fresh, read, write, output, reasoning, flags = _classes(usage)
        if not (fresh or read or write or output):
            return ()
        if fresh + read + write + output > MAX_TOKENS and max(fresh, read, write, output) > MAX_TOKENS:
            return (Problem(pos, "token count beyond 100 million"),)
        if line.timestamp is None:
            flags |= _TIME_INFERRED
        thread, model = self._thread, self._context.get("model")
        evidence = OWN if thread.begun and owner == thread.own else INHERITED
        if model is None:
            evidence, flags = min(evidence, TENTATIVE), flags | _MODEL_ASSUMED
        call = Call(
            call_key("codex", group), owner, None, at_ms, fresh, output, reasoning, read, 0, 0, write, evidence, pos,
            *(self._facet or self._settle_facet()), flags,
        )  # fmt: skip
        if evidence == TENTATIVE and len(self._waiting) < _MOST_WAITING:
            self._waiting.append([call.key.hex(), *call._replace(flags=flags & ~_MODEL_ASSUMED)[1:]])
        return (call,)

    def _settle_facet(self) -> Facet:
        """What the calls of a turn have in common, from the model to the granularity."""
        context = self._context
        purpose = "subagent" if self._thread.relation == "spawn" else "main"
        self._facet = (
            context.get("model") or "unknown", context.get("provider") or "openai", context.get("cwd"),
            effort_of(context.get("effort")), None, None, None, purpose, "call",
        )  # fmt: skip
        return self._facet

    def _time(self, line: Line) -> int | None:
        if line.timestamp is not None:
            self._last_ms = millis(line.timestamp)
        return self._last_ms


def _classes(usage: Counts) -> tuple[int, int, int, int, int, int]:
    """(fresh input, cache read, cache write, output, reasoning, flags): disjoint, nothing below zero."""
    given, output = usage.input_tokens or 0, usage.output_tokens or 0
    read, write = usage.cached_input_tokens or 0, usage.cache_write_input_tokens or 0
    reasoning = usage.reasoning_output_tokens or 0
    fresh = given - read - write
    if fresh >= 0 <= read and write >= 0 and output >= reasoning >= 0:
        return fresh, read, write, output, reasoning, 0
    flags = _CLAMPED if min(given, read, write, output, reasoning) < 0 else 0
    given, output = max(given, 0), max(output, 0)
    read = min(max(read, 0), given)
    write = min(max(write, 0), given - read)
    return given - read - write, read, write, output, min(max(reasoning, 0), output), flags


def _total_of(counts: Counts) -> Total:
    total = astuple(counts)
    return total if None not in total else _total([value or 0 for value in total])


def _total(row: Sequence[int]) -> Total:
    a, b, c, d, e, f = row
    return (a, b, c, d, e, f)
