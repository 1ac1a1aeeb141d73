"""Where a session could have been cut: turns that needed nothing of what came before, and what a compaction cost."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from whyburn.postmortem.claims import Claim
from whyburn.postmortem.findings.interface import Evidence, Finding
from whyburn.postmortem.findings.measures import count, fixed_tokens, size_grade, spread, summary_tokens
from whyburn.postmortem.findings.shown import Shown
from whyburn.postmortem.findings.work import (
    by_chain,
    changed_paths,
    evidence_of,
    fresh_price,
    presence,
    read_paths,
    removal,
    targets_of,
    worked,
)
from whyburn.postmortem.targets import Target

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from whyburn.postmortem.anatomy import Anatomy, Call, Segment, ToolUse
    from whyburn.postmortem.findings.interface import Market

_LEAST_TASK = 80
"""Bytes of a prompt that can begin something new."""
_LEAST_GAIN = 1
"""How many times its price a compaction must save beyond it: later turns may miss what it drops."""


class _Split(NamedTuple):
    """A place to begin anew."""

    net: int
    """Pico-dollars that it would have saved."""
    at: int
    """Index of the first call of the turn."""
    dropped: int
    """Tokens of conversation that a summary would have stood for."""


# --- a turn that could have begun anew --------------------------------------------------------------------------------


def split_point(anatomy: Anatomy, _market: Market) -> Iterator[Finding]:
    """For each uninterrupted context of the main thread the turn at which compacting would have saved most."""
    keep = summary_tokens(anatomy)
    main = [use for _, use in by_chain(anatomy).get(0, [])]
    for segment in anatomy.segments:
        best = _best(anatomy, segment, keep) if segment.chain == 0 else None
        if best is not None:
            yield _split(anatomy, segment, best, keep, main)


def _best(anatomy: Anatomy, segment: Segment, keep: int) -> _Split | None:
    """Compacting before a turn drops what was talked about from all later prompts, and costs a summary."""
    own = fixed_tokens(anatomy, segment.index)
    best: _Split | None = None
    later = 0
    for before, index in reversed([*pairwise(segment.calls)]):
        call = anatomy.calls[index]
        prices = call.prices
        if prices is None or not call.billed:
            continue
        later += prices.read
        if call.turn == anatomy.calls[before].turn or not _is_task(anatomy, call):
            continue
        dropped = call.old - own
        price = call.old * prices.read + keep * (prices.output + fresh_price(call, prices) - prices.read)
        net = (dropped - keep) * later - price
        if net >= price * _LEAST_GAIN and (best is None or net > best.net):
            best = _Split(net, index, dropped)
    return best


def _is_task(anatomy: Anatomy, call: Call) -> bool:
    """A person's words before a call are more than a nod: a few words go on with what was talked about."""
    blocks = (anatomy.pieces[at].block for at in call.entered if _is_prompt(anatomy, at))
    return any(block is not None and block.size >= _LEAST_TASK for block in blocks)


def _split(anatomy: Anatomy, segment: Segment, best: _Split, keep: int, uses: Iterable[ToolUse]) -> Finding:
    calls = [anatomy.calls[at] for at in segment.calls if at >= best.at]
    weights = {call.index: call.prices.read for call in calls if call.prices and call.billed and call.cost}
    before, after = _files(anatomy, segment, best.at, uses)
    apart = bool(before and after) and not before & after
    turn = _number(anatomy, best.at)
    prompt = next((at for at in anatomy.calls[best.at].entered if _is_prompt(anatomy, at)), None)
    again = before & after
    said = f"{count(len(again), 'file')} of it came up again" if again else "no file of it was touched again"
    return Finding(
        "split-point", f"turn {turn}",
        f"{best.dropped:,} tokens of earlier conversation were carried through {count(len(calls), 'call')} from turn "
        f"{turn} on; {said}",
        Claim(shares=spread(anatomy, best.net, weights)),
        f"Before a prompt like that of turn {turn}, begin a new session or compact to about {keep:,} tokens",
        size_grade(anatomy, _talk(anatomy, segment, best.at)), 3 if apart else 4,
        (Evidence(best.at, prompt, f"turn {turn} begins with {best.dropped:,} tokens of earlier conversation"),),
        tokens=best.dropped, rereads=len(calls),
        counter=() if apart else ("the later turns may have needed what was said before",),
    )  # fmt: skip


def _talk(anatomy: Anatomy, segment: Segment, at: int) -> list[int]:
    """The pieces of conversation that were there before a call."""
    tiles = (anatomy.tiles[index] for index in segment.tiles)
    return [tile.piece for tile in tiles if tile.enter < at and anatomy.pieces[tile.piece].kind != "harness"]


def _files(anatomy: Anatomy, segment: Segment, at: int, uses: Iterable[ToolUse]) -> tuple[set[str], set[str]]:
    """The files that a context's tools touched before a call, and from it on."""
    before: set[str] = set()
    after: set[str] = set()
    for use in uses:
        if anatomy.calls[use.made].segment == segment.index:
            (before if use.made < at else after).update((*read_paths(use), *changed_paths(use)))
    return before, after


def _number(anatomy: Anatomy, call: int) -> int:
    """A turn as people count, from 1; what came before the first prompt is no turn."""
    first = 0 if anatomy.turns and anatomy.turns[0] is None else 1
    return anatomy.calls[call].turn + first


def _is_prompt(anatomy: Anatomy, piece: int) -> bool:
    block = anatomy.pieces[piece].block
    return block is not None and block.prompt


# --- files that a compaction forgot -----------------------------------------------------------------------------------


def compaction_thrash(anatomy: Anatomy, _market: Market) -> Iterator[Finding]:
    """Files that were in the context before a compaction and were read again after it."""
    for uses in by_chain(anatomy).values():
        by_segment: dict[int, list[ToolUse]] = {}
        for _, use in uses:
            by_segment.setdefault(anatomy.calls[use.made].segment, []).append(use)
        for earlier, later in pairwise(by_segment):
            if anatomy.segments[later].reason == "compaction" and later == earlier + 1:
                again = list(_again(by_segment[earlier], by_segment[later]))
                if again:
                    yield _thrash(anatomy, later, again)


def _again(before: Iterable[ToolUse], after: Iterable[ToolUse]) -> Iterator[ToolUse]:
    """The first read of each file or range that had been known, as long as nobody has changed it since."""
    known, since = Shown(), Shown()
    for use in before:
        for target in _left(use):
            known.add(target)
    for use in after:
        targets = targets_of(use)
        if targets and worked(use) and all(known.knows(each) and not since.knows(each) for each in targets):
            yield use
        for target in _left(use):
            since.add(target)


def _left(use: ToolUse) -> Sequence[Target]:
    """What the context holds of files after a use: what it read, and what it changed and so must have known."""
    if not worked(use):
        return ()
    return (*targets_of(use), *(Target(path) for path in changed_paths(use)))


def _thrash(anatomy: Anatomy, segment: int, again: Sequence[ToolUse]) -> Finding:
    claim = removal(anatomy, again)
    tokens, rereads = presence(anatomy, claim.pieces)
    files = {path for use in again for path in read_paths(use)}
    first = anatomy.segments[segment].calls[0]
    return Finding(
        "compaction-thrash", f"before call {first + 1}",
        f"{count(len(again), 'read')} of {count(len(files), 'file')} fetched what the compaction before had dropped",
        claim, "Compact where a task ends, and name the files that go on being needed in the compaction's instructions",
        size_grade(anatomy, claim.pieces), 3, evidence_of(again), tokens=tokens, rereads=rereads,
        counter=("without the compaction every later call would have carried the whole conversation",),
    )  # fmt: skip
