"""How well findings are found: seeded causes, their twins and near misses, healthy sessions, and what is claimed.

A cause counts as found when a notable finding of its id is in the report; a notable finding of that id in a twin or a
near miss, or of any id that a session has no reason for, is a false alarm. Claims are compared with billing the session
again without the cause.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from laws_postmortem.whole import Examined, examined
from simulator import IDS, bill, clean, harnesses, mixed, seeded, without
from whyburn.postmortem.claims import Savings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from simulator import Script, Seeded
    from simulator.sessions import Harness

MIXES: tuple[tuple[str, ...], ...] = (
    ("big-output", "low-signal-file", "retry-loop"),
    ("duplicate-read", "polling", "tool-error"),
    ("low-signal-file", "duplicate-read", "retry-loop", "polling"),
    ("big-output", "tool-error", "polling", "low-signal-file"),
)
"""Causes that a session can have together, each with a cure."""
ALWAYS = frozenset({"fixed-overhead"})
"""Every prompt has a head, and it costs something: an exposure, never a reproach."""


class Alarm(NamedTuple):
    """A finding that should not be there."""

    id: str
    where: str
    """twin, near, beside (another cause's session) or clean."""
    session: str


@dataclass(slots=True)
class Score:
    """What happened to one id."""

    cases: int = 0
    missed: list[str] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)
    errors: list[tuple[float, str]] = field(default_factory=list)
    """Claimed over true saving, less one; and whose."""

    @property
    def hits(self) -> int:
        """Causes that were found."""
        return self.cases - len(self.missed)


def notable(told: Examined) -> set[str]:
    """Ids of findings above the threshold."""
    return {one.finding.id for one in told.report.verdict.findings if one.notable}


def claimed(told: Examined, names: Iterable[str]) -> int:
    """What the findings of some ids save together, in pico-dollars."""
    wanted, joint = set(names), Savings(told.report.anatomy)
    for one in told.report.verdict.findings:
        if one.finding.id in wanted:
            joint.add(one.finding.claim)
    return joint.total


def score(seeds: Iterable[int], names: Iterable[str] = IDS) -> dict[str, Score]:
    """Every id with every program and every seed."""
    scores = {name: Score() for name in IDS}
    seeds, names = tuple(seeds), tuple(names)
    for name in names:
        for harness in harnesses(name):
            for seed in seeds:
                _case(scores, seeded(name, seed, harness), f"{harness} {seed}", seed)
    return scores


def _case(scores: dict[str, Score], made: Seeded, session: str, seed: int) -> None:
    mine = scores[made.id]
    told = examined(made.script, seed=seed)
    mine.cases += 1
    if made.id not in notable(told):
        mine.missed.append(session)
    elif made.removable and made.claim == "saving":
        true = bill(made.script) - bill(without(made.script, made.id))
        mine.errors.append((claimed(told, [made.id]) / true - 1, session))
    _stray(scores, notable(told) - {made.id}, made, "beside", session)
    for where, script in (("twin", made.benign), ("near", made.near)):
        found = notable(examined(script, seed=seed))
        if made.id in found and made.id not in ALWAYS:
            mine.alarms.append(Alarm(made.id, where, session))
        _stray(scores, found - {made.id}, made, where, session)


def _stray(scores: dict[str, Score], found: set[str], made: Seeded, where: str, session: str) -> None:
    for name in found - made.also - ALWAYS:
        scores[name].alarms.append(Alarm(name, f"{where} of {made.id}", session))


def clean_alarms(seeds: Iterable[int]) -> Iterator[Alarm]:
    """Notable findings of healthy sessions."""
    for seed in seeds:
        for harness in ("claude", "codex"):
            for name in notable(examined(clean(seed, harness), seed=seed)):
                yield Alarm(name, "clean", f"{harness} {seed}")


class Joint(NamedTuple):
    """Several causes in one session."""

    names: tuple[str, ...]
    session: str
    claimed: int
    true: int
    bill: int


def joints(seeds: Iterable[int]) -> Iterator[Joint]:
    """What the findings of mixed sessions save together, and what billing them again does."""
    for seed in seeds:
        for harness in ("claude", "codex"):
            for names in MIXES:
                yield _joint(mixed(names, seed, harness), names, harness, seed)


def _joint(script: Script, names: tuple[str, ...], harness: Harness, seed: int) -> Joint:
    whole = bill(script)
    told = claimed(examined(script, seed=seed), names)
    return Joint(names, f"{harness} {seed}", told, whole - bill(without(script, *names)), whole)
