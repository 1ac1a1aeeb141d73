"""Promises about every row of the shipped snapshot, and about how it is made and loaded."""

from __future__ import annotations

import hashlib
import importlib.util
import subprocess
import sys
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from whyburn.prices import snapshot
from whyburn.prices.fingerprint import DATA, snapshot_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from whyburn.prices.table import Listed, Period

ROOT = Path(__file__).parents[2]
NAMED = ("anthropic", "openai", "google", "xai", "deepseek", "zai", "zhipuai", "moonshotai", "mistral", "alibaba")
GATEWAYS = (
    "amazon-bedrock",
    "google-vertex",
    "google-vertex-anthropic",
    "azure",
    "openrouter",
    "github-copilot",
    "opencode",
)


def everything() -> Iterator[Listed]:
    for name in snapshot.providers():
        table = snapshot.provider_table(name)
        assert table is not None
        yield from (table.listed(model) for model in table)


def histories() -> Iterator[tuple[str, tuple[Period, ...]]]:
    for listed in everything():
        for mode, periods in listed.periods.items():
            yield f"{listed.provider}/{listed.model}/{mode}", periods


def test_the_providers_people_use_are_there() -> None:
    """Labs, clouds and gateways each have a table of their own."""
    assert set(NAMED) | set(GATEWAYS) <= set(snapshot.providers())


def test_rows_of_one_key_follow_each_other() -> None:
    """No two rows hold at one instant, none is empty, only the first may be open to the past and the last to come."""
    for key, periods in histories():
        assert periods, key
        for earlier, later in pairwise(periods):
            assert earlier.until_ms is not None, key
            assert later.from_ms is not None, key
            assert earlier.until_ms <= later.from_ms, key
        for period in periods:
            assert period.from_ms is None or period.until_ms is None or period.from_ms < period.until_ms, key


def test_every_row_says_where_it_comes_from() -> None:
    """A row has a source, and one without a first day calls itself observed."""
    for key, periods in histories():
        for period in periods:
            assert period.source, key
            assert period.from_ms is not None or period.basis == "observed", key


def test_tiers_cover_every_prompt_once() -> None:
    """The tiers of a row join without gap or overlap."""
    for key, periods in histories():
        for period in periods:
            assert period.tiers[0].above == -1, key
            assert period.tiers[-1].up_to is None, key
            for lower, upper in pairwise(period.tiers):
                assert lower.up_to == upper.above, key


def test_a_dearer_tier_is_never_cheaper() -> None:
    """Above a threshold no class costs less than below it."""
    for key, periods in histories():
        for period in periods:
            for lower, upper in pairwise(period.tiers):
                pairs = zip(lower.prices, upper.prices, strict=True)
                assert all(one is None or two is None or one <= two for one, two in pairs), key


def test_free_is_said_and_zero_is_not_assumed() -> None:
    """Only rows marked free cost nothing, and every row marked free costs nothing."""
    for key, periods in histories():
        for period in periods:
            assert period.free == (not any(any(tier.prices) for tier in period.tiers)), key


def test_the_fingerprint_is_the_hash_of_the_files() -> None:
    """Nobody edits the data by hand: its name is its content."""
    files = sorted(path for path in Path(DATA).iterdir() if path.suffix == ".json")
    whole = hashlib.sha256("".join(path.read_text(encoding="utf-8") for path in files).encode()).hexdigest()

    assert snapshot_id().endswith(whole[:12])


def test_every_decision_gives_its_reason() -> None:
    """Corrections, rules, mirrors, uplifts and free models say why and on whose word."""
    held = ROOT / "scripts" / "prices"
    policy = tomllib.loads((held / "policy.toml").read_text())
    corrections = tomllib.loads((held / "corrections.toml").read_text())["correction"]
    sourced = [*corrections, *policy["uplift"], *policy["mirror"], *policy["threshold"], *policy["free"]]

    assert all(entry["reason"] and entry["source"] for entry in sourced)
    assert all(rule["id"] and rule["reason"] for rule in policy["rule"])


@pytest.fixture
def unfounded(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[dict[str, str]], str]]:
    """The generator's judgement of what an entry claims to have seen."""
    beside = {name for name in sys.modules if name == "prices" or name.startswith("prices.")}
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    yield importlib.import_module("prices.fixes").unfounded
    for name in [name for name in sys.modules if name.startswith("prices") and name not in beside]:
        del sys.modules[name]


def test_every_correction_says_where_it_was_seen(unfounded: Callable[[dict[str, str]], str]) -> None:
    """No entry and no table claims more than was read, and what was read has a day."""
    held = ROOT / "scripts" / "prices"
    corrections = tomllib.loads((held / "corrections.toml").read_text())["correction"]
    tables = tomllib.loads((held / "tables.toml").read_text())["table"]

    assert [unfounded(entry) for entry in (*corrections, *tables)] == [""] * (len(corrections) + len(tables))


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"seen": "page", "source": "https://a.example"}, "needs a day of checking"),
        ({"seen": "secondary", "source": "https://a.example"}, "needs a day of checking"),
        ({"seen": "packages", "source": "p 1.0", "checked_on": "2026-11-21"}, "checked against no document"),
        ({"seen": "notes", "source": "https://a.example"}, "has the source \"the project's price notes"),
        ({"seen": "unseen", "source": "https://a.example"}, "has the source 'not confirmed by a document'"),
        ({"seen": "packages", "source": "not confirmed by a document"}, "names no document"),
        ({"seen": "unseen", "source": "not confirmed by a document", "basis": "documented"}, "may not call its dates"),
        ({"seen": "packages", "source": "p 1.0", "basis": "documented"}, "may not call its dates"),
        ({"seen": "memory", "source": "p 1.0"}, "which is none of"),
        ({"seen": "notes", "source": "the project's price notes, November 2026", "basis": "documented"}, ""),
        ({"seen": "page", "source": "https://a.example", "checked_on": "2026-11-21", "basis": "observed"}, ""),
    ],
)
def test_a_claim_beyond_what_was_seen_stops_the_build(
    unfounded: Callable[[dict[str, str]], str], given: dict[str, str], wrong: str
) -> None:
    """A page documents a date, or notes that give it; a day of checking needs a document that was checked."""
    answer = unfounded(given)

    assert wrong in answer
    assert bool(wrong) == bool(answer)


def test_a_documented_date_is_never_another_document_s_word() -> None:
    """Rows whose first day is from a second document, a package or nobody do not call it documented."""
    corrections = tomllib.loads((ROOT / "scripts" / "prices" / "corrections.toml").read_text())["correction"]
    weak = {entry["source"] for entry in corrections if entry["seen"] != "page"}
    named = [
        (key, period.basis)
        for key, periods in histories()
        for period in periods
        if any(period.source == source or period.source.endswith(f"; first day: {source}") for source in weak)
    ]

    assert named
    assert not [key for key, basis in named if basis == "documented"]


@pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in ("genai_prices", "model_prices")),
    reason="the generator's inputs are not installed (extra `prices`)",
)
def test_the_generator_gives_the_shipped_bytes() -> None:
    """The same packages, corrections and policy make the same snapshot, with every difference settled."""
    made = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "build_prices.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert made.returncode == 0, made.stdout[-300:] + made.stderr
    assert made.stdout.endswith("unchanged\n")


def test_only_what_is_needed_is_loaded() -> None:
    """The fingerprint reads one line; a price reads one provider; neither needs a parser, a store or the network."""
    code = (
        "import sys; from whyburn.prices.fingerprint import book_fingerprint; book_fingerprint(); "
        "assert 'json' not in sys.modules and 'whyburn.prices.snapshot' not in sys.modules; "
        "from whyburn.prices.book import Book; from whyburn.prices import snapshot; "
        "Book.load().tariff('anthropic', 'claude-opus-5').rate_at(1788000000000, 1); "
        "assert snapshot.provider_table.cache_info().currsize == 1; "
        "heavy = {'msgspec', 'click', 'sqlite3', 'socket', 'difflib', 'hashlib', 'decimal'} & set(sys.modules); "
        "assert not heavy, heavy"
    )

    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": "src"},
        cwd=ROOT,
    )

    assert done.stderr == ""
