"""Blocks of one segment stacked by kind: layers of families, in each large blocks and one band of small ones.

What a call sent is ordered by time; a picture of it in that order is noise after a hundred calls. So each family has a
layer of its own, always in the same order from the bottom. In a layer the large blocks come first, in the order in
which they entered, so that each has the same place in its layer for as long as it stays; all that is small lies on
them as one band. What moves a block up is only what lies in the layers below: the top of every stripe is the top of a
layer, a `Curve` that it shares with its neighbours, or such a curve raised by a constant. In a segment nothing leaves,
so curves only rise.

Tokens and pico-dollars of a layer are those of its blocks, whatever is large enough to be seen.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from whyburn.postmortem.families import Family

ORDER: tuple[Family, ...] = (
    "system", "user", "history", "read", "command", "search", "tool", "reply", "thinking", "unlogged",
)  # fmt: skip
"""From the bottom up: what the harness sends, what people and files bring, what the model says, what nobody knows."""


class Block(NamedTuple):
    """A piece in one segment, from where it entered to the segment's end."""

    piece: int
    family: Family
    column: int
    """Where it begins."""
    until: int
    """The column behind its last one."""
    tokens: int
    pico: int
    """What it cost as part of these prompts."""

    @property
    def sent(self) -> int:
        """Its area: tokens times the calls that carried them."""
        return self.tokens * (self.until - self.column)

    @property
    def rate(self) -> int:
        """Its height in dollars: pico-dollars a call."""
        return self.pico // (self.until - self.column)


class Step(NamedTuple):
    """How high a curve is from a column on."""

    column: int
    tokens: int
    rate: int
    """Pico-dollars a call."""


Curve = tuple[Step, ...]
"""By column, rising; before the first step it is 0."""


class Stripe(NamedTuple):
    """A large block, or the band of all small ones of a layer."""

    family: Family
    """Of most of its tokens."""
    column: int
    """Where the first of its blocks begins."""
    until: int
    tokens: int
    """Its height in the end."""
    sent: int
    pico: int
    piece: int
    """The largest piece in it."""
    pieces: int
    curve: int
    """Its top is this curve of the stack …"""
    over: int
    """… raised by so many tokens …"""
    over_rate: int
    """… or, in dollars, by so many pico-dollars a call."""


class Stack(NamedTuple):
    """One segment. Painted from the last stripe to the first, each down to the ground, it shows each in its place."""

    segment: int
    until: int
    curves: tuple[Curve, ...]
    """The ground, then the tops of the layers."""
    stripes: tuple[Stripe, ...]
    """From the bottom up."""

    @property
    def rate(self) -> int:
        """Its height in dollars: pico-dollars a call."""
        return self.curves[-1][-1].rate


def stack(segment: int, blocks: Sequence[Block], least: int) -> Stack:
    """Stack the blocks of a segment, at least one. What is smaller than `least` tokens goes into a band."""
    rises: dict[int, tuple[int, int]] = {min(block.column for block in blocks): (0, 0)}
    curves = [_curve(rises)]
    stripes: list[Stripe] = []
    for layer in layers(blocks, least):
        stripes.extend(_stripes(layer, least, len(curves) - 1))
        for block in layer:
            tokens, rate = rises.get(block.column, (0, 0))
            rises[block.column] = (tokens + block.tokens, rate + block.rate)
        curves.append(_curve(rises))
    return Stack(segment, blocks[0].until, tuple(curves), tuple(stripes))


def count(blocks: Sequence[Block], least: int) -> int:
    """How many stripes a stack of these has."""
    large = sum(block.tokens >= least for block in blocks)
    return large + sum(any(block.tokens < least for block in layer) for layer in layers(blocks, least))


def layers(blocks: Sequence[Block], least: int) -> list[list[Block]]:
    """The blocks by family, from the bottom; families too flat to be seen are one layer with a flat neighbour."""
    families: dict[Family, list[Block]] = defaultdict(list)
    for block in blocks:
        families[block.family].append(block)
    found: list[list[Block]] = []
    is_flat = False
    for layer in (families[family] for family in ORDER if family in families):
        was_flat, is_flat = is_flat, sum(block.tokens for block in layer) < least
        if was_flat and is_flat:
            found[-1].extend(layer)
        else:
            found.append(layer)
    return found


def _curve(rises: Mapping[int, tuple[int, int]]) -> Curve:
    found, tokens, rate = [], 0, 0
    for column in sorted(rises):
        more, dearer = rises[column]
        tokens, rate = tokens + more, rate + dearer
        found.append(Step(column, tokens, rate))
    return tuple(found)


def _stripes(layer: Sequence[Block], least: int, curve: int) -> Iterator[Stripe]:
    """The stripes of a layer that lies on a curve, from the bottom up."""
    over = over_rate = 0
    for block in sorted(layer, key=lambda block: block.column):
        if block.tokens >= least:
            over, over_rate = over + block.tokens, over_rate + block.rate
            yield _stripe([block], curve, over, over_rate)
    small = [block for block in layer if block.tokens < least]
    if small:
        yield _stripe(small, curve + 1, 0, 0)


def _stripe(blocks: Sequence[Block], curve: int, over: int, over_rate: int) -> Stripe:
    sizes: dict[Family, int] = defaultdict(int)
    for block in blocks:
        sizes[block.family] += block.tokens
    return Stripe(
        max(sizes, key=lambda family: sizes[family]), min(block.column for block in blocks), blocks[0].until,
        sum(block.tokens for block in blocks), sum(block.sent for block in blocks),
        sum(block.pico for block in blocks), max(blocks, key=lambda block: block.tokens).piece, len(blocks),
        curve, over, over_rate,
    )  # fmt: skip
