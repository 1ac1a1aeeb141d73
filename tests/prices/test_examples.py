"""The worked examples of the price specification, to the pico-dollar."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from whyburn.prices.book import Book

EXAMPLES: list[tuple[str, str, str, str, dict[str, Any], str]] = [
    ("anthropic", "claude-opus-4-1-20250805", "2025-11-02", "500/1200/20000/3000/0", {}, "0.18375"),
    ("anthropic", "claude-sonnet-4-5-20250929", "2025-12-20", "10000/3000/200000/0/40000", {}, "0.7275"),
    ("anthropic", "claude-sonnet-4-6", "2026-04-02", "10000/3000/200000/0/40000", {}, "0.375"),
    ("anthropic", "claude-opus-4-5-20251101", "2026-01-08", "20/800/0/1000/50000", {}, "0.52635"),
    ("anthropic", "claude-opus-5", "2026-09-01", "600/1500/40000/2000/0", {"speed": "fast"}, "0.146"),
    ("anthropic", "claude-opus-4-8", "2026-07-07", "600/1500/40000/2000/0", {"geo": "us"}, "0.0803"),
    ("anthropic", "claude-opus-4-7", "2026-05-20", "700/300/0/0/0", {"searches": 2}, "0.031"),
    ("anthropic", "claude-haiku-5-5", "2026-11-01", "500/1000/100000/0/0", {}, "0.00775"),
    ("amazon-bedrock", "us.anthropic.claude-opus-4-6-v1:0", "2026-05-10", "1000/1000/10000/1000/0", {}, "0.045375"),
    ("openai", "gpt-5.2", "2026-01-20", "5000/700/45000/0/0", {}, "0.026425"),
    ("openai", "gpt-5.5", "2026-07-01", "40000/2000/260000/0/0", {}, "0.75"),
    ("openai", "gpt-5.6-luna", "2026-07-15", "1000/1000/10000/1000/0", {}, "0.00925"),
    ("openai", "gpt-5.6-luna", "2026-08-15", "1000/1000/10000/1000/0", {}, "0.00185"),
    ("google", "gemini-2.5-pro", "2026-07-03", "250000/1000/0/0/0", {}, "0.64"),
    ("zai", "glm-5", "2026-04-04", "3000/900/50000/0/0", {}, "0.01588"),
    ("deepseek", "deepseek-flash", "2026-10-21T03:00:00Z", "10000/1000/50000/0/0", {}, "0.0045"),
    ("deepseek", "deepseek-flash", "2026-10-24T03:00:00Z", "10000/1000/50000/0/0", {}, "0.00225"),
    ("github-copilot", "claude-opus-4.7", "2026-08-01", "1000/1000/10000/1000/0", {}, "0.04125"),
]


@pytest.mark.parametrize(("provider", "model", "when", "tokens", "mods", "usd"), EXAMPLES)
def test_example_is_exact(
    book: Book,
    bill: Callable[..., int | None],
    *,
    provider: str,
    model: str,
    when: str,
    tokens: str,
    mods: dict[str, Any],
    usd: str,
) -> None:
    """Every priced example of the specification costs what it says, without a pico-dollar of rounding."""
    cost = bill(book, provider, model, when, tokens, **mods)

    assert int(Decimal(usd) * 10**12) == cost


@pytest.mark.parametrize(("provider", "model"), [("anthropic", "claude-omega-7"), ("openai", "gpt-5.2-codex-plus")])
def test_unknown_names_are_unpriced(book: Book, bill: Callable[..., int | None], provider: str, model: str) -> None:
    """A name that nobody lists has no price, also when it begins like a known one."""
    assert bill(book, provider, model, "2026-08-01", "1/1/1/1/1") is None
    assert f"{provider} does not list it" == book.tariff(provider, model).reason
