"""An icicle in dollars: kind, under it its sources, under them their blocks; widths are shares of the bill.

What is too narrow to be seen is summed up beside its neighbours, so every row is as wide as what stands above it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from markupsafe import Markup

from whyburn.postmortem import charges
from whyburn.postmortem.families import FAMILIES
from whyburn.views import words
from whyburn.views.page import numbers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from whyburn.postmortem.anatomy import Anatomy
    from whyburn.postmortem.families import Family

_CHARACTERS = 140
"""That fit into the whole width."""
_ON_A_PHONE = 42
_LEAST_TEXT = 8
"""A label is not cut to less."""
_NARROW = 250
"""A cell is at least this part of the bill wide."""


class Slab(NamedTuple):
    """One cell."""

    row: int
    x: str
    width: str
    family: Family
    label: Markup
    pico: int
    text: Markup
    """As much of its label as fits; empty where it would be a stump."""
    narrow: bool
    """On a phone the text does not fit."""


@dataclass(slots=True)
class _Node:
    label: str
    pico: int = 0
    parts: dict[str, _Node] = field(default_factory=dict)

    def part(self, key: str, label: str) -> _Node:
        return self.parts.setdefault(key, _Node(label))


def draw(anatomy: Anatomy, families: Sequence[Family], labels: Mapping[int, str]) -> list[Slab]:
    """All cells, row by row from the left, dearest first; the first row sums to the bill."""
    kinds: dict[Family, _Node] = {}
    for piece in anatomy.pieces:
        cost = charges.life_cost(anatomy, piece.index)
        if not cost:
            continue
        family = families[piece.index]
        label = labels[piece.index]
        kind = kinds.setdefault(family, _Node(FAMILIES[family]))
        source = kind.part(label, label)
        block = source.part(str(piece.index), label)
        for node in (kind, source, block):
            node.pico += cost
    fees = sum(call.server for call in anatomy.calls)
    if fees:
        kinds["fees"] = _Node(FAMILIES["fees"], fees)
    found: list[Slab] = []
    at = 0
    for family, kind in sorted(kinds.items(), key=lambda one: -one[1].pico):
        found.extend(_slabs(kind, family, at, 0, max(anatomy.cost, 1)))
        at += kind.pico
    return sorted(found, key=lambda slab: slab.row)


def _slabs(node: _Node, family: Family, at: int, row: int, whole: int) -> Iterator[Slab]:
    yield _slab(row, at, node.pico, whole, family, node.label)
    parts = sorted(node.parts.values(), key=lambda one: -one.pico)
    if len(parts) == 1 and row == 1:
        return
    narrow = 0
    for part in parts:
        if part.pico * _NARROW < whole:
            narrow += part.pico
            continue
        yield from _slabs(part, family, at, row + 1, whole)
        at += part.pico
    if narrow * _NARROW >= whole:
        yield _slab(row + 1, at, narrow, whole, family, "many small ones")


def _slab(row: int, at: int, pico: int, whole: int, family: Family, label: str) -> Slab:
    room = pico * _CHARACTERS // whole - 1
    name = label.rpartition("/")[2] or label if "/" in label and " " not in label else label
    text = words.cut(name, room) if room >= min(_LEAST_TEXT, len(name)) else ""
    return Slab(
        row, numbers.share(at, whole), numbers.share(pico, whole), family, Markup.escape(label), pico,
        Markup.escape(text), len(text) * whole > pico * _ON_A_PHONE,
    )  # fmt: skip
