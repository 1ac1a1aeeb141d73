"""The tables of a session's page: blocks, sub-agents, turns, cache events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from whyburn.postmortem import charges, marginals
from whyburn.postmortem.families import FAMILIES
from whyburn.views import words
from whyburn.views.page import numbers
from whyburn.views.page.engine import own
from whyburn.views.page.tables import EMPTY, Cell, Table, bars, count, money, name, number, tokens, word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from whyburn.postmortem.anatomy import Anatomy, CacheEvent, Call, Piece
    from whyburn.postmortem.families import Family, FamilyRow
    from whyburn.postmortem.report import Report

MOST_BLOCKS = 100
MOST_TURNS = 150
MOST_EVENTS = 60
MOST_AGENTS = 80
_MOST_LABEL = 80
_EVENTS = {
    "expired": "it expired during a pause", "model": "another model", "tools": "the tools changed",
    "version": "another version of the harness", "system": "the system prompt changed",
    "history": "the history was rewritten", "effort": "another effort", "provider-miss": "the provider missed it",
    "unknown": "the log does not tell", "compaction": "the conversation was compacted", "clear": "a new conversation",
    "rewind": "the user went back",
}  # fmt: skip
_GRADES = {
    "A": "measured: billed counters", "B": "split by bytes, with a ratio measured in this session",
    "C": "estimated", "D": "only bounded, or in no log",
}  # fmt: skip


def spot_of(piece: Piece | None) -> str:
    """Where a piece stands in the log, as `Cell.spot` has it."""
    block = None if piece is None else piece.block
    return "" if block is None else f"{block.spot.source}:{block.spot.line}"


def spot_of_call(call: Call) -> str:
    """Where the response of a call stands."""
    return "" if call.step is None else f"{call.step.spot.source}:{call.step.spot.line}"


def money_by_family(rows: Sequence[FamilyRow], places: int) -> Table:
    """What × how: every row and every column sums to the bill."""
    found = Table("what", [
        word("what"), number("read again", minor=True), number("first time", minor=True),
        number("cache lost", minor=True), number("written", minor=True), number("tokens", minor=True), number("cost"),
        number("share"),
    ])  # fmt: skip
    total = sum(row.cost for row in rows)
    for row in rows:
        ways = row.ways
        parts = (ways.carried, ways.new, ways.lost, ways.output + ways.fees)
        found.add(
            Cell(Markup('<i class="key k-{}"></i>{}').format(row.family, FAMILIES[row.family])),
            *(money(part, places) if part else Cell(Markup("·"), 0) for part in parts), tokens(row.tokens),
            money(row.cost, places), Cell(numbers.percent(row.cost, total), row.cost),
        )  # fmt: skip
    sums = [sum(part) for part in zip(*(row.ways for row in rows), strict=True)] or [0] * 5
    found.foot = (
        Cell(Markup("the bill")), *(money(one, places) for one in (*sums[:3], sums[3] + sums[4])), EMPTY,
        money(total, places), EMPTY,
    )  # fmt: skip
    found.bars = bars([(row.cost, row.family) for row in rows])
    return found


def blocks(anatomy: Anatomy, families: Sequence[Family], labels: Mapping[int, str], places: int) -> Table:
    """The dearest blocks; the last row is all others."""
    pieces = [(charges.life_cost(anatomy, one.index), one) for one in anatomy.pieces if one.tiles or one.generation]
    pieces.sort(key=lambda pair: (-pair[0], pair[1].index))
    found = Table("blocks", [
        name("block"), word("kind", minor=True), number("entered"), number("tokens", minor=True),
        number("re-reads", minor=True),
        number("cost"), word("in the log", minor=True),
    ], filter="blocks")  # fmt: skip
    for cost, piece in pieces[:MOST_BLOCKS]:
        enter = anatomy.tiles[piece.tiles[0]].enter if piece.tiles else piece.made_by
        turn = None if enter is None else anatomy.calls[enter].turn
        found.add(
            Cell(shown(labels[piece.index]), code=True), Cell(own(FAMILIES[families[piece.index]])),
            Cell(numbers.count(None if enter is None else enter + 1), enter, href=f"#turn-{turn}"),
            tokens(marginals.tokens_of(anatomy, piece.index)), count(marginals.rereads(anatomy, piece.index)),
            money(cost, places),
            Cell(Markup(""), spot=spot_of(piece)) if spot_of(piece) else Cell(Markup("not in the log")),
            anchor=f"block-{piece.index}",
        )  # fmt: skip
    found.bars = bars([(cost, families[piece.index]) for cost, piece in pieces[:MOST_BLOCKS]])
    rest = anatomy.cost - sum(cost for cost, _ in pieces[:MOST_BLOCKS])
    if rest:
        others = len(pieces) - MOST_BLOCKS
        said = numbers.count_of(others, "smaller block") if others > 0 else own(FAMILIES["fees"])
        found.foot = (Cell(said), EMPTY, EMPTY, EMPTY, EMPTY, money(rest, places), EMPTY)
    return found


def shown(label: str) -> Markup:
    """The label of a piece, as may be shown, in the room of a cell: a path loses its middle, a command its end."""
    return Markup.escape((words.cut if " " in label else words.shorten)(label, _MOST_LABEL))


def agents(anatomy: Anatomy, places: int) -> Table:
    """The sub-agents and other chains beside the main thread."""
    found = Table("agents", [
        name("sub-agent"), number("started by call", minor=True), number("calls"), number("sent", minor=True),
        number("put out", minor=True), number("cost"),
    ], empty="no sub-agents")  # fmt: skip
    costs = []
    for chain in anatomy.chains[1:]:
        calls = [anatomy.calls[at] for at in chain.calls if anatomy.calls[at].billed]
        if not calls:
            continue
        made = None if chain.request is None else anatomy.pieces[chain.request].made_by
        cost = sum(call.cost or 0 for call in calls)
        costs.append((cost, "agent"))
        found.add(
            Cell(own(chain.name or chain.agent), note=Markup("by the harness itself") if chain.internal else ""),
            Cell(numbers.count(None if made is None else made + 1), made), count(len(calls)),
            tokens(sum(call.prompt for call in calls)), tokens(sum(call.o for call in calls)), money(cost, places),
            anchor=f"agent-{chain.index}",
        )  # fmt: skip
    found.bars = bars(costs)
    return found.bound(MOST_AGENTS, by=5, what="sub-agent", places=places)


def turns(report: Report, places: int, zone: tzinfo) -> Table:
    """The bill by user turn, and inside a turn by chain."""
    anatomy = report.anatomy
    groups: dict[tuple[int, int], list[Call]] = {}
    for call in anatomy.billed:
        groups.setdefault((call.turn, call.chain), []).append(call)
    found = Table("turns", [
        name("turn"), word("began", minor=True), number("first call", minor=True), number("calls"),
        number("tokens", minor=True), number("cost"), word("in the log", minor=True),
    ], filter="turns" if len(groups) > 12 else "")  # fmt: skip
    seen: set[int] = set()
    for (turn, chain), row in zip(sorted(groups), report.turns, strict=True):
        calls = groups[turn, chain]
        prompt = anatomy.turns[turn] if turn < len(anatomy.turns) and chain == 0 else None
        spot = spot_of(None if prompt is None else anatomy.pieces[prompt]) or spot_of_call(calls[0])
        found.add(
            Cell(own(row.label)), Cell(numbers.moment(calls[0].request_ms or calls[0].at_ms, zone)),
            Cell(numbers.count(calls[0].index + 1), calls[0].index), count(row.calls), tokens(row.tokens),
            money(row.cost, places), Cell(Markup(""), spot=spot) if spot else Cell(Markup("—")),
            anchor=f"turn-{turn}" if turn not in seen else f"turn-{turn}-{chain}",
        )  # fmt: skip
        seen.add(turn)
    found.bars = bars([(row.cost, "turn") for row in report.turns])
    return found.bound(MOST_TURNS, by=5, what="turn", places=places)


def events(report: Report, places: int) -> Table:
    """Calls that found less in the cache than they should have."""
    anatomy = report.anatomy
    found = Table("events", [
        number("call"), name("why the cache was lost"), number("after", minor=True), number("lost tokens"),
        number("extra cost"), word("in the log", minor=True),
    ], empty="the cache was never lost")  # fmt: skip
    for event in anatomy.events:
        call = anatomy.calls[event.call]
        said = _EVENTS.get(event.cause, event.cause)
        found.add(
            Cell(numbers.count(event.call + 1), event.call, href=f"#turn-{call.turn}"),
            Cell(own(said + _certainty(event)), note=event.detail),
            Cell(numbers.duration(event.gap_ms), event.gap_ms if event.gap_ms is not None else -1), tokens(event.lost),
            money(event.premium, places), Cell(Markup(""), spot=spot_of_call(call)) if call.step else Cell(Markup("—")),
            anchor=f"event-{event.call}",
        )  # fmt: skip
    return found.bound(MOST_EVENTS, by=4, what="loss", places=places)


def _certainty(event: CacheEvent) -> str:
    return " (the provider says so)" if event.reported else " (likely)" if event.likely else ""


def quality(report: Report, places: int) -> Table:
    """The bill by how the sizes behind it were found."""
    found = Table("quality", [word("how the sizes were found"), number("cost"), number("share")])
    for grade, cost in report.quality.cost_by_grade.items():
        found.add(
            Cell(Markup.escape(_GRADES[grade])), money(cost, places), Cell(numbers.percent(cost, report.cost), cost)
        )  # fmt: skip
    found.foot = (Cell(Markup("the bill")), money(report.cost, places), EMPTY)
    return found
