"""What happens along the calls of a plot: what each cost, and what came between them.

A bar is a call, or some neighbouring ones where there are too many to be seen. A mark is something that the price of a
call or the shape of a prompt is explained by: a turn, a compaction, another model, a sub-agent, a lost cache.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from whyburn.postmortem import charges
from whyburn.postmortem.families import Ways, ways_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from whyburn.postmortem.anatomy import Anatomy, Call

MarkKind = Literal["turn", "compaction", "model", "agent", "rebuild"]
_BREAKS = {
    "start": "a new prompt", "compaction": "compacted", "clear": "cleared", "rewind": "rewound",
    "shrink": "the prompt shrank, the log does not tell why",
}  # fmt: skip


class Section(NamedTuple):
    """The columns of one chain, and the calls in them."""

    chain: int
    column: int
    calls: tuple[int, ...]


class Bar(NamedTuple):
    """What one call cost, or some neighbouring ones."""

    column: int
    calls: tuple[int, ...]
    """Indexes; one column each."""
    pico: int
    ways: Ways


class Mark(NamedTuple):
    """Something that happened before a call."""

    column: int
    kind: MarkKind
    text: str
    """In words; may hold names of models and sub-agents."""
    target: int | None = None
    """What it leads to: index of a chain, a turn, or the call of a cache event."""


def bars(anatomy: Anatomy, sections: Sequence[Section], width: int) -> list[Bar]:
    """A bar for each `width` calls of a section; they sum to what its calls cost."""
    return [
        _bar(anatomy, section.column + at, section.calls[at : at + width])
        for section in sections
        for at in range(0, len(section.calls), width)
    ]


def _bar(anatomy: Anatomy, column: int, indexes: tuple[int, ...]) -> Bar:
    ways, pico = Ways(), 0
    for call in (anatomy.calls[at] for at in indexes):
        ways = ways.plus(ways_of(charges.mechanisms(call), call.generation, call.server))
        pico += call.cost or 0
    return Bar(column, indexes, pico, ways)


def marks(anatomy: Anatomy, sections: Sequence[Section]) -> list[Mark]:
    """Everything worth a mark, by column."""
    lost = {event.call: event.cause for event in anatomy.events}
    found = [mark for section in sections for mark in _along(anatomy, section, lost)]
    columns = {call: section.column + at for section in sections for at, call in enumerate(section.calls)}
    for chain in anatomy.chains:
        made = None if chain.request is None else anatomy.pieces[chain.request].made_by
        if made in columns and chain.calls:
            found.append(Mark(columns[made], "agent", chain.name, chain.index))
    return sorted(found, key=lambda mark: (mark.column, mark.kind))


def _along(anatomy: Anatomy, section: Section, lost: Mapping[int, str]) -> Iterator[Mark]:
    before: Call | None = None
    for column, call in enumerate((anatomy.calls[at] for at in section.calls), section.column):
        if not section.chain and (before is None or before.turn != call.turn):
            yield Mark(column, "turn", f"turn {call.turn}" if call.turn else "before the first prompt", call.turn)
        if before is not None and before.segment != call.segment and not anatomy.chains[call.chain].side:
            yield Mark(column, "compaction", _BREAKS[anatomy.segments[call.segment].reason])
        if before is not None and before.model != call.model:
            yield Mark(column, "model", f"{before.model} → {call.model}")
        if call.index in lost:
            yield Mark(column, "rebuild", f"cache lost: {lost[call.index]}", call.index)
        before = call
