"""Attempts at the same thing, and what changed between them.

A loop is a run of attempts, up to the one that succeeded. Running something again is work when there is news since the
attempt before: an edit, lines that were not in the context, other output, a person's words, time, another failure.
Without any it is redundant. After an edit that left the failure as it was it is weak evidence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from whyburn.postmortem.files import is_agent_internal
from whyburn.postmortem.findings.shown import Shown
from whyburn.postmortem.findings.work import (
    by_chain,
    changed_paths,
    failed,
    named,
    subject_of,
    targets_of,
    waits,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whyburn.postmortem.anatomy import Anatomy, ToolUse
    from whyburn.postmortem.findings.work import Numbered
    from whyburn.transcript import ToolResult

_MOST_NEWS = 5
"""Changes between two attempts that are listed."""
_SILENT = frozenset({"edit", "write", "plan"})
"""Actions whose results tell nothing."""
_OUTSIDE = frozenset({"permission", "tools", "instructions", "hook"})
"""Changes of a request after which the same call may well succeed."""


class Attempt(NamedTuple):
    """One run of a command that failed at least twice."""

    use: int
    """Index of the tool use."""
    call: int
    """Index of the call that asked for it."""
    failed: bool
    fingerprint: int
    """Of the failure; 0 when it is not known."""
    between: tuple[str, ...]
    """What changed since the attempt before, in a few words each; empty: nothing."""
    redundant: bool
    """Nothing changed, and it failed as before."""
    weak: bool
    """Files were edited, and it failed as before."""


class Loop(NamedTuple):
    """Attempts at the same thing in one chain, until it succeeded or was given up."""

    subject: str
    chain: int
    attempts: tuple[Attempt, ...]


def loops(anatomy: Anatomy) -> list[Loop]:
    """All loops of a session with at least one attempt that was redundant or weak."""
    return [
        loop
        for chain, uses in by_chain(anatomy).items()
        for loop in _Watch(anatomy, chain).follow(uses)
        if any(attempt.redundant or attempt.weak for attempt in loop.attempts)
    ]


class _Mark(NamedTuple):
    """How much news there had been at some moment of a chain."""

    news: int
    edits: int
    outside: int


class _Open:
    """Attempts at something that has not succeeded yet."""

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []
        self.last: ToolResult | None = None
        self.mark = _Mark(0, 0, 0)


class _Watch:
    """Goes through one chain and notes what was new, and what was tried again."""

    def __init__(self, anatomy: Anatomy, chain: int) -> None:
        self._anatomy = anatomy
        self._chain = chain
        self._calls = anatomy.chains[chain].calls
        self._place = 0
        """How many calls of the chain have been passed."""
        self._news: list[str] = []
        self._edits = 0
        self._outside = 0
        self._shown = Shown()
        self._outputs: set[int] = set()
        self._open: dict[str, _Open] = {}

    def follow(self, uses: Iterable[Numbered]) -> list[Loop]:
        """The loops of the chain, whatever is in them."""
        found = []
        for index, use in uses:
            self._pass_calls(self._anatomy.calls[use.made].place)
            result, subject = use.result, subject_of(use)
            if result is None:
                continue
            tried = failed(use) and not waits(use)
            if tried:
                self._attempt(self._open.setdefault(subject, _Open()), index, use, result)
            elif subject in self._open and result.failure is None:
                done = self._open.pop(subject)
                self._attempt(done, index, use, result)
                found.append(self._loop(subject, done))
            self._learn(use, result)
            if tried:
                self._open[subject].mark = self._now()
        return found + [self._loop(subject, given_up) for subject, given_up in self._open.items()]

    def _loop(self, subject: str, tried: _Open) -> Loop:
        return Loop(subject, self._chain, tuple(tried.attempts))

    def _now(self) -> _Mark:
        return _Mark(len(self._news), self._edits, self._outside)

    def _attempt(self, tried: _Open, index: int, use: ToolUse, result: ToolResult) -> None:
        before, mark = tried.last, tried.mark
        news = list(dict.fromkeys(self._news[mark.news : mark.news + _MOST_NEWS])) if before else []
        same = before is not None and failed(use) and _same_failure(before, result)
        if before is not None and failed(use) and not same:
            news.append("another failure")
        tried.attempts.append(Attempt(
            index, use.made, failed(use), result.fingerprint, tuple(news), redundant=same and not news,
            weak=same and self._edits > mark.edits and self._outside == mark.outside,
        ))  # fmt: skip
        tried.last = result

    def _pass_calls(self, place: int) -> None:
        """What came from outside up to the call at this place: words, permissions, a context that was replaced."""
        while self._place <= place:
            call = self._anatomy.calls[self._calls[self._place]]
            before = self._anatomy.calls[self._calls[self._place - 1]] if self._place else call
            if call.turn != before.turn:
                self._from_outside("a prompt")
            if call.segment != before.segment:
                self._from_outside(f"the context: {self._anatomy.segments[call.segment].reason}")
                self._shown, self._outputs = Shown(), set()
            for change in call.changes:
                if change.what in _OUTSIDE:
                    self._from_outside(f"{change.what} {change.name}".strip())
            self._place += 1

    def _from_outside(self, what: str) -> None:
        self._news.append(what)
        self._outside += 1

    def _learn(self, use: ToolUse, result: ToolResult) -> None:
        """What a use brought that was not there before."""
        changed = [path for path in changed_paths(use) if not is_agent_internal(path)]
        if changed and result.failure is None:
            self._news += [f"edited {path}" for path in changed]
            self._edits += 1
        if waits(use):
            self._from_outside(f"time, by {named(use)}")
        elif use.call.action not in _SILENT and self._is_new(use, result):
            self._news.append(("read " if targets_of(use) else "output of ") + named(use))

    def _is_new(self, use: ToolUse, result: ToolResult) -> bool:
        """Whether the context holds something now that it did not."""
        fresh = bool(result.steady) and result.steady not in self._outputs
        self._outputs.add(result.steady)
        targets = () if result.failure else targets_of(use)
        unknown = [target for target in targets if not self._shown.knows(target)]
        for target in unknown:
            self._shown.add(target)
        return fresh and (not targets or bool(unknown))


def _same_failure(one: ToolResult, two: ToolResult) -> bool:
    """Equal fingerprints; where one is missing, equal output."""
    if one.fingerprint and two.fingerprint:
        return one.fingerprint == two.fingerprint
    return one.failure == two.failure and one.steady == two.steady
