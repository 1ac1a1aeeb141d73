"""A session taken apart: its calls, the pieces of its prompts, and what each piece cost in which way.

The prompt of a call is a row of tokens. A `Segment` is a run of calls over which that row only grew; in it each
`Piece` occupies one `Tile`, an interval of positions, from the call where it entered to the end of the segment. A call
pays by position: what was read from the cache, then what was written for an hour, for five minutes, then what was
sent uncached. A tile's charge in a call is its overlap with each of these bands times the price of the band. Tiles
cover the prompt without gaps, bands partition it, so the charges of all tiles sum to the bill, whatever the sizes.

Everything is indexed by position in the lists of `Anatomy`. Tokens are counts, money is integer pico-dollars, times
are milliseconds UTC, unknown is None.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from whyburn.transcript import Block, Change, Compaction, Kind, Rewind, Skipped, Step, ToolCall, ToolResult, Trouble

Mechanism = Literal[
    "generation", "entry", "reread", "rewrite_base", "rewrite_premium", "resend_base", "resend_premium", "server"
]  # fmt: skip
"""How a token came to be billed. Generation: put out. Entry: in the prompt for the first time. Reread: read from the
cache. Rewrite: written to the cache again after it was lost. Resend: sent again without the cache. The premium of a
rewrite or a resend is what it cost beyond reading the cache, the base is what reading would have cost. Server: fees of
the provider's own tools, and what a call cost beyond its bands."""
MECHANISMS: tuple[Mechanism, ...] = (
    "generation", "entry", "reread", "rewrite_base", "rewrite_premium", "resend_base", "resend_premium", "server",
)  # fmt: skip
ENTRY, REREAD, REWRITE_BASE, REWRITE_PREMIUM, RESEND_BASE, RESEND_PREMIUM = range(6)
"""Places in `Tile.costs` and in charges of a tile in a call: the mechanisms that positions pay by."""
NOTHING = (0, 0, 0, 0, 0, 0)
Costs = tuple[int, int, int, int, int, int]
Grade = Literal["A", "B", "C", "D"]
"""How the size of a tile was found: measured, split by bytes with a measured ratio, estimated, or only bounded."""
Reason = Literal["start", "compaction", "clear", "rewind", "shrink"]
"""Why a segment begins; `shrink` is for no reason that the log tells."""


class Prices(NamedTuple):
    """Pico-dollars per token that applied to one call."""

    input: int
    read: int
    write_5m: int
    write_1h: int
    output: int
    reasoning: int
    search: int

    @classmethod
    def billed(
        cls, *, fresh: int, read: int | None, write_5m: int | None, write_1h: int | None, output: int,
        reasoning: int | None, search: int | None,
    ) -> Prices:  # fmt: skip
        """The prices of a rate, with what it does not list filled in as it is billed."""
        short = fresh if write_5m is None else write_5m
        return cls(
            fresh, fresh if read is None else read, short, short if write_1h is None else write_1h, output,
            output if reasoning is None else reasoning, search or 0,
        )  # fmt: skip


@dataclass(slots=True)
class Call:
    """One request of the session, or of the history that it was forked from."""

    index: int
    chain: int
    at_ms: int | None
    """End of the response."""
    model: str
    u: int
    w1: int
    w5: int
    """Written for five minutes, or with a lifetime that the log does not tell."""
    r: int
    o: int
    thinking: int | None
    """The part of the output that was reasoning, where it is told or can be inferred."""
    step: Step | None
    """None: the ledger knows the call, no transcript shows it."""
    prices: Prices | None
    """None: unpriced, or not billed to this session."""
    cost: int | None
    """The ledger's list price of the call; None when unpriced. 0 when not billed to this session."""
    billed: bool
    """False for a call of another session's copied history."""
    provider: str = ""
    other: int = 0
    """The part of `w5` whose lifetime the log does not tell."""
    speed: str = ""
    tier: str = ""
    effort: str = ""
    purpose: str = "main"
    final: bool = True
    sampling: bool = False
    """An earlier sampling of the request that the next call of the chain completes."""
    segment: int = -1
    place: int = 0
    """Position in its chain, from 0."""
    turn: int = 0
    """The user turn it belongs to, from 0; sub-agents belong to the turn that spawned them."""
    request_ms: int | None = None
    """When the request began: the time of the last record before it."""
    entered: list[int] = field(default_factory=list)
    """Pieces that the log shows between the previous call of the chain and this one."""
    made: list[int] = field(default_factory=list)
    """Pieces that it put out."""
    changes: list[Change] = field(default_factory=list)
    """What changed between the previous call of the chain and this one."""
    troubles: list[Trouble] = field(default_factory=list)
    boundary: Compaction | Rewind | None = None
    """What came between the previous call and this one and ended its segment."""
    old: int = 0
    """Positions below this were in the previous prompt of the segment."""
    expected: int = 0
    """Positions below this should have been found in the cache."""
    generation: int = 0
    """Pico-dollars of the output."""
    server: int = 0
    """Pico-dollars of fees and of what the bands do not explain."""

    @property
    def prompt(self) -> int:
        """Tokens of the whole prompt."""
        return self.u + self.w1 + self.w5 + self.r


@dataclass(slots=True)
class Tile:
    """The place of a piece in one segment."""

    piece: int
    segment: int
    start: int
    tokens: int
    enter: int
    """Index of the call whose prompt it is in first."""
    grade: Grade
    costs: Costs = NOTHING
    """Pico-dollars over all calls of the segment: entry, reread, rewrite base and premium, resend base and premium."""

    @property
    def end(self) -> int:
        """The position behind its last token."""
        return self.start + self.tokens


@dataclass(slots=True)
class Piece:
    """One piece of content, from the call that made it or where it entered to where it left."""

    index: int
    kind: Kind
    chain: int
    block: Block | None
    """None: no log shows it."""
    label: str = ""
    """Its source within its kind: a path, a command, a server, a tool."""
    made_by: int | None = None
    """Index of the call that put it out; None for input."""
    made_tokens: int = 0
    """Output tokens it was billed for."""
    generation: int = 0
    """Pico-dollars of its generation."""
    tiles: list[int] = field(default_factory=list)
    """Indexes of its tiles, one a segment."""
    carried: bool = False
    """It came with another session's history."""

    @property
    def line(self) -> int | None:
        """The line of the log that it stands in; None for what no log shows."""
        return None if self.block is None else self.block.spot.line


@dataclass(slots=True)
class Segment:
    """Calls of one chain over which the prompt only grew."""

    index: int
    chain: int
    reason: Reason
    calls: list[int] = field(default_factory=list)
    tiles: list[int] = field(default_factory=list)
    """In the order of positions."""


@dataclass(slots=True)
class Chain:
    """Calls that share one growing prompt: the main thread, or a sub-agent."""

    index: int
    agent: str
    """Native id; empty for the main thread."""
    name: str
    """The type of a sub-agent; `main`."""
    calls: list[int] = field(default_factory=list)
    parent: int | None = None
    """The chain that spawned it."""
    request: int | None = None
    """The piece (tool call) that spawned it."""
    internal: bool = False
    """Started by the harness itself."""
    side: bool = False
    """Requests of their own beside the conversation (an advisor, titles): no two of its calls share a prompt."""
    automatic: bool = False
    """The provider caches by itself, without breakpoints."""
    harness: int | None = None
    """Tokens of system prompt and tools that cache reads have measured."""


class ToolUse(NamedTuple):
    """One step of work: a tool call and its result."""

    call: ToolCall
    result: ToolResult | None
    """None: no result was recorded."""
    chain: int
    made: int
    """Index of the call that asked for it."""
    read: int | None
    """Index of the call whose prompt holds the result first."""
    request: int
    """Piece of the tool call."""
    answer: int | None
    """Piece of the tool result."""


class CacheEvent(NamedTuple):
    """A call that found less in the cache than it should have."""

    call: int
    cause: str
    """expired, model, tools, version, system, history, effort, provider-miss, unknown, compaction, clear, rewind."""
    reported: bool
    """The provider itself gave the cause."""
    likely: bool
    """The gap was within a tenth of the lifetime."""
    lost: int
    """Tokens that should have been read and were not."""
    rewritten: int
    resent: int
    premium: int | None
    """Pico-dollars beyond what reading would have cost."""
    gap_ms: int | None
    lifetime_ms: int | None
    """Of the newest cache write before it."""
    detail: str = ""
    piece: int | None = None
    """The piece at the position where the cache ended."""


class Ratio(NamedTuple):
    """Bytes per token of one texture under one family of models, in thousandths."""

    family: str
    texture: str
    milli: int
    samples: int
    origin: Literal["measured", "family", "prior"]


@dataclass(slots=True)
class Anatomy:
    """See the module's text."""

    harness: str
    session: str
    calls: list[Call] = field(default_factory=list)
    """In the order of chains, and of time inside a chain."""
    chains: list[Chain] = field(default_factory=list)
    """The main one first."""
    segments: list[Segment] = field(default_factory=list)
    tiles: list[Tile] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    uses: list[ToolUse] = field(default_factory=list)
    """In the order of the log, chain by chain."""
    turns: list[int | None] = field(default_factory=list)
    """The piece (prompt) that began each user turn; None for what came before the first."""
    events: list[CacheEvent] = field(default_factory=list)
    ratios: list[Ratio] = field(default_factory=list)
    shortfall: int = 0
    """Pico-dollars of output that was likely put out and is not in the counters; never part of the bill."""
    skipped: list[Skipped] = field(default_factory=list)
    has_steps: bool = True
    """The transcript shows at least one request of this session."""

    @property
    def billed(self) -> list[Call]:
        """The calls that this session pays for."""
        return [call for call in self.calls if call.billed]

    @property
    def requests(self) -> int:
        """How many calls are on the bill: all samplings of a request are one."""
        return sum(call.billed and not call.sampling for call in self.calls)

    @property
    def priced(self) -> bool:
        """Whether any call has a price."""
        return any(call.prices is not None for call in self.calls if call.billed)

    @property
    def cost(self) -> int:
        """The bill in pico-dollars: the ledger's list price of all priced calls of the session."""
        return sum(call.cost or 0 for call in self.calls)
