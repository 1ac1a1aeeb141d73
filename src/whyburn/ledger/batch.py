"""Copies of calls gathered in memory until they are worth a transaction.

Copies that meet inside a batch are merged here with `model.better`; `store` merges the survivors with the file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from whyburn.model import (
    INHERITED,
    MAX_TOKENS,
    QUARTER_MS,
    AgentFact,
    Call,
    Checkpoint,
    Problem,
    QuotaFact,
    SessionFact,
    Unknown,
    better,
)

if TYPE_CHECKING:
    from whyburn.harnesses.interface import Source
    from whyburn.model import Item

BATCH_BYTES = 48 << 20
"""Log read per transaction: large enough to pay for the commit, small enough for the memory promise."""


@dataclass(slots=True)
class Progress:
    """How far a source has been read in this batch."""

    row: int
    source: Source
    start: int
    """Position that the ledger holds for the source, None-like -1 when it does not know it yet."""
    checkpoint: Checkpoint
    outdated: bool = False
    """An older parser has read the source before and it is read again from its start: at its end, what only the old
    one saw can be told."""
    begins: bool = True
    """This batch holds the beginning of the source: problems noted earlier are noted again."""
    guard: bytes = b""
    ended: bool = False
    error: str | None = None
    settled: int = 0
    """Problems that stand before a checkpoint; those behind it may be the half-written tail of the file."""
    problems: list[Problem] = field(default_factory=list)
    unknown: list[Unknown] = field(default_factory=list)
    sessions: set[str] = field(default_factory=set)

    def continued(self) -> Progress:
        """The same source in the next batch."""
        return Progress(self.row, self.source, self.checkpoint.position, self.checkpoint, self.outdated, begins=False)


class Batch:
    """What one harness yielded since the last commit."""

    def __init__(self, harness: str, parser: int, *, checked: bool = True) -> None:
        self.checked = checked
        """Calls are looked at for impossible counts; the built-in harnesses have done so themselves."""
        self.harness = harness
        self.parser = parser
        self.calls: dict[bytes, tuple[Call, int]] = {}
        self.sharing: dict[bytes, set[str]] = {}
        self.session_facts: list[SessionFact] = []
        self.agent_facts: dict[tuple[str, str], str] = {}
        self.quotas: dict[tuple[str, int, int], QuotaFact] = {}
        self.progress: list[Progress] = []
        self.copies = 0

    def add(self, item: Item, at: Progress) -> None:
        """Take one item of the source at hand."""
        kind = type(item)
        if kind is Call:
            self._call(item, at)  # type: ignore[arg-type]  # `type() is` narrows for us, not for the checker
        elif kind is Checkpoint:
            at.checkpoint = item  # type: ignore[assignment]
            at.settled = len(at.problems)
        elif kind is SessionFact:
            self.session_facts.append(item)  # type: ignore[arg-type]
            at.sessions.add(item.session)  # type: ignore[union-attr]
        elif kind is QuotaFact:
            self._quota(item)  # type: ignore[arg-type]
        elif kind is AgentFact:
            self._agent(item)  # type: ignore[arg-type]
        elif kind is Problem:
            at.problems.append(item)  # type: ignore[arg-type]
        else:
            at.unknown.append(item)  # type: ignore[arg-type]

    def _call(self, call: Call, at: Progress) -> None:
        self.copies += 1
        if self.checked and not _is_possible(call):
            at.problems.append(Problem(call.pos, "impossible token count"))
            return
        held = self.calls.get(call.key)
        if held is None:
            self.calls[call.key] = (call, at.row)
            return
        old = held[0]
        if old.session != call.session and min(old.evidence, call.evidence) > INHERITED:
            self.sharing.setdefault(call.key, {old.session}).add(call.session)
        if better(old, call) is not old:
            self.calls[call.key] = (call, at.row)

    def _agent(self, fact: AgentFact) -> None:
        key = (fact.session, fact.agent)
        self.agent_facts[key] = min(self.agent_facts.get(key, fact.name), fact.name)

    def _quota(self, fact: QuotaFact) -> None:
        key = (fact.limit, fact.window_min, fact.at_ms // QUARTER_MS)
        old = self.quotas.get(key)
        if old is None or _newness(old) < _newness(fact):
            self.quotas[key] = fact


def _newness(fact: QuotaFact) -> tuple[int, int, int]:
    """Orders the states of a window inside a quarter of an hour."""
    return (fact.at_ms, fact.used_bp, fact.resets_ms or 0)


def _is_possible(call: Call) -> bool:
    """No count is negative, fractional or beyond what a record can mean."""
    counts = (*call.counts, call.searches, call.requests)
    return all(count is None or (type(count) is int and 0 <= count <= MAX_TOKENS) for count in counts)
