"""Failing commands that were run again although nothing had changed.

What counts as a change, `attempts` knows. A rerun without any is claimed. One edit that misses its aim is ordinary; two
in a row that leave the failure as it was are claimed too, with a lower grade.
"""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Literal

from whyburn.postmortem.findings.attempts import loops
from whyburn.postmortem.findings.interface import Evidence, Finding
from whyburn.postmortem.findings.measures import MOST_EVIDENCE, count, size_grade
from whyburn.postmortem.findings.work import named, presence, removal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from whyburn.postmortem.anatomy import Anatomy
    from whyburn.postmortem.findings.attempts import Attempt, Loop
    from whyburn.postmortem.findings.interface import Market

_LEAST_WEAK = 2
"""Edits without effect in a row that make a loop."""


def retry_loop(anatomy: Anatomy, _market: Market) -> Iterator[Finding]:
    """One finding for each thing that was tried again without news, in whatever number of loops."""
    by_subject: dict[str, list[Loop]] = {}
    for loop in loops(anatomy):
        by_subject.setdefault(loop.subject, []).append(loop)
    for subject, same in by_subject.items():
        attempts = [attempt for loop in same for attempt in loop.attempts]
        redundant = [attempt for attempt in attempts if attempt.redundant]
        weak = [attempt for loop in same for attempt in _weak(loop)]
        if redundant:
            yield _finding(anatomy, subject, attempts, redundant, "redundant")
        elif weak:
            yield _finding(anatomy, subject, attempts, weak, "weak")


def _weak(loop: Loop) -> list[Attempt]:
    """Attempts after edits without effect, of which there were several in a row."""
    rows = (list(row) for weak, row in groupby(loop.attempts, key=attrgetter("weak")) if weak)
    return [attempt for row in rows if len(row) >= _LEAST_WEAK for attempt in row]


def _finding(
    anatomy: Anatomy, subject: str, attempts: Sequence[Attempt], needless: Sequence[Attempt],
    strength: Literal["redundant", "weak"],
) -> Finding:  # fmt: skip
    uses = [anatomy.uses[attempt.use] for attempt in needless]
    claim = removal(anatomy, uses)
    tokens, rereads = presence(anatomy, claim.pieces)
    name, failures = named(uses[0]), sum(attempt.failed for attempt in attempts)
    return Finding(
        "retry-loop", subject, _title(name, failures, len(needless), strength), claim, _fix(name, strength),
        size_grade(anatomy, claim.pieces), 2 if strength == "redundant" else 3,
        _evidence(anatomy, attempts, needless), tokens=tokens, rereads=rereads, counter=_counter(attempts, strength),
    )  # fmt: skip


def _title(name: str, failures: int, needless: int, strength: str) -> str:
    how = "with nothing changed before" if strength == "redundant" else "after edits that left the failure as it was"
    return f"{name} failed {failures} times, {count(needless, 'time')} {how}"


def _fix(name: str, strength: str) -> str:
    if strength == "redundant":
        return f"Add to the instructions: after {name} fails, edit or read something before running it again"
    return f"Add to the instructions: when {name} fails the same way after two edits, look for the cause before a third"


def _counter(attempts: Sequence[Attempt], strength: str) -> tuple[str, ...]:
    if strength == "weak":
        return ("each of the edits may have been worth a try",)
    worked = sum(attempt.failed and bool(attempt.between) for attempt in attempts)
    return (f"{worked} more failed after something had changed; they are not counted",) if worked else ()


def _evidence(anatomy: Anatomy, attempts: Sequence[Attempt], needless: Sequence[Attempt]) -> tuple[Evidence, ...]:
    """The needless attempts, then the first one."""
    place = {attempt.use: number for number, attempt in enumerate(attempts, 1)}
    shown = [*needless[: MOST_EVIDENCE - 1], attempts[0]]
    return tuple(
        Evidence(attempt.call, anatomy.uses[attempt.use].answer, _note(anatomy, attempt, place[attempt.use]))
        for attempt in shown
    )


def _note(anatomy: Anatomy, attempt: Attempt, number: int) -> str:
    result = anatomy.uses[attempt.use].result
    error = f": {result.error}" if result is not None and result.error else ""
    since = ", ".join(attempt.between) or ("nothing" if attempt.redundant else "")
    return f"attempt {number}{error}" + (f"; changed since the one before: {since}" if since else "")
