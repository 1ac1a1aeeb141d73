"""From transcript lines to calls: whose they are, what they are called, what they counted.

The arithmetic is the Messages API's: the four token classes are disjoint, `output_tokens` includes thinking, nothing
is cumulative. Lines of one response repeat its usage or show it growing; each becomes a copy of the same call, and
`model.better` keeps the fullest.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import msgspec

from whyburn.harnesses.claude.records import Line, Message, Nested, Usage
from whyburn.harnesses.claude.spawns import Spawns
from whyburn.harnesses.claude.usage import broken, calls_of
from whyburn.harnesses.readers import UNDECODABLE, decode_dirty, millis
from whyburn.model import FLAGS, OWN, SIDECHAIN, TENTATIVE, Problem, SessionFact, Unknown
from whyburn.names import storable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from whyburn.harnesses.readers import Chunk, Needle
    from whyburn.model import Item

_decode = msgspec.json.Decoder(Line).decode
_WITHOUT_CALLS = frozenset({"user", "progress", "system", "attachment", "queue-operation"})
"""Record types that may repeat a usage (a sub-agent's result, a hook) and are never billed themselves."""
_BILLING = (b'"output_tokens"',)
_TIME_INFERRED = FLAGS["time_inferred"]
_NOWHERE = (0, "", "")
_NAMELESS = "sidechain"
"""The agent of side lines that name none: versions 1.0.x wrote sub-agents into their parent's file, without ids."""


class Transcript:
    """The parser of one transcript file; its state survives between reads of a growing file."""

    def __init__(self, path: str, state: bytes, sibling: Callable[[str], bytes | None]) -> None:
        self._stem = storable(os.path.basename(path).split(".jsonl")[0])
        self._file_agent = self._stem.removeprefix("agent-") if self._stem.startswith("agent-") else None
        self._sibling = sibling
        saved: dict[str, Any] = json.loads(state) if state else {}
        self._last_ms: int | None = saved.get("ms")
        self._last_model: tuple[str | None, str] = (saved.get("id"), saved.get("model", "unknown"))
        self._spawns = Spawns(saved.get("spawns", {}))
        self._named = bool(saved.get("named"))
        self._facts: dict[str, tuple[int, str, str]] = {}
        self._held: tuple[int, Line, Message, Usage] | None = None

    def needles(self, _chunk: Chunk) -> Sequence[Needle]:
        """The key that every billing line names, whatever its spacing.

        JSON quoted inside a string has a backslash before the closing quote and does not match.
        """
        return _BILLING

    def state(self) -> bytes:
        """What reading on from here needs."""
        message, model = self._last_model
        saved = {"ms": self._last_ms, "id": message, "model": model, "spawns": self._spawns.open, "named": self._named}
        return json.dumps(saved).encode()

    def read(self, pos: int, line: bytes) -> Iterable[Item]:
        """The items of one line that names `output_tokens`; a line that is not billing gives none."""
        try:
            record = _decode(line)
        except UNDECODABLE as error:
            record = decode_dirty(line, Line, error)
        if record.type != "assistant":
            return self._unbilled(pos, line, record)
        if b'"subagent_type"' in line:
            self._spawns.asked(line)
        return self._billed(pos, record)

    def _unbilled(self, pos: int, line: bytes, record: Line) -> Iterable[Item]:
        """A record that repeats a usage, names an agent, or is not known."""
        if record.type == "progress" and record.data and record.data.message:
            return self._mirrored(pos, record, record.data.message)
        if record.type == "user" and b'"agentId"' in line:
            return self._spawns.answered(line, record.sessionId or self._stem)
        if record.type not in _WITHOUT_CALLS:
            return (Unknown(str(record.type), "output_tokens", record.version or "", pos),)
        return ()

    def _billed(self, pos: int, line: Line) -> Iterable[Item]:
        """A line of a response. It waits for the next one, because most lines only repeat the one before."""
        message = line.message
        if message is None or message.usage is None:
            return ()
        held, self._held = self._held, (pos, line, message, message.usage)
        if held is None:
            return ()
        _, before, older, usage = held
        if (
            message.id is None
            or message.id != older.id
            or line.requestId != before.requestId
            or line.isSidechain != before.isSidechain
            or line.agentId != before.agentId
            or line.sessionId != before.sessionId
            or (message.usage.output_tokens or 0) <= (usage.output_tokens or 0)
            or usage.iterations  # calls of their own hang on the older line too
            or broken(message.usage)
        ):
            return self._call(*held)
        at_ms, _ = self._time(before)
        if at_ms is not None:
            self._note(before.sessionId or self._stem, at_ms, before)
        message.model = message.model or older.model
        return ()

    def _call(self, pos: int, line: Line, message: Message, usage: Usage) -> Iterable[Item]:
        session = line.sessionId or self._stem
        agent = line.agentId or self._file_agent or (_NAMELESS if line.isSidechain else None)
        evidence = SIDECHAIN if line.isSidechain or self._file_agent else OWN
        at_ms, flags = self._time(line)
        if at_ms is None:
            return (Problem(pos, "usage without a time"),)
        self._note(session, at_ms, line)
        model = self._model(message.id, message.model)
        if model == "unknown":  # a later line of the response may tell: any complete copy is better
            evidence = min(evidence, TENTATIVE)
        return calls_of(line, message, usage, session=session, model=model, agent=agent, at_ms=at_ms,
                        evidence=evidence, flags=flags, pos=pos, stem=self._stem)  # fmt: skip

    def _mirrored(self, pos: int, line: Line, inner: Nested) -> Iterable[Item]:
        """A sub-agent's response that its parent's file repeats: the same key as in the sub-agent's own file."""
        data = line.data
        copy = Line(
            type="assistant", timestamp=inner.timestamp or line.timestamp, sessionId=line.sessionId,
            requestId=inner.requestId, uuid=inner.uuid, isSidechain=True,
            agentId=inner.agentId or (data.agentId if data else None), cwd=line.cwd, gitBranch=line.gitBranch,
            version=line.version, message=inner.message,
        )  # fmt: skip
        return self._billed(pos, copy)

    def _time(self, line: Line) -> tuple[int | None, int]:
        if line.timestamp is None:
            return self._last_ms, _TIME_INFERRED
        self._last_ms = millis(line.timestamp)
        return self._last_ms, 0

    def _model(self, message_id: str | None, model: str | None) -> str:
        """The recorded model; without one, that of an earlier line of the same response."""
        if model:
            self._last_model = (message_id, model)
            return model
        known_id, known = self._last_model
        return known if message_id is not None and known_id == message_id else "unknown"

    def _note(self, session: str, at_ms: int, line: Line) -> None:
        """The latest line of a session describes it, whole; of two at the same time the one that sorts last."""
        new = (at_ms, line.cwd, line.gitBranch or "") if line.cwd else _NOWHERE
        old = self._facts.get(session)
        if old is None or new > old:
            self._facts[session] = new

    def finish_chunk(self) -> Iterator[Item]:
        """The response that was waiting, and what was learnt about sessions since the last checkpoint."""
        held, self._held = self._held, None
        if held is not None:
            yield from self._call(*held)
        for session, (at_ms, cwd, branch) in self._facts.items():
            yield SessionFact(session, at_ms, cwd or None, branch or None)
        if self._file_agent and not self._named:
            for session in self._facts:
                fact = self._spawns.sidecar(self._sibling(f"{self._stem}.meta.json"), session, self._file_agent)
                if fact:
                    self._named = True
                    yield fact
        self._facts = {}
