"""What a played script leaves behind: blocks, billed calls, and the events of each chain in the order of its log."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from simulator.prices import SEARCH, Price

if TYPE_CHECKING:
    from simulator.cache import Bands
    from simulator.script import Action, Output, Script


@dataclass(slots=True)
class Block:
    """A piece of prompt, and in the end what it cost."""

    number: int
    """Over the whole session, from 0."""
    chain: int
    kind: str
    label: str
    tokens: int
    source: Action | Output | None = None
    """What in the script it is; None for what no log shows."""
    name: int = 0
    """Its identity for the cache."""
    born: int | None = None
    """The call that put it out."""
    entered: int | None = None
    """The first call whose prompt has it."""
    last: int | None = None
    """The last call whose prompt has it."""
    seen: int = 0
    """Calls whose prompt has it."""
    tool: str | None = None
    """Id of the tool call, for a call and its result."""
    file: str = ""
    line: int = 0
    """Where the log shows it, from 1; 0: nowhere."""
    cost: dict[str, int] = field(default_factory=dict)
    """Pico-dollars by mechanism."""

    @property
    def rereads(self) -> int:
        """Calls after the one where it entered that had it in their prompt again."""
        return max(self.seen - 1, 0)


@dataclass(slots=True)
class Billed:
    """One request and its bill."""

    number: int
    """In its chain, from 1."""
    chain: int
    segment: int
    start_ms: int
    end_ms: int
    model: str
    effort: str | None
    version: str
    speed: str | None
    stop: str | None
    bands: Bands
    output: int
    """True tokens; `logged` is what the log says."""
    logged: int
    thinking: int
    searches: int
    price: Price
    tiles: list[Block]
    """The prompt."""
    outputs: list[Block]
    old: int
    """Tokens of the prompt that the call before had too; 0 at the start of a segment."""
    expected: int
    """Tokens that the cache should have given."""

    @property
    def prompt(self) -> int:
        """Tokens of the prompt."""
        return sum(self.bands)

    @property
    def cost(self) -> int:
        """Pico-dollars, as the log lets one bill it."""
        price, bands = self.price, self.bands
        given = bands.fresh * price.fresh + bands.read * price.read
        given += bands.write5 * price.write5 + bands.write1 * price.write1
        return given + self.logged * price.output + self.searches * SEARCH


class Event(NamedTuple):
    """Something that a log shows."""

    what: Literal["block", "call", "compact", "clear", "rewind", "change", "trouble"]
    at_ms: int
    block: Block | None = None
    call: Billed | None = None
    action: Action | None = None
    turn: bool = False
    """It begins a turn."""
    before: int = 0
    """Tokens of the prompt before a compaction."""


@dataclass(slots=True)
class Chain:
    """The main thread or a sub-agent, as it happened."""

    number: int
    script: Script
    parent: int | None = None
    tool: str | None = None
    """The tool call that started it."""
    internal: bool = False
    """The harness started it: a compaction."""
    events: list[Event] = field(default_factory=list)
    calls: list[Billed] = field(default_factory=list)
    agent_id: str = ""
