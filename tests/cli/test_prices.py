"""`whyburn prices`: lists with the same filters everywhere, one price explained, a foreign table imported."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from whyburn.cli.app import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Ask = Callable[..., tuple[int, str, str]]
    Rows = Callable[..., list[dict[str, Any]]]

OWN = """
[[pricing.virtual]]
provider = "anthropic"
model = "claude-atlas-5"
aliases = ["claude-atlas-latest"]
input_usd_per_1m = 5
output_usd_per_1m = 25
category = "coding"
release_status = "preview"
[[pricing.virtual]]
provider = "anthropic"
model = "claude-mini-5"
input_usd_per_1m = 0.5
output_usd_per_1m = 2.5
cached_input_usd_per_1m = 0.05
cache_write_usd_per_1m = 0.625
[[pricing.actual]]
provider = "anthropic"
model = "claude-mini-5"
input_usd_per_1m = 0.25
output_usd_per_1m = 1
"""
LITELLM = {
    "sample_spec": {"litellm_provider": "one of the providers"},
    "gpt-lite": {
        "litellm_provider": "openai", "input_cost_per_token": 2e-06, "output_cost_per_token": 8e-06,
        "input_cost_per_token_above_200k_tokens": 4e-06, "output_cost_per_token_above_200k_tokens": 1.2e-05,
    },
    "dall-e": {"litellm_provider": "openai", "input_cost_per_image": 0.02},
    "absurd": {"litellm_provider": "openai", "input_cost_per_token": 5, "output_cost_per_token": 5},
    "a\x07b": {"litellm_provider": "openai", "input_cost_per_token": 1e-6, "output_cost_per_token": 1e-6},
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings folder of a home with two priced models and one that nobody lists."""
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "CLAUDE_CONFIG_DIR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "220")
    settings = tmp_path / ".config/whyburn"
    settings.mkdir(parents=True)
    (settings / "prices.toml").write_text(OWN)
    logs = tmp_path / ".claude/projects/p"
    logs.mkdir(parents=True)
    models = ("claude-atlas-5", "claude-atlas-5", "claude-mini-5", "claude-omega-7")
    (logs / "aaaa.jsonl").write_text("".join(line(nth, model) for nth, model in enumerate(models)))
    return settings


def line(nth: int, model: str) -> str:
    """One call of 1,000 prompt and 100 output tokens."""
    usage = {"input_tokens": 1_000, "output_tokens": 100}
    message = {"id": f"msg_{nth}", "role": "assistant", "model": model, "usage": usage, "stop_reason": "end_turn"}
    stamp = f"2026-11-20T10:00:0{nth}.000Z"
    record = {"type": "assistant", "sessionId": "aaaa", "requestId": f"r{nth}", "timestamp": stamp, "message": message}
    return json.dumps(record) + "\n"


@pytest.fixture
def ask(folder: Path, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Run `whyburn prices`; exit code, stdout, stderr."""

    def asked(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(["prices", *arguments])
        return code, *capsys.readouterr()

    return asked


@pytest.fixture
def rows(ask: Ask) -> Rows:
    """The rows of `prices list --json`."""
    return lambda *arguments: json.loads(ask("list", "--json", *arguments)[1])["prices"]


class TestList:
    def test_own_rows_come_first(self, rows: Rows) -> None:
        """Without a sort order the user's rows stand before the built-in table."""
        tables = [row["table"] for row in rows()]

        assert sorted(tables[:3]) == ["actual", "virtual", "virtual"]
        assert {"snapshot"} == set(tables[3:])

    def test_says_how_many_there_are_and_how_to_get_fewer(self, ask: Ask) -> None:
        """All rows are printed, the last line counts them."""
        out = ask("list")[1].splitlines()

        assert len(out) > 1_000
        assert f"{len(out) - 3:,} rows, US dollars per million tokens" in out[-1]
        assert "--provider" in out[-1]

    def test_a_missing_amount_says_what_is_billed_instead(self, ask: Ask) -> None:
        """No cache-write price prints =input, no reasoning price =output; JSON has both, raw and effective."""
        text = ask("list", "--model", "claude-atlas-5")[1]
        row = json.loads(ask("list", "--model", "claude-atlas-5", "--json")[1])["prices"][0]

        assert "=input" in text
        assert "=output" in text
        assert (
            row["cache_write"], row["effective_cache_write"], row["reasoning"], row["effective_reasoning"]
        ) == (None, "5", None, "25")  # fmt: skip

    @pytest.mark.parametrize(
        "option",
        [
            ("--table", "virtual"), ("--model", "claude-atlas-latest"), ("--query", "ATLAS"), ("--category", "coding"),
            ("--release-status", "preview"), ("--provider", "Anthropic", "--table", "virtual"),
        ],
    )  # fmt: skip
    def test_each_filter_finds_the_row(self, rows: Rows, option: tuple[str, ...]) -> None:
        """Table, alias, any text, category, release status, a provider in any letters."""
        assert "claude-atlas-5" in {row["model"] for row in rows(*option)}

    @pytest.mark.parametrize("list_of", [(), ("--used-only", "--refresh")])
    @pytest.mark.parametrize(
        ("option", "models"),
        [
            (("--model", "claude-mini-5", "--table", "virtual"), {"claude-mini-5"}),
            (("--query", "mini", "--table", "virtual"), {"claude-mini-5"}),
            (("--category", "coding"), {"claude-atlas-5"}),
            (("--provider", "openai", "--table", "virtual"), set()),
        ],
    )
    def test_filters_act_alike_on_tables_and_on_usage(
        self, rows: Rows, list_of: tuple[str, ...], option: tuple[str, ...], models: set[str]
    ) -> None:
        """The same option selects the same models in both lists."""
        assert models == {row["model"] for row in rows(*list_of, *option)}

    def test_sorts_by_amount(self, rows: Rows) -> None:
        """--sort compares numbers, not texts."""
        amounts = [float(row["output"]) for row in rows("--sort", "output", "--provider", "anthropic")]

        assert sorted(amounts) == amounts
        assert amounts[0] < amounts[-1]

    def test_limit_keeps_the_count(self, ask: Ask) -> None:
        """--limit shows fewer rows and still says how many there are."""
        found = json.loads(ask("list", "--json", "--table", "virtual", "--limit", "1")[1])

        assert (len(found["prices"]), found["of"]) == (1, 2)

    def test_aliases_are_a_column(self, ask: Ask) -> None:
        """--aliases adds the other names."""
        assert "claude-atlas-latest" not in ask("list", "--table", "virtual")[1]
        assert "claude-atlas-latest" in ask("list", "--table", "virtual", "--aliases")[1]

    def test_nothing_found_is_no_error(self, ask: Ask) -> None:
        """An empty list is valid JSON, and a sentence for people."""
        assert json.loads(ask("list", "--model", "nope", "--json")[1])["prices"] == []
        assert ask("list", "--model", "nope")[:2] == (
            0,
            "no price row fits --model nope: whyburn prices list shows all\n",
        )


class TestUsed:
    def test_a_row_for_each_model_with_its_price(self, rows: Rows) -> None:
        """Calls, tokens, the row that was applied, how it was found, and where it stands; a model without one too."""
        found = {row["model"]: row for row in rows("--used-only", "--refresh")}

        atlas = found["claude-atlas-5"]
        assert {"claude-atlas-5", "claude-mini-5", "claude-omega-7"} == set(found)
        assert (atlas["calls"], atlas["tokens"], atlas["cost_usd"]) == (2, 2_200, "0.015")
        assert (atlas["table"], atlas["matched_id"], atlas["match_step"]) == ("virtual", "claude-atlas-5", "exact")
        assert (atlas["input"], atlas["cache_write"], atlas["effective_cache_write"]) == ("5", None, "5")
        assert atlas["source"].endswith("prices.toml")
        assert tuple(found["claude-omega-7"][name] for name in ("status", "input", "cost_usd")) == (
            "unpriced",
            None,
            None,
        )

    def test_a_row_in_other_letters_keeps_its_words(self, rows: Rows, folder: Path) -> None:
        """A model that two files spell in two ways is one model, and the row that applies tells its own category."""
        (folder / "prices").mkdir()
        (folder / "prices/more.toml").write_text(
            '[[pricing.virtual]]\nprovider = "Anthropic"\nmodel = "Claude-Atlas-5"\ninput_usd_per_1m = 1\n'
            'output_usd_per_1m = 1\ncontext_min_tokens = 0\ncontext_max_tokens = 9000\ncategory = "small"\n'
        )

        atlas = next(row for row in rows("--used-only", "--refresh") if row["model"] == "claude-atlas-5")

        assert (atlas["input"], atlas["category"], atlas["source"][-9:]) == ("1", "small", "more.toml")

    def test_all_rows_have_the_same_keys(self, rows: Rows) -> None:
        """Also those without a price."""
        assert len({tuple(sorted(row)) for row in rows("--used-only", "--refresh")}) == 1

    def test_missing_only(self, ask: Ask, rows: Rows) -> None:
        """Models in use that no table lists, with their tokens and the command that explains them."""
        found = rows("--missing-only", "--refresh")
        text = ask("list", "--missing-only")[1]

        assert [(row["model"], row["calls"], row["tokens"]) for row in found] == [("claude-omega-7", 1, 1_100)]
        assert "prices explain claude-omega-7 --provider anthropic" in text

    def test_paid_prices_are_a_table_of_their_own(self, rows: Rows, folder: Path) -> None:
        """Where a rule says that what is paid follows from [[pricing.actual]], its rows and gaps are listed."""
        (folder / "config.toml").write_text('[[actual_cost]]\nharness = "claude"\nmode = "pricing"\n')

        used = {row["model"]: row for row in rows("--used-only", "--table", "actual", "--refresh")}
        missing = rows("--missing-only", "--table", "actual")

        assert (used["claude-mini-5"]["input"], used["claude-mini-5"]["cost_usd"]) == ("0.25", "0.00035")
        assert {"claude-atlas-5", "claude-omega-7"} == {row["model"] for row in missing}

    def test_refresh_is_obeyed(self, rows: Rows) -> None:
        """--no-refresh reads what is stored, --refresh reads the logs first."""
        assert rows("--used-only", "--no-refresh") == []
        assert len(rows("--used-only", "--refresh")) == 3

    def test_text_without_usage(self, ask: Ask) -> None:
        """An empty ledger says what to do."""
        assert "whyburn refresh" in ask("list", "--used-only", "--no-refresh")[1]


class TestExplain:
    def test_json_has_the_agreed_fields(self, ask: Ask) -> None:
        """A tiered model before its tier ended: the numbers of the tier, the step, what was removed."""
        arguments = (
            "claude-sonnet-4-5-20250929",
            "--provider",
            "anthropic",
            "--at",
            "2025-12-20",
            "--prompt-tokens",
            "250000",
        )
        found = json.loads(ask("explain", *arguments, "--json")[1])

        assert found["kind"] == "price_explanation"
        assert tuple(
            found[name] for name in ("at", "status", "match_step", "removed", "threshold", "tier_applied")
        ) == ("2025-12-20T00:00:00Z", "priced", "date", ["-20250929"], 200_000, True)
        assert (found["rate"]) == {
            "input": "6",
            "output": "22.5",
            "cache_read": "0.6",
            "cache_write_5m": "7.5",
            "cache_write_1h": "12",
        }
        assert found["fees"] == {"web_search_per_1000": "10"}
        assert "tiers" not in found

    def test_without_a_prompt_size_all_tiers_are_given(self, ask: Ask) -> None:
        """People and programs see what a larger prompt would cost."""
        arguments = ("claude-sonnet-4-5", "--provider", "anthropic", "--at", "2025-12-20")

        assert 200_000 in [one["above"] for one in json.loads(ask("explain", *arguments, "--json")[1])["tiers"]]
        assert "above 200,000: input $6" in ask("explain", *arguments)[1]

    def test_six_lines_for_people(self, ask: Ask) -> None:
        """What was asked, found, its prices, tiers, dates with the next row, and its source."""
        out = ask("explain", "claude-sonnet-4-5", "--provider", "anthropic", "--at", "2025-12-20")[1].splitlines()

        assert len(out) == 6
        assert [one.split()[0] for one in out[1:]] == ["priced", "rate", "tier", "valid", "source"]
        assert "after: 2026-" in out[4]

    def test_unpriced_is_an_answer(self, ask: Ask) -> None:
        """Exit 0, no rate, a reason, near names without prices."""
        code, out, _ = ask("explain", "claude-omega-7", "--provider", "anthropic", "--json")

        found = json.loads(out)
        assert (code, found["rate"], found["matched_id"]) == (0, None, None)
        assert found["reason"]
        assert 3 >= len(found["near"]) > 0

    def test_own_rows_answer_first(self, ask: Ask) -> None:
        """A row of prices.toml is used and named."""
        out = ask("explain", "claude-atlas-5")[1]

        assert "input $5" in out
        assert "prices.toml · your own row" in out

    @pytest.mark.parametrize("option", [("--speed", "fast"), ("--service-tier", "batch"), ("--geo", "us")])
    def test_modifiers_change_the_answer(self, ask: Ask, option: tuple[str, str]) -> None:
        """Speed, service tier and place are in the numbers."""
        model = ("explain", "claude-opus-4-6", "--provider", "anthropic", "--at", "2026-06-01", "--json")

        assert json.loads(ask(*model)[1])["rate"] != json.loads(ask(*model, *option)[1])["rate"]


class TestImport:
    @pytest.fixture
    def file(self, tmp_path: Path) -> str:
        """A saved LiteLLM price file."""
        (tmp_path / "lite.json").write_text(json.dumps(LITELLM))
        return str(tmp_path / "lite.json")

    def test_writes_rows_that_count_from_then_on(self, ask: Ask, folder: Path, file: str) -> None:
        """prices/litellm.toml is written, loads without a fault, and prices are taken from it."""
        code, out, _ = ask("import", "litellm", file)

        assert code == 0
        assert "2 rows for 1 model of 1 provider written to ~/.config/whyburn/prices/litellm.toml" in out
        assert "3 entries gave no row" in out
        assert "input $2" in ask("explain", "gpt-lite", "--provider", "openai")[1]
        assert run(["config", "validate"]) == 0

    def test_json_lists_rows_and_what_was_left_out(self, ask: Ask, file: str) -> None:
        """--dry-run writes nothing and tells the same."""
        found = json.loads(ask("import", "litellm", file, "--dry-run", "--json")[1])

        assert (found["wrote"], found["mode"], found["price_count"]) == (False, "new", 2)
        assert tuple(found["prices"][0][key] for key in ("model", "input_usd", "context_max")) == (
            "gpt-lite",
            "2",
            200_000,
        )
        assert {"dall-e", "absurd", "openai/a\x07b"} == {one["entry"] for one in found["skipped"]}
        assert not ask("explain", "gpt-lite", "--provider", "openai", "--json")[1].count('"status": "priced"')

    def test_an_existing_file_needs_a_word(self, ask: Ask, folder: Path, file: str) -> None:
        """Without --merge or --replace nothing is written."""
        ask("import", "litellm", file)

        code, out, err = ask("import", "litellm", file)

        assert (code, out, err.count("\n")) == (1, "", 1)
        assert "--merge" in err

    def test_merge_keeps_other_rows_and_comments(self, ask: Ask, folder: Path, file: str) -> None:
        """Rows of the imported models are replaced, all else stays to the letter."""
        nine = "input_usd_per_1m = 9\noutput_usd_per_1m = 9\n"
        one = "input_usd_per_1m = 1\noutput_usd_per_1m = 1\n"
        mine = f'# mine\n[[pricing.virtual]]\nprovider = "p"\nmodel = "m"  # note\n{one}'
        old = f'[[pricing.virtual]]\nprovider = "openai"\nmodel = "GPT-lite"\n{nine}'
        (folder / "prices").mkdir()
        (folder / "prices/litellm.toml").write_text(old + mine)

        assert "1 other row kept" in ask("import", "litellm", file, "--merge")[1]

        text = (folder / "prices/litellm.toml").read_text()
        assert text.startswith(mine)
        assert "= 9" not in text
        assert text.count('model = "gpt-lite"') == 2

    def test_replace_drops_them(self, ask: Ask, folder: Path, file: str) -> None:
        """--replace starts anew."""
        (folder / "prices").mkdir()
        (folder / "prices/litellm.toml").write_text("# mine\n")

        ask("import", "litellm", file, "--replace")

        assert "# mine" not in (folder / "prices/litellm.toml").read_text()

    def test_merging_into_a_broken_file_is_refused(self, ask: Ask, folder: Path, file: str) -> None:
        """Its place is named and it stays as it is."""
        (folder / "prices").mkdir()
        (folder / "prices/litellm.toml").write_text("a = = 1\n")

        code, _, err = ask("import", "litellm", file, "--merge")

        assert code == 1
        assert "litellm.toml:1:" in err
        assert (folder / "prices/litellm.toml").read_text() == "a = = 1\n"

    def test_output_elsewhere(self, ask: Ask, folder: Path, file: str, tmp_path: Path) -> None:
        """A path is written with a note that nothing reads it; - prints the rows."""
        out = ask("import", "litellm", file, "--output", str(tmp_path / "x.toml"))[1]

        assert "is not in use" in out
        assert (tmp_path / "x.toml").read_text() == ask("import", "litellm", file, "--output", "-")[1]
        assert not (folder / "prices").exists()

    @pytest.mark.parametrize("text", [None, "no json", "[1]", '{"a": {"litellm_provider": "x"}}'])
    def test_an_unusable_file_is_one_line(self, ask: Ask, tmp_path: Path, text: str | None) -> None:
        """Missing, not JSON, not a price file, without prices: exit 1, nothing on stdout."""
        if text is not None:
            (tmp_path / "bad.json").write_text(text)

        code, out, err = ask("import", "litellm", str(tmp_path / "bad.json"))

        assert (code, out, err.count("\n")) == (1, "", 1)


@pytest.mark.parametrize(
    "arguments",
    [
        ("list", "--used-only", "--missing-only"), ("list", "--refresh"), ("list", "--no-refresh"),
        ("list", "--json", "--rich"), ("list", "--json", "--aliases"),
        ("list", "--missing-only", "--aliases"), ("list", "--limit", "few"), ("explain",),
        ("explain", "x", "--prompt-tokens", "many"),
        ("explain", "x", "--geography", "us"),
        ("import", "litellm", "x", "--merge", "--replace"), ("import", "litellm", "x", "--output", "-", "--dry-run"),
        ("import", "litellm", "x", "--output", "-", "--json"),
    ],
)  # fmt: skip
def test_bad_syntax_is_exit_2(ask: Ask, arguments: tuple[str, ...]) -> None:
    """Options that exclude each other or would do nothing are refused in one line."""
    code, out, err = ask(*arguments)

    assert (code, out, err.count("\n")) == (2, "", 1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("list", "--sort", "bogus"), "--sort bogus is not one of provider, model, input"),
        (("list", "--table", "mine"), "--table mine is not one of virtual, actual, snapshot, all"),
        (("list", "--limit", "0"), "--limit 0 is too small: at least 1"),
        (("explain", "x", "--prompt-tokens", "-1"), "--prompt-tokens -1 is too small: at least 0"),
    ],
)
def test_a_wrong_value_is_exit_1(ask: Ask, arguments: tuple[str, ...], said: str) -> None:
    """Good syntax with a value that there is not: one line that names those that there are."""
    code, out, err = ask(*arguments)

    assert (code, out, err.count("\n")) == (1, "", 1)
    assert said in err


def test_a_wrong_date_is_exit_1(ask: Ask) -> None:
    """A well-formed option with a bad value."""
    code, out, err = ask("explain", "x", "--at", "2026-13-01")

    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "--at 2026-13-01" in err


def test_rich_shows_the_same_rows(ask: Ask) -> None:
    """--rich draws the same table."""
    assert "claude-atlas-5" in ask("list", "--table", "virtual", "--rich")[1]


def test_without_rich_the_install_command_is_named(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing extra is one line."""
    for name in ("rich", "rich.console", "rich.table"):
        monkeypatch.setitem(sys.modules, name, None)

    code, out, err = ask("list", "--table", "virtual", "--rich")

    assert (code, out, err.count("\n")) == (1, "", 1)
    assert 'pip install "whyburn[rich]"' in err
