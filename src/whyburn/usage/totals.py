"""Sums over calls: disjoint token classes, costs in pico-dollars, and what could not be priced."""

from __future__ import annotations

from typing import Any, NamedTuple

PICO = 10**12


class Totals(NamedTuple):
    """Sums over some calls. A cost is None when not one of the calls has it."""

    calls: int = 0
    unknown: int = 0
    """Calls of which the log does not tell the tokens."""
    input: int = 0
    output: int = 0
    reasoning: int = 0
    cache_read: int = 0
    write_5m: int = 0
    write_1h: int = 0
    write_other: int = 0
    searches: int = 0
    source_pico: int | None = None
    actual_pico: int | None = None
    virtual_pico: int | None = None
    unpriced_calls: int = 0
    unpriced_tokens: int = 0
    first_ms: int | None = None
    last_ms: int | None = None

    @property
    def cache_write(self) -> int:
        """Tokens written to a cache, all lifetimes."""
        return self.write_5m + self.write_1h + self.write_other

    @property
    def prompt(self) -> int:
        """Tokens of all prompts: new, read from a cache, written to one."""
        return self.input + self.cache_read + self.cache_write

    @property
    def tokens(self) -> int:
        """Every token once."""
        return self.prompt + self.output

    @property
    def savings_pico(self) -> int | None:
        """List price less what was really paid."""
        if self.virtual_pico is None or self.actual_pico is None:
            return None
        return self.virtual_pico - self.actual_pico

    def __add__(self, other: object) -> Totals:
        """The totals of both; not the concatenation of tuples."""
        if not isinstance(other, Totals):
            return NotImplemented
        both = [_sum(a, b) for a, b in zip(self[:-2], other[:-2], strict=True)]
        firsts = [at for at in (self.first_ms, other.first_ms) if at is not None]
        lasts = [at for at in (self.last_ms, other.last_ms) if at is not None]
        return Totals._make([*both, min(firsts, default=None), max(lasts, default=None)])

    def as_dict(self) -> dict[str, Any]:
        """The JSON form: token counts, costs as decimal strings for people and integers for machines."""
        if not self.calls and not self.tokens:
            return {**_tokens(self), **_costs(self._replace(actual_pico=0, virtual_pico=0))}
        return {**_tokens(self), **_costs(self)}


def usd(pico: int | None) -> str | None:
    """Pico-dollars as an exact decimal string with at least two places; None stays None."""
    if pico is None:
        return None
    whole, part = divmod(abs(pico), PICO)
    digits = f"{part:012d}".rstrip("0").ljust(2, "0")
    return f"{'-' if pico < 0 else ''}{whole}.{digits}"


def _tokens(sums: Totals) -> dict[str, Any]:
    return {
        "calls": sums.calls, "unknown_calls": sums.unknown, "input": sums.input, "output": sums.output,
        "reasoning": sums.reasoning, "cache_read": sums.cache_read, "cache_write": sums.cache_write,
        "cache_write_5m": sums.write_5m, "cache_write_1h": sums.write_1h, "cache_write_other": sums.write_other,
        "cache_output": 0, "prompt_total": sums.prompt, "output_total": sums.output, "accounting_total": sums.tokens,
        "total": sums.input + sums.output, "web_searches": sums.searches,
    }  # fmt: skip


def _costs(sums: Totals) -> dict[str, Any]:
    costs = {
        "source_cost": sums.source_pico, "actual_cost": sums.actual_pico, "virtual_cost": sums.virtual_pico,
        "savings": sums.savings_pico,
    }  # fmt: skip
    found: dict[str, Any] = {f"{name}_usd": usd(pico) for name, pico in costs.items()}
    found.update({f"{name}_pico_usd": pico for name, pico in costs.items()})
    return {**found, "unpriced_calls": sums.unpriced_calls, "unpriced_tokens": sums.unpriced_tokens}


def _sum(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else one + other
