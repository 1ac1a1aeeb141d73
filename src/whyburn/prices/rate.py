"""The final price of one class of calls, and the arithmetic of a bill.

A rate is what remains when every decision has been taken: provider, day, context tier, speed, service tier, place and
time of day are in its numbers already. Money is integer pico-dollars (10⁻¹² USD), so one million tokens at $1 cost
exactly 10⁶ x 10⁶ and no rounding ever happens after the snapshot was made.
"""

from __future__ import annotations

from dataclasses import dataclass

EXTRAPOLATED = "extrapolated"
"""The modifier of a rate that is used up to seven days before its first known day."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Prices per token in pico-dollars that hold for some calls of one model."""

    table: str
    """`user`, `actual` (the user's own billed prices) or `snapshot`."""
    provider: str
    """The price provider that matched, which may be another word than the log's."""
    model: str
    """The listed id that matched."""
    tier_min: int
    """The rate holds for prompts with `tier_min < prompt <= tier_max`; -1 for the base tier."""
    tier_max: int | None
    valid_from_ms: int | None
    valid_until_ms: int | None
    mods: str
    """What is in the numbers besides the list price, such as `speed=fast,geo=us,peak`; empty for nothing."""
    input: int
    output: int
    reasoning: int | None
    """None: billed as output."""
    cache_read: int | None
    """None: billed as input."""
    write_5m: int | None
    """None: billed as input."""
    write_1h: int | None
    """None: billed as a five-minute write."""
    search: int
    """Pico-dollars per web search request."""
    origin: str
    """The document or package version that the numbers come from."""
    match_step: str
    """How the id was found: `exact`, `alias`, `context`, `date`, `fold`, `shape` or several joined by `+`."""
    status: str
    """`priced`, or `free` where the provider itself calls the model free."""
    basis: str
    """`provider`, or `list` when a lab's list price stands in for a gateway without a row."""

    def cost(
        self,
        *,
        input: int,  # noqa: A002  the token class is called that everywhere
        output: int,
        reasoning: int,
        cache_read: int,
        write_5m: int,
        write_1h: int,
        write_other: int,
        searches: int,
    ) -> int:
        """What one call costs in pico-dollars; `reasoning` is a part of `output` and is billed once."""
        plain = self.input
        short = plain if self.write_5m is None else self.write_5m
        total = input * plain + output * self.output + (write_5m + write_other) * short
        if cache_read:
            total += cache_read * (plain if self.cache_read is None else self.cache_read)
        if write_1h:
            total += write_1h * (short if self.write_1h is None else self.write_1h)
        if reasoning and self.reasoning is not None:
            total += reasoning * (self.reasoning - self.output)
        if searches:
            total += searches * self.search
        return total
