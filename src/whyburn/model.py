"""The words of whyburn: what a harness yields and what the ledger stores.

A harness turns log bytes into the small immutable records below. The most important one is `Call`: one billed model
request, with disjoint token classes, the identity that all its copies share, and how good this copy is as evidence.

Two pure functions carry the promise of counting every call exactly once. `call_key` names a call, so that each of its
copies gets the same 16 bytes, and `better` picks one whole copy of two. `better` is a maximum over a total order:
commutative, associative, idempotent. That is why the ledger depends only on the set of bytes it has seen.

Tokens are counts, money is integer pico-dollars (10⁻¹² USD), instants are milliseconds since 1970 in UTC. Unknown is
None, never 0.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple
from zlib import crc32

INHERITED, TENTATIVE, SIDECHAIN, OWN = 1, 2, 3, 4
"""Evidence of a copy, weakest first.

`OWN` stands in the log of the session that made the call. `SIDECHAIN` stands in the log of a sub-agent or as a mirror
of one. `TENTATIVE` was read before all of its facts were known (a model named only later) and gives way to any
complete copy. `INHERITED` is a parent's history copied into a child: it proves that the parent paid, and never counts.
"""

FLAG_NAMES = {
    1: "output_undercounted",
    2: "cache_ttl_unknown",
    4: "model_assumed",
    8: "time_inferred",
    16: "clamped",
    32: "estimated",
    64: "cache_unknown",
    128: "reasoning_overlap_unknown",
    256: "model_mixed",
    512: "owner_inferred",
    1024: "possibly_undercounted",
    2048: "aux_missing",
    4096: "session_snapshot",
    8192: "tier_unknown",
}
"""What a total that contains the call should be read with; stored as the sum of the bits."""

FLAGS = {name: bit for bit, name in FLAG_NAMES.items()}
QUARTER_MS = 900_000
"""The finest sums and the finest states of rate limits: every time zone in use has its day bounds on one."""
MAX_TOKENS = 10**8
"""More than this in one class of one call is a broken record: 64-bit sums must stay exact."""


class Call(NamedTuple):
    """One copy of one billed model request, as one log record tells it."""

    key: bytes
    """16 bytes from `call_key`: equal for every copy of this call."""
    session: str
    """Native id of the session in whose log the record stands (or whose history it is)."""
    agent: str | None
    """Native id of the sub-agent that made the call; None for the session's own agent."""
    at_ms: int
    """End of the call where the harness records it, else the time of the record."""
    input: int | None
    """Prompt tokens neither read from nor written to a cache."""
    output: int | None
    """Everything generated, reasoning included."""
    reasoning: int | None
    """The part of `output` that was reasoning; None when the harness does not separate it."""
    cache_read: int | None
    write_5m: int | None
    write_1h: int | None
    write_other: int | None
    """Written with a lifetime that the log does not tell; priced as 5 minutes."""
    evidence: int
    pos: int
    """Where the record stands in its source: byte offset of the line, or row id."""
    model: str
    """Exactly as recorded; `unknown` when the log does not tell."""
    provider: str | None = None
    """Who was called, as recorded or as the harness implies; None when neither tells."""
    cwd: str | None = None
    effort: str | None = None
    speed: str | None = None
    tier: str | None = None
    geo: str | None = None
    purpose: str = "main"
    """main | subagent | compaction | auxiliary"""
    granularity: str = "call"
    """call, or delta: the difference of two observations of a cumulative counter."""
    flags: int = 0
    source_basis: str | None = None
    """billed | provider_reported | harness_estimate"""
    via: str | None = None
    """The bridge that recorded the call, where the harness is another one."""
    searches: int = 0
    """Server-side web searches, billed per use."""
    requests: int = 1
    """How many billed requests the record stands for: 0 for a part of another one, 1 for a call."""
    duration_ms: int | None = None
    source_pico: int | None = None
    """Cost that the log itself records, in pico-dollars."""
    parts: tuple[tuple[int, int, int, int, int], ...] | None = None
    """Sampling iterations (input, output, cache read, 5m write, 1h write) that sum to this call; each has its own
    price tier. None for a call with one iteration."""

    @property
    def counts(self) -> tuple[int | None, int | None, int | None, int | None, int | None, int | None, int | None]:
        """The token classes, from `input` to `write_other`."""
        return self[4:11]

    @property
    def prompt(self) -> int:
        """Tokens of the whole prompt: they choose the price tier."""
        return (
            (self.input or 0)
            + (self.cache_read or 0)
            + (self.write_5m or 0)
            + (self.write_1h or 0)
            + (self.write_other or 0)
        )


class SessionFact(NamedTuple):
    """Something a log tells about a session besides its calls. None says nothing."""

    session: str
    at_ms: int | None = None
    cwd: str | None = None
    branch: str | None = None
    title: str | None = None
    title_rank: int = 0
    """A title that the user gave (2) beats one that the harness made (1), however old."""
    parent: str | None = None
    root: str | None = None
    relation: str | None = None
    """fork | spawn"""


def latest(fact: SessionFact) -> tuple[int, str, str]:
    """Orders the descriptions of one session: the last one holds, whole."""
    return (fact.at_ms or 0, fact.cwd or "", fact.branch or "")


class AgentFact(NamedTuple):
    """The name (type) of a sub-agent of a session; an empty agent id means the session's own agent."""

    session: str
    agent: str
    name: str


class QuotaFact(NamedTuple):
    """One reported state of a rate-limit window: the last one of a quarter of an hour is kept."""

    limit: str
    window_min: int
    at_ms: int
    used_bp: int
    """Hundredths of a percent."""
    resets_ms: int | None


class Unknown(NamedTuple):
    """A record type, field or version that we do not know and that may hide usage."""

    kind: str
    field: str
    version: str
    pos: int


class Problem(NamedTuple):
    """A record that could not be read: skipped, counted, shown with its place."""

    pos: int
    reason: str


class Checkpoint(NamedTuple):
    """Everything before `position` has been yielded; `state` lets the parser go on from there."""

    position: int
    state: bytes = b""


Item = Call | SessionFact | AgentFact | QuotaFact | Unknown | Problem | Checkpoint

FACET = slice(Call._fields.index("model"), Call._fields.index("via") + 1)
"""The fields of a call that few calls differ in: what reports group and filter by."""

_NO_VARIANT = b"\0" * 6


def call_key(harness: str, group: str, variant: str | None = None) -> bytes:
    """The identity of a call: 10 bytes of its group, 6 of the variant inside the group (zeros for none).

    A group is what a provider's message id names; variants are its few request ids, which a checksum tells apart.
    `ledger.groups` decides which variants of a group are calls of their own.
    """
    head = blake2b(f"{harness}\0{group}".encode("utf-8", "surrogatepass"), digest_size=10).digest()
    if variant is None:
        return head + _NO_VARIANT
    name = variant.encode("utf-8", "surrogatepass")
    return head + crc32(name).to_bytes(4) + (len(name) % 65_535 + 1).to_bytes(2)


def rank(call: Call, parser: int) -> tuple[int, int, int, int, int]:
    """How good a copy is: newer parser, stronger evidence, more output, more tokens, earlier."""
    output = call.output or 0
    return (parser, call.evidence, output, call.prompt + output, -call.at_ms)


def content_hash(call: Call) -> bytes:
    """Settles which of two copies that rank equal is kept; whose log it stands in, and where, does not matter."""
    return blake2b(
        repr(call._replace(key=b"", pos=0, session="")).encode("utf-8", "surrogatepass"), digest_size=8
    ).digest()


def order(call: Call, parser: int) -> tuple[object, ...]:
    """Sorts copies of one call from worse to better; equal for copies whose content is equal."""
    return (*rank(call, parser), content_hash(call))


def better(one: Call, other: Call) -> Call:
    """The better of two copies of one call, whole; both are of the same parser version."""
    a, b = rank(one, 0), rank(other, 0)
    if a != b:
        return one if a > b else other
    a_hash, b_hash = content_hash(one), content_hash(other)
    if a_hash != b_hash:
        return one if a_hash > b_hash else other
    return one if (one.pos, one.session) <= (other.pos, other.session) else other
