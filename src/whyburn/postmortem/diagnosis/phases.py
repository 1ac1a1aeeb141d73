"""What kind of work the session was: phases by tool and command, and the shape that they make together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.postmortem import charges, commands
from whyburn.postmortem.diagnosis.words import Phase
from whyburn.postmortem.findings import work
from whyburn.postmortem.marginals import tokens_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whyburn.postmortem.anatomy import Anatomy, ToolUse
    from whyburn.postmortem.diagnosis.words import PhaseName

_ORDER: tuple[PhaseName, ...] = (
    "discovery", "implementation", "verification", "debugging", "review_coordination", "other",
)  # fmt: skip
_MOST_EVIDENCE = 3


def phase_of(use: ToolUse) -> PhaseName:
    """The phase that one tool use belongs to. An edit is implementation, also one that failed."""
    line = commands.parse(use.call.command) if use.call.command else None
    if work.changed_paths(use):
        return "implementation"
    if line is not None and line.verifies:
        return "debugging" if work.failed(use) else "verification"
    if line is not None and (line.reviews or line.delivers):
        return "review_coordination"
    if use.call.action in {"plan", "ask", "spawn", "skill"}:
        return "review_coordination"
    if work.looks(use) or use.call.action == "fetch":
        return "discovery"
    return "debugging" if work.failed(use) else "other"


def phases_of(anatomy: Anatomy) -> list[Phase]:
    """The phases that occur, in a fixed order: what their requests and results weighed and cost."""
    by_phase: dict[PhaseName, list[ToolUse]] = {name: [] for name in _ORDER}
    for use in anatomy.uses:
        by_phase[phase_of(use)].append(use)
    return [_phase(anatomy, name, uses) for name, uses in by_phase.items() if uses]


def _phase(anatomy: Anatomy, name: PhaseName, uses: list[ToolUse]) -> Phase:
    pieces = [piece for use in uses for piece in (use.request, use.answer) if piece is not None]
    largest = sorted(uses, key=lambda use: -tokens_of(anatomy, use.request if use.answer is None else use.answer))
    return Phase(
        name, sum(tokens_of(anatomy, piece) for piece in pieces),
        sum(charges.life_cost(anatomy, piece) for piece in pieces), len(uses),
        tuple(dict.fromkeys(work.named(use) for use in largest))[:_MOST_EVIDENCE],
    )  # fmt: skip


def shape_of(anatomy: Anatomy, phases: Sequence[Phase], *, retries: bool) -> str:
    """One name for how the work went: the first that fits. Shares are of what tool uses weighed."""
    whole = sum(one.tokens for one in phases) or 1
    share: dict[str, int] = dict.fromkeys(_ORDER, 0)
    share.update((one.name, 100 * one.tokens // whole) for one in phases)
    made, checked, looked = share["implementation"], share["verification"], share["discovery"]
    verified = verified_last(anatomy)
    names = (
        ("no tool use", not phases),
        ("discovery-heavy, weak verification", looked >= 45 and checked < 5 and not verified),
        ("debug loop", share["debugging"] >= 25 or retries),
        ("implementation with verification", made >= 10 and verified),
        ("implementation without verification", made and not verified),
        ("long mixed session", sum(value >= 10 for value in share.values()) >= 3),
        ("review-light", max(made, looked) >= 30 and share["review_coordination"] < 3),
        ("balanced", made and checked and looked and max(share.values()) <= 55),
    )
    return next((name for name, fits in names if fits), "low-signal")


def verified_last(anatomy: Anatomy) -> bool:
    """Something was tested, built or checked after the last edit, or nothing was edited."""
    edited = checked = -1
    for index, use in enumerate(anatomy.uses):
        if work.changed_paths(use):
            edited = index
        elif use.call.command and commands.parse(use.call.command).verifies:
            checked = index
    return edited < 0 or checked > edited


def edits(anatomy: Anatomy) -> bool:
    """Whether any file was changed."""
    return any(work.changed_paths(use) for use in anatomy.uses)
