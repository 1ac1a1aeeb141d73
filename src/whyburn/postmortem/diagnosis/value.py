"""What a session delivered, as far as a log can tell: commits, tests that began to pass, edits that were kept.

What was spent after the last delivery is a candidate for review; it is never called waste.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.postmortem import commands
from whyburn.postmortem.diagnosis import phases
from whyburn.postmortem.diagnosis.words import Value
from whyburn.postmortem.findings import work

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whyburn.postmortem.anatomy import Anatomy
    from whyburn.postmortem.diagnosis.words import Risk

_WARNINGS = frozenset(
    {"Weak verification", "Context pollution", "Retry loop before final answer", "Large review surface"}
)
_MOST_SIGNALS = 4


def value_of(anatomy: Anatomy, shape: str, risks: Sequence[Risk]) -> Value:
    """How much there is to show for the money, and what the judgement rests on."""
    good, last = _deliveries(anatomy)
    warned = [risk.name for risk in risks if risk.name in _WARNINGS]
    looping = {"Weak verification", "Retry loop before final answer"} <= set(warned)
    signals = (*good, *(f"{name.lower()}" for name in warned))[:_MOST_SIGNALS]
    after = 0 if last is None else sum(call.cost or 0 for call in anatomy.billed if _later(anatomy, call.index, last))
    if len(warned) >= 3 or (looping and not good):
        return Value("weak", "several signs say that the result needs a second look", signals, last, after)
    if not warned and (good or shape in {"implementation with verification", "balanced"}):
        return Value("strong", "work was delivered and checked, without warning signs", signals, last, after)
    why = "work was delivered, with signs that ask for a review" if good else "the log shows no delivery"
    return Value("mixed", why, signals, last, after)


def _later(anatomy: Anatomy, call: int, than: int) -> bool:
    one, other = anatomy.calls[call], anatomy.calls[than]
    return one.chain == other.chain and one.place > other.place


def _deliveries(anatomy: Anatomy) -> tuple[list[str], int | None]:
    """(what was delivered, the index of the last call that did it)."""
    commits, mended, edited = 0, 0, 0
    last: int | None = None
    failing: set[str] = set()
    for use in anatomy.uses:
        line = commands.parse(use.call.command) if use.call.command else None
        bad = work.failed(use)
        if line is not None and line.delivers and not bad:
            commits, last = commits + 1, use.made
        if line is not None and line.verifies:
            if bad:
                failing.add(line.normal)
            elif line.normal in failing:
                failing.discard(line.normal)
                mended, last = mended + 1, use.made
        if work.changed_paths(use) and not bad:
            edited += 1
            last = use.made if last is None else max(last, use.made)
    words = []
    if commits:
        words.append(f"{commits} commit{'s' if commits > 1 else ''} or deliveries")
    if mended:
        words.append(f"{mended} failing check{'s' if mended > 1 else ''} made to pass")
    if edited and phases.verified_last(anatomy):
        words.append(f"{edited} edits, checked afterwards")
    return words, last
