"""Amounts as data and in sentences. Views have their own words for them."""

from __future__ import annotations

from typing import Any

from whyburn.usage.totals import usd

_PICO = 10**12


def money(pico: int | None, name: str = "cost") -> dict[str, Any]:
    """An amount as JSON has it, for people and for machines: `cost_usd` and `cost_pico_usd`."""
    return {f"{name}_usd": usd(pico), f"{name}_pico_usd": pico}


def dollars(pico: int) -> str:
    """An amount in a sentence: to the cent, below a cent to the hundredth of it."""
    places = 4 if 0 < pico < _PICO // 100 else 2
    unit = _PICO // 10**places
    whole, part = divmod((pico + unit // 2) // unit, 10**places)
    return f"${whole:,}.{part:0{places}}"
