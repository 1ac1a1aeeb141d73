"""How well findings are found: seeded causes, their twins and near misses, healthy sessions, and what is claimed.

A cause counts as found when a notable finding of its id is in the report; a notable finding of that id in a twin or a
near miss, or of any id that a session has no reason for, is a false alarm. Claims are compared with billing the session
again without the cause.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from laws_postmortem.whole import Examined, examined
from simulator import IDS, bill, clean, harnesses, mixed, seeded, without
from simulator.script import Call, Use
from whyburn.postmortem.charges import life_cost
from whyburn.postmortem.claims import Savings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from simulator import Script, Seeded
    from simulator.script import Action
    from simulator.sessions import Harness
    from whyburn.postmortem.anatomy import Grade

MIXES: tuple[tuple[str, ...], ...] = (
    ("big-output", "low-signal-file", "retry-loop"),
    ("duplicate-read", "polling", "tool-error"),
    ("low-signal-file", "duplicate-read", "retry-loop", "polling"),
    ("big-output", "tool-error", "polling", "low-signal-file"),
)
"""Causes that a session can have together, each with a cure."""


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
        if made.id in found:
            mine.alarms.append(Alarm(made.id, where, session))
        _stray(scores, found - {made.id}, made, where, session)


def _stray(scores: dict[str, Score], found: set[str], made: Seeded, where: str, session: str) -> None:
    for name in found - made.also:
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


def joints(seeds: Iterable[int], *, rounded: bool = True) -> Iterator[Joint]:
    """What the findings of mixed sessions save together, and what billing them again does.

    Unless `rounded`, in a world where the provider rounds nothing.
    """
    for seed in seeds:
        for harness in ("claude", "codex"):
            for names in MIXES:
                script = mixed(names, seed, harness)
                yield _joint(script if rounded else exact(script), names, harness, seed)


def _joint(script: Script, names: tuple[str, ...], harness: Harness, seed: int) -> Joint:
    whole = bill(script)
    told = claimed(examined(script, seed=seed), names)
    return Joint(names, f"{harness} {seed}", told, whole - bill(without(script, *names)), whole)


class Sized(NamedTuple):
    """A block that both the log and the truth know."""

    grade: Grade
    true: int
    told: int
    """Tokens."""
    true_cost: int
    told_cost: int
    """Pico-dollars over its whole life."""

    @property
    def error(self) -> float:
        """How far off the size is, as a share of the true one."""
        return abs(self.told / self.true - 1)


def sized(told: Examined) -> Iterator[Sized]:
    """Every block of a session that entered a prompt, with the grade of its size."""
    anatomy, sources = told.report.anatomy, told.report.subject.sources
    known = {(block.file, block.line): block for block in told.truth.blocks if block.line and block.tokens}
    for call in told.truth.calls:  # logs do not tell several thoughts of one response apart
        thoughts = [(block.file, block.line) for block in call.outputs if block.kind == "thinking"]
        for place in thoughts if len(thoughts) > 1 else ():
            known.pop(place, None)
    for piece in anatomy.pieces:
        if piece.block is None or not piece.tiles:
            continue
        spot = piece.block.spot
        block = known.get((sources[spot.source], spot.line))
        if block is not None:
            tile = anatomy.tiles[piece.tiles[0]]
            yield Sized(max(anatomy.tiles[at].grade for at in piece.tiles), block.tokens, tile.tokens,
                        sum(block.cost.values()), life_cost(anatomy, piece.index))  # fmt: skip


def exact(script: Script) -> Script:
    """The same script in a world that rounds nothing: no tail behind the last breakpoint, no steps of 128 tokens."""

    def action(one: Action) -> Action:
        if not isinstance(one, Call):
            return one
        outputs = (
            replace(each, agent=exact(each.agent)) if isinstance(each, Use) and each.agent is not None else each
            for each in one.outputs
        )
        return replace(one, outputs=tuple(outputs))

    return replace(script, tail=0, step=1, actions=tuple(map(action, script.actions)))
