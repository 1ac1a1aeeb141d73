"""Long searches whose yield was small: a sub-agent would have kept them out of the main conversation.

What a search costs the main thread is, at each of its steps, the presentation of everything that was talked about
before, and afterwards whatever it found being carried along. A sub-agent pays instead for a fresh prompt of its own
(the same tools and instructions, written once and read at each step) and hands back a summary. Its own searching costs
the same in either place.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from whyburn.postmortem.charges import bands_of, input_costs, life_cost
from whyburn.postmortem.claims import Claim
from whyburn.postmortem.findings.interface import Finding
from whyburn.postmortem.findings.measures import carrying, count, fixed_tokens, size_grade, summary_tokens
from whyburn.postmortem.findings.work import (
    by_chain,
    changed_paths,
    evidence_of,
    fresh_price,
    looks,
    presence,
    read_paths,
    rows_of,
    together,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from whyburn.postmortem.anatomy import Anatomy, Call, ToolUse
    from whyburn.postmortem.claims import Share
    from whyburn.postmortem.findings.interface import Market

_LEAST_STEPS = 8
_MOST_USED = 20
"""Percent of the files looked at that may be of use later."""
_DELEGATE = "Have a sub-agent do the search and report paths and lines; its context ends with it"
_NARROW = "Name the files or folders that matter in the prompt, and ask for matching lines in place of whole files"


class _Search(NamedTuple):
    """A row of looking, and which of its files were named again afterwards."""

    row: list[ToolUse]
    files: int
    used: int


class _Delegated(NamedTuple):
    """What a sub-agent would have saved, in pico-dollars."""

    steps: int
    """Of presenting the conversation at each step, less what its own prompt would have cost."""
    after: int
    """Of carrying along what was found, less what carrying a summary costs."""


def exploration(anatomy: Anatomy, _market: Market) -> Iterator[Finding]:
    """Searches of the main thread whose files were hardly used later."""
    uses = [use for _, use in by_chain(anatomy).get(0, [])]
    later = carrying(anatomy)
    keep = summary_tokens(anatomy)
    for search in _searches(anatomy, uses):
        made = sorted({use.made for use in search.row})
        pieces = {use.answer for use in search.row if use.answer is not None}
        pieces.update(piece for call in made for piece in anatomy.calls[call].made)
        claim = _claim(anatomy, search.row, made, pieces, keep, later)
        tokens, rereads = presence(anatomy, pieces)
        yield Finding(
            "exploration", f"search from call {made[0] + 1}",
            f"{len(search.row)} steps of searching looked at {count(search.files, 'file')}, {search.used} of them used",
            claim, _DELEGATE if claim.pieces or claim.shares else _NARROW,
            size_grade(anatomy, pieces), 4, evidence_of(search.row),
            exposure=sum(life_cost(anatomy, piece) for piece in pieces), tokens=tokens, rereads=rereads,
            counter=("what the files showed may have been used without naming them again",),
        )  # fmt: skip


def _searches(anatomy: Anatomy, uses: Sequence[ToolUse]) -> Iterator[_Search]:
    """Rows of looking with little yield."""

    def goes_on(row: list[ToolUse], use: ToolUse) -> bool:
        return looks(use) and together(anatomy, row[-1], use)

    last_named = {path: use.made for use in uses for path in (*read_paths(use), *changed_paths(use))}
    for row in rows_of(uses, least=_LEAST_STEPS, begins=looks, goes_on=goes_on):
        files = {path for use in row for path in read_paths(use)}
        used = sum(last_named[path] > row[-1].made for path in files)
        if used * 100 <= len(files) * _MOST_USED:
            yield _Search(row, len(files), used)


def _claim(
    anatomy: Anatomy, row: Sequence[ToolUse], made: Sequence[int], pieces: set[int], keep: int, later: Sequence[int]
) -> Claim:
    """What delegating a row of searching would have saved; empty when nothing."""
    calls = [anatomy.calls[at] for at in made]
    taken_in = None if row[-1].read is None else anatomy.calls[row[-1].read]
    if taken_in is None or any(call.prices is None or not call.cost for call in (*calls, taken_in)):
        return Claim()
    saved = _delegated(anatomy, calls, taken_in, pieces, keep, later)
    return _scaled(anatomy, calls, pieces, saved) if sum(saved) > 0 else Claim()


def _delegated(
    anatomy: Anatomy, calls: Sequence[Call], taken_in: Call, pieces: set[int], keep: int, later: Sequence[int]
) -> _Delegated:  # fmt: skip
    first, last = calls[0], taken_in.prices
    assert first.prices is not None
    assert last is not None
    own = fixed_tokens(anatomy, first.segment)
    reads = sum(call.prices.read for call in calls[1:] if call.prices)
    start = own * (fresh_price(first, first.prices, hour=False) + reads + last.read)
    summary = keep * (last.output + fresh_price(taken_in, last) + later[taken_in.index])
    carried = input_costs(anatomy, pieces) - _within(first, [*calls[1:], taken_in])
    return _Delegated(first.prompt * reads - start, carried - summary)


def _within(first: Call, calls: Sequence[Call]) -> int:
    """What everything that entered after a call cost in these calls."""
    return sum(
        (band.end - max(band.start, first.prompt)) * (band.price + band.premium)
        for call in calls
        for band in bands_of(call)
        if band.end > first.prompt
    )


def _scaled(anatomy: Anatomy, calls: Sequence[Call], pieces: set[int], saved: _Delegated) -> Claim:
    """The saving as shares of the calls and of the pieces; a loss of one part is taken from the other."""
    whole = max(sum(saved), 0)
    steps = min(max(saved.steps, 0), whole)
    cost = sum(call.cost or 0 for call in calls[1:])
    part = min(Fraction(steps, cost), Fraction(1)) if cost else Fraction(0)
    inside = _within(calls[0], calls[1:])
    rest = input_costs(anatomy, pieces) - int(part * inside)
    share = min(Fraction(whole - steps, rest), Fraction(1)) if rest > 0 else Fraction(0)
    shares: dict[int, Share] = {call.index: part.as_integer_ratio() for call in calls[1:]} if part else {}
    return Claim(pieces=dict.fromkeys(pieces, share.as_integer_ratio()) if share else {}, shares=shares)
