"""Steps that need not have been steps: polling, calls that could not work, files read one at a time.

Each step of work makes the model read its whole prompt once more. That is what a step less saves, besides the request
and the result themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.postmortem.claims import Claim
from whyburn.postmortem.findings.attempts import loops
from whyburn.postmortem.findings.interface import Evidence, Finding
from whyburn.postmortem.findings.measures import MOST_EVIDENCE, count, size_grade
from whyburn.postmortem.findings.work import (
    by_chain,
    changed_paths,
    evidence_of,
    looks,
    named,
    named_by_people,
    presence,
    read_paths,
    removal,
    rows_of,
    subject_of,
    tail,
    together,
    unfounded,
    waits,
    worked,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from whyburn.postmortem.anatomy import Anatomy, ToolUse
    from whyburn.postmortem.findings.interface import CauseGrade, Market

_LEAST_POLLS = 3
_LEAST_READS = 3


def _by_subject(uses: Iterable[tuple[str, ToolUse]]) -> dict[str, list[ToolUse]]:
    found: dict[str, list[ToolUse]] = {}
    for subject, use in uses:
        found.setdefault(subject, []).append(use)
    return found


def _without(
    anatomy: Anatomy, uses: Sequence[ToolUse], kind: str, subject: str, *, title: str, fix: str, cause: CauseGrade,
    counter: tuple[str, ...] = (),
) -> Finding:  # fmt: skip
    """A finding that these uses were not needed."""
    claim = removal(anatomy, uses)
    tokens, rereads = presence(anatomy, claim.pieces)
    return Finding(
        kind, subject, title, claim, fix, size_grade(anatomy, claim.pieces), cause, evidence_of(uses), tokens=tokens,
        rereads=rereads, counter=counter,
    )  # fmt: skip


# --- polling ----------------------------------------------------------------------------------------------------------


def polling(anatomy: Anatomy, _market: Market) -> Iterator[Finding]:
    """Waiting in many short steps for something that does not change: all looks but the first and the last."""
    idle = (
        (_look(use), use)
        for uses in by_chain(anatomy).values()
        for row in _waiting(anatomy, [use for _, use in uses])
        for use in _unchanged(row)
    )
    for subject, same in _by_subject(idle).items():
        call = same[0].call
        name = named(same[0]) if call.command or call.query else f"{call.name}, at a background command,"
        yield _without(
            anatomy, same, "polling", subject, cause=2,
            title=f"{count(len(same), 'look')} by {name} between the first and the last showed nothing new",
            fix="Wait once: by a command that ends when the thing is done, or with a longer time to wait for it",
        )  # fmt: skip


def _waiting(anatomy: Anatomy, uses: Sequence[ToolUse]) -> Iterator[list[ToolUse]]:
    """Rows of uses that only wait, with nothing else between them."""

    def goes_on(row: list[ToolUse], use: ToolUse) -> bool:
        return waits(use) and together(anatomy, row[-1], use)

    return rows_of(uses, least=_LEAST_POLLS, begins=waits, goes_on=goes_on)


def _unchanged(row: Sequence[ToolUse]) -> list[ToolUse]:
    """Those between the first and the last that gave what the same look had given before, or only counted on."""
    before: dict[str, ToolUse] = {}
    found = []
    for use in row[:-1]:
        earlier = before.get(_look(use))
        if earlier is not None and _alike(earlier, use):
            found.append(use)
        before[_look(use)] = use
    return found


def _look(use: ToolUse) -> str:
    """What is looked at; tools that wait may be told anew each time for how long."""
    return subject_of(use) if use.call.command else use.call.name


def _alike(one: ToolUse, two: ToolUse) -> bool:
    a, b = one.result, two.result
    if a is None or b is None or a.failure != b.failure:
        return False
    return a.steady == b.steady or 0 != a.shape == b.shape


# --- steps that could not work ----------------------------------------------------------------------------------------

_WORDS = {
    "malformed": ("was called with arguments that were refused", "Show one correct call in the instructions: {}"),
    "edit": ("could not be applied to the file", "Have the lines read again right before they are edited: {}"),
    "denied": (
        "was not permitted",
        "Say in the instructions what to use in its place, or permit it in the settings: {}",
    ),
    "missing": ("does not exist there", "Say in the instructions what to use, and in which folder, in place of {}"),
}


def tool_error(anatomy: Anatomy, _market: Market) -> Iterator[Finding]:
    """Single steps that could not begin their work. Failing tests are work, and repeated failures are retry loops."""
    looped = {attempt.use for loop in loops(anatomy) for attempt in loop.attempts}
    wrong = (
        (f"{kind} {named(use)}", use)
        for uses in by_chain(anatomy).values()
        for index, use in uses
        if index not in looped and (kind := unfounded(use))
    )
    for subject, same in _by_subject(wrong).items():
        kind, name = subject.split(" ", 1)
        what, fix = _WORDS[kind]
        times = f", {len(same)} times" if len(same) > 1 else ""
        yield _without(
            anatomy, same, "tool-error", subject, title=f"{name} {what}{times}", fix=fix.format(name),
            cause=3, counter=("the error may have told the model something that it needed",),
        )  # fmt: skip


# --- one by one -------------------------------------------------------------------------------------------------------


def serial_reads(anatomy: Anatomy, _market: Market) -> Iterator[Finding]:
    """Files read in one call after the other although their paths were known before the first of these calls."""
    rows = [row for uses in by_chain(anatomy).values() for row in _one_by_one(anatomy, [use for _, use in uses])]
    if not rows:
        return
    rows.sort(key=len, reverse=True)
    needless = [use for row in rows for use in row[1:]]
    yield Finding(
        "serial-reads", "reads",
        f"{sum(map(len, rows))} reads of known files took a call each, in {count(len(rows), 'row')}",
        Claim(steps=frozenset(use.made if use.read is None else use.read for use in needless)),
        "Add to the instructions: ask for all files that do not depend on each other in one message",
        "A", 3, tuple(
            Evidence(row[0].made, row[0].answer, f"{len(row)} reads, from {named(row[0])} to {named(row[-1])}")
            for row in rows[:MOST_EVIDENCE]
        ), rereads=len(needless), counter=("what one file showed may have decided about the next",),
    )  # fmt: skip


def _one_by_one(anatomy: Anatomy, uses: Sequence[ToolUse]) -> Iterator[list[ToolUse]]:
    """Rows of calls that each read only, and only what could have been asked for in the first of them."""
    known = _first_seen(anatomy, uses)
    calls, pieces = anatomy.calls, anatomy.pieces

    def single(use: ToolUse) -> bool:
        requests = sum(pieces[piece].kind == "tool-call" for piece in calls[use.made].made)
        return requests == 1 and worked(use) and looks(use) and bool(read_paths(use))

    def goes_on(row: list[ToolUse], use: ToolUse) -> bool:
        next_call = calls[use.made].place == calls[row[-1].made].place + 1
        if not (next_call and single(use) and together(anatomy, row[0], use)):
            return False
        return all(known[tail(path)] <= row[0].made for path in read_paths(use))

    return rows_of(uses, least=_LEAST_READS, begins=single, goes_on=goes_on)


def _first_seen(anatomy: Anatomy, uses: Sequence[ToolUse]) -> Mapping[str, int]:
    """Path → the first call that could have asked for it: seen in a prompt, a result, an earlier request."""
    known: dict[str, int] = {}
    for index in anatomy.chains[uses[0].chain].calls:
        for piece in anatomy.calls[index].entered:
            for path in named_by_people(anatomy, piece):
                known.setdefault(tail(path), index)
    for use in uses:
        for path in (*read_paths(use), *changed_paths(use)):
            known[tail(path)] = min(use.made + 1, known.get(tail(path), use.made + 1))
        if use.result is not None and use.read is not None:
            for path in use.result.mentions:
                known[tail(path)] = min(use.read, known.get(tail(path), use.read))
    return known
