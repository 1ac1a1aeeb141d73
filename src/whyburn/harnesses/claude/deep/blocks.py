"""Blocks of a transcript, made from the texts and parts of one line."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from whyburn.harnesses.claude.deep.records import NOTHING
from whyburn.harnesses.content import measure
from whyburn.harnesses.mentions import mentions
from whyburn.harnesses.readers import UNDECODABLE
from whyburn.harnesses.volatile import digest_of
from whyburn.transcript import Block

if TYPE_CHECKING:
    from whyburn.harnesses.claude.deep.records import Part
    from whyburn.transcript import Kind, Spot, ToolCall, ToolResult


class Place(NamedTuple):
    """Where and when a line stands, and in which chain."""

    spot: Spot
    at_ms: int | None
    agent: str | None


class _Source(msgspec.Struct, gc=False):
    data: msgspec.Raw = NOTHING


_source = msgspec.json.Decoder(_Source).decode


def block(
    place: Place, kind: Kind, text: str | None, label: str = "", *, prompt: bool = False,
    tool: ToolCall | ToolResult | None = None,
) -> Block:  # fmt: skip
    """The block of a text; an opaque one when the log does not have the text."""
    spot, at_ms, agent = place
    if text is None:
        return Block(kind, 0, 0, spot, at_ms, agent, label, opaque=True, prompt=prompt, tool=tool)
    size, digest, texture = measure(text)
    named = mentions(text) if prompt else ()
    return Block(kind, size, digest, spot, at_ms, agent, label, texture, False, prompt, tool, named)


def picture(place: Place, part: Part) -> Block:
    """The block of an image or document: its data is hashed, not read."""
    try:
        data = bytes(_source(part.source).data).strip(b'"')
    except UNDECODABLE:
        data = b""
    spot, at_ms, agent = place
    return Block("image", len(data), digest_of(data), spot, at_ms, agent, part.type or "", "other", opaque=True)
