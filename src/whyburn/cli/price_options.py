"""Options for prices and budgets that several commands share."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import click

from whyburn.errors import SelectionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from whyburn.prices.overrides import PriceConfig

    Command = Callable[..., Any]

ALL_PRICES = ("input", "cached_input", "cache_read", "cache_write", "output")
CODEX_PRICES = ("input", "cached_input", "output")
CLAUDE_PRICES = ("input", "cache_write", "cache_read", "output")
_WORDS = {
    "input": "new input", "cached_input": "cached input", "cache_read": "input read from a cache",
    "cache_write": "input written to a cache", "output": "output",
}  # fmt: skip
_PICO = 10**12
_MOST_USD = 10**6


class Dollars(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4 only
    """An amount in US dollars, as pico-dollars; one that is no amount is bad syntax, one out of range a wrong value."""

    name = "usd"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Pico-dollars."""
        if isinstance(value, int):
            return value
        try:
            found = Decimal(str(value).strip().removeprefix("$"))
        except InvalidOperation:
            self.fail(f"{value!r} is no amount of dollars", param, ctx)
        if not found.is_finite() or not 0 <= found <= _MOST_USD:
            option = param.opts[0] if param is not None and param.opts else "value"
            raise SelectionError(f"{option} {value} is not between 0 and {_MOST_USD:,} dollars")
        return int(found * _PICO)


def price_options(names: Sequence[str] = ALL_PRICES) -> Callable[[Command], Command]:
    """The options `--price-config` and `--…-price-per-mtok` of a command."""

    def add(command: Command) -> Command:
        for name in reversed(names):
            flag = f"--{name.replace('_', '-')}-price-per-mtok"
            text = f"US dollars per million tokens of {_WORDS[name]}."
            command = click.option(flag, metavar="USD", help=text)(command)
        text = "Prices in a JSON file; the price options win over it, it wins over the price book."
        return click.option("--price-config", metavar="FILE", help=text)(command)

    return add


def prices_of(given: Mapping[str, Any]) -> PriceConfig | None:
    """The prices that were given on the command line and in the file it names; None when there are none."""
    from whyburn.prices.overrides import PriceConfig, load_price_config  # noqa: PLC0415  rare

    file = given.get("price_config")
    over = load_price_config(file) if file is not None else None
    flags = {name: value for name, value in given.items() if name.endswith("_price_per_mtok")}
    return PriceConfig.from_flags(flags, over=over)
