"""Every finding that attribution knows, put into a healthy session on purpose.

`seeded` gives a session with the cause; its benign twin, which looks alike and is no fault; and one just below the
threshold. Sessions that can be told without the cause carry its cure, so `without` and `bill` say what it cost.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from simulator import seeds_cache, seeds_content, seeds_steps, seeds_structure  # noqa: F401  they enter themselves
from simulator.cures import uncured, without
from simulator.script import Action, Attach, Call, Say, Script
from simulator.seeds import CASES
from simulator.sessions import Bench, Harness, based
from simulator.world import bill

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.seeds import Case, Variant

_BESIDE = frozenset({"fixed-overhead", "stale-context", "split-point", "thinking"})
"""Exposures, and advice of low confidence, that any large thing in a prompt brings with it."""
IDS = tuple(sorted(CASES))
"""All findings."""


class Seeded(NamedTuple):
    """A cause in a session."""

    id: str
    script: Script
    benign: Script
    """Looks alike; must not be found."""
    near: Script
    """Just below the threshold; must not be found."""
    removable: bool
    """The script can be told without the cause, and what that saves is what the finding claims."""
    claim: Literal["saving", "exposure"]
    also: frozenset[str]
    """Findings that may rightly appear beside it, in any of the three."""

    def saving(self) -> int:
        """Pico-dollars that the session would have cost less without the cause; 0 where it has no cure."""
        return bill(self.script) - bill(without(self.script, self.id))


def harnesses(name: str) -> tuple[Harness, ...]:
    """With which programs a cause can happen."""
    return CASES[name].harnesses


def seeded(name: str, seed: int, harness: Harness | None = None) -> Seeded:
    """A cause in a session with some chance in it."""
    program = harness or harnesses(name)[0]
    bench = Bench(seed, program)
    case = _case(name, bench)
    opening, ask = bench.turn(), bench.request(bench.file())
    turns = [bench.turn() for _ in range(max(case.bad.after, case.twin.after, case.near.after))]

    def session(variant: Variant) -> Script:
        return _session(program, [variant], opening, [ask], turns[: variant.after])

    return Seeded(
        name, session(case.bad), uncured(session(case.twin)), session(case.near),
        case.removable, case.claim, case.also | _BESIDE,
    )  # fmt: skip


def mixed(names: Sequence[str], seed: int, harness: Harness) -> Script:
    """Several causes in one session, one after the other, each with its cure."""
    bench = Bench(seed, harness)
    variants = [_case(name, bench).bad for name in names]
    asks = [bench.request(bench.file()) for _ in variants]
    return _session(harness, variants, bench.turn(), asks, [bench.turn(), bench.turn()])


def _case(name: str, bench: Bench) -> Case:
    if bench.harness not in CASES[name].harnesses:
        raise ValueError(f"{name} does not happen with {bench.harness}")
    return CASES[name].make(bench)


def _session(
    harness: Harness, variants: list[Variant], opening: list[Action], asks: Sequence[Action], turns: list[list[Action]]
) -> Script:
    """A healthy turn, a turn for each variant, healthy turns after them."""
    actions: list[Action] = [Attach("instructions", 700, "CLAUDE.md", sticky=True)]
    for variant in variants:
        actions += variant.front
    actions += opening
    options: dict[str, Any] = {}
    for variant, ask in zip(variants, asks, strict=True):
        if variant.middle:
            actions += [ask, *variant.middle, Call((Say(60, words="That settles it. "),))]
        cures = (*options.get("cures", ()), *variant.options.get("cures", ()))
        options |= {**variant.options, "cures": cures}
    actions += [action for turn in turns for action in turn]
    for variant in variants:
        actions += variant.end
    return replace(based(tuple(actions), harness), **options)
