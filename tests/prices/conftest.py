"""What the price tests share: a book, a clock, a till, and a builder for rows of the user's own tables."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from whyburn.prices.book import Book
from whyburn.settings.price_rows import PriceRow

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="session")
def book() -> Book:
    """The snapshot without any rows of the user's."""
    return Book.load()


@pytest.fixture(scope="session")
def at() -> Callable[[str], int]:
    """A day (noon UTC) or an instant as UTC milliseconds."""

    def milliseconds(text: str) -> int:
        moment = datetime.fromisoformat(text if "T" in text else f"{text}T12:00:00")
        return int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()) * 1000

    return milliseconds


@pytest.fixture(scope="session")
def bill(at: Callable[[str], int]) -> Callable[..., int | None]:
    """The cost in pico-dollars of one call, tokens given as input/output/cache read/5-minute write/1-hour write."""

    def cost(book: Book, provider: str | None, model: str, when: str, tokens: str, **mods: Any) -> int | None:
        fresh, output, read, short, hour = (int(count) for count in tokens.split("/"))
        searches = mods.pop("searches", 0)
        rate = book.tariff(provider, model, **mods).rate_at(at(when), fresh + read + short + hour)
        if rate is None:
            return None
        return rate.cost(
            input=fresh,
            output=output,
            reasoning=0,
            cache_read=read,
            write_5m=short,
            write_1h=hour,
            write_other=0,
            searches=searches,
        )

    return cost


@pytest.fixture(scope="session")
def a_row() -> Callable[..., PriceRow]:
    """A row as `prices.toml` gives it; amounts may be written as strings."""

    def build(**given: Any) -> PriceRow:
        fields: dict[str, Any] = dict.fromkeys(PriceRow.__dataclass_fields__)
        fields |= {
            "table": "virtual",
            "provider": "acme",
            "model": "m1",
            "aliases": (),
            "file": "prices.toml",
        }
        fields |= {"input_usd": Decimal(1), "output_usd": Decimal(2)}
        fields |= {key: Decimal(value) if "usd" in key and value is not None else value for key, value in given.items()}
        return PriceRow(**fields)

    return build
