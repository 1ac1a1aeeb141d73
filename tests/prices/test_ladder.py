"""The ladder from a raw id to a listed one: what may be taken off, and that nothing else ever is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whyburn.prices import snapshot
from whyburn.prices.ids import Names, fold, variants

NAMES = Names(
    dict.fromkeys(["claude-sonnet-4-5", "gpt-5", "gpt-5-mini", "gpt-5.1", "gpt-5-2025-01-01"]),
    {"sonnet-latest": "claude-sonnet-4-5"},
)


@pytest.mark.parametrize(
    ("raw", "model", "step", "removed"),
    [
        ("gpt-5", "gpt-5", "exact", ()),
        ("GPT-5", "gpt-5", "exact", ()),
        ("sonnet-latest", "claude-sonnet-4-5", "alias", ()),
        ("claude-sonnet-4-5[1m]", "claude-sonnet-4-5", "context", ("[1m]",)),
        ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5", "date", ("-20250929",)),
        ("claude-sonnet-4-5@default", "claude-sonnet-4-5", "date", ("@default",)),
        ("claude_sonnet_4.5", "claude-sonnet-4-5", "fold", ()),
        ("claude-sonnet-4.5-20250929[200k]", "claude-sonnet-4-5", "context+date+fold", ("-20250929", "[200k]")),
        ("gpt-5-2025-01-01", "gpt-5-2025-01-01", "exact", ()),
        ("gpt-5-1", "gpt-5.1", "fold", ()),
    ],
)
def test_each_step_is_recorded(raw: str, model: str, step: str, removed: tuple[str, ...]) -> None:
    """The first rung that holds exactly one id wins, and says what was taken off to reach it."""
    found = NAMES.find(raw)

    assert found is not None
    assert (model, step, removed) == (found.model, found.step, found.removed)


@pytest.mark.parametrize(
    "raw",
    [
        "gpt-5-max", "gpt-5-high", "gpt-5-turbo", "gpt", "gpt-", "gpt-55", "gpt-5-20259999", "gpt-5-20250101-x",
        "openai/gpt-5", "claude-sonnet", "claude-sonnet-4", "claude-sonnet-4-5-20250929-20250930", "",
    ],
)  # fmt: skip
def test_nothing_else_is_removed(raw: str) -> None:
    """A longer, shorter, prefixed or twice dated name is another name."""
    assert NAMES.find(raw) is None


def test_an_ambiguous_fold_leads_nowhere() -> None:
    """Two ids that fold to one name are not chosen between."""
    names = Names(dict.fromkeys(["m-1.5", "m-1-5"]), {})

    assert names.find("m_1_5") is None
    assert names.find("m-1.5") is not None


@pytest.mark.parametrize("provider", snapshot.providers())
@pytest.mark.parametrize("suffix", ["-x", "x", "0", "-2", "-turbo"])
def test_a_longer_name_never_takes_the_price_of_a_shorter_one(provider: str, suffix: str) -> None:
    """For every listed id, appending something gives no model or another one that is listed in that very spelling."""
    table = snapshot.provider_table(provider)
    assert table is not None

    for model in table:
        found = table.names.find(model + suffix, shapes=table.shapes)

        assert found is None or (found.model != model and not found.removed), model


@pytest.mark.parametrize("provider", snapshot.providers())
def test_every_listed_name_finds_itself(provider: str) -> None:
    """Exact ids and aliases lead to their own model on the first two rungs."""
    table = snapshot.provider_table(provider)
    assert table is not None

    for model in table:
        found = table.names.find(model)
        assert found is not None
        assert (model, "exact") == (found.model, found.step)
        for alias in table.listed(model).aliases:
            found = table.names.find(alias)
            assert found is not None, alias
            assert (model, "alias") == (found.model, found.step)


@pytest.mark.parametrize(
    ("raw", "model"),
    [
        ("eu.anthropic.claude-opus-4-6-v1:0", "regional.anthropic.claude-opus-4-6"),
        ("global.anthropic.claude-opus-4-6-v1:0", "global.anthropic.claude-opus-4-6"),
        ("anthropic.claude-opus-4-6-v1:0", "regional.anthropic.claude-opus-4-6"),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "regional.anthropic.claude-sonnet-4-5-20250929"),
        ("eu.amazon.nova-lite-v1:0", "eu.amazon.nova-lite"),
        ("amazon.nova-lite-v1:0", "amazon.nova-lite"),
    ],
)
def test_bedrock_ids_are_taken_apart(raw: str, model: str) -> None:
    """Region and version of a Bedrock id are shape; a region with a price of its own keeps it."""
    table = snapshot.provider_table("amazon-bedrock")
    assert table is not None

    found = table.names.find(raw, shapes=True)

    assert found is not None
    assert (model, "shape") == (found.model, found.step)


@given(st.text(max_size=40))
def test_any_text_can_be_asked(raw: str) -> None:
    """Hostile ids are answered, never raised on, and folding is idempotent."""
    assert fold(fold(raw)) == fold(raw)
    assert next(iter(variants(raw)))[0] == raw.strip()
    NAMES.find(raw, shapes=True)
