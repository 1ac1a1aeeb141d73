"""`whyburn analyze` and `whyburn claude import-otel` as a person types them."""

from __future__ import annotations

import io
import json
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from schema_check import faults
from whyburn.cli import app, import_otel
from whyburn.cli.analyze import command as analyze

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
TRACE = str(ROOT / "examples" / "whyburn_trace.jsonl")
PRICES = str(ROOT / "examples" / "claude_prices.example.json")
EXPORT = str(ROOT / "examples" / "claude_otel_sample.json")
SCHEMA = json.loads((ROOT / "docs" / "json" / "analysis.schema.json").read_text(encoding="utf-8"))
COMMANDS = [("analyze", TRACE), ("analyze", "trace", TRACE), ("import-otel", EXPORT)]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Run a command line in an empty home; its exit code, what it printed, what it said on stderr."""
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(app.COMMANDS, "analyze", ("whyburn.cli.analyze", "Take a file apart."))
    monkeypatch.setitem(app.COMMANDS, "import-otel", ("whyburn.cli.import_otel", "Account for an export."))

    def ask(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = app.run(words)
        return (code, *capsys.readouterr())

    return ask


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words[:-1]))
def test_the_console_says_cost_budget_and_cause(words: tuple[str, ...], run: Any) -> None:
    """The conclusion comes first: cost and where it comes from, the verdict on the budget, the likely cause."""
    code, out, err = run(*words, "--budget", "2")

    assert (code, err) == (0, "")
    head = out.split("Findings")[0]
    assert "costs as recorded" in head
    assert "budget   $2.00: within, " in head
    assert "cause    Most likely: " in head


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words[:-1]))
def test_json_fits_its_schema(words: tuple[str, ...], run: Any) -> None:
    """`--json` prints one object of kind analysis with the fields of the schema and no others."""
    code, out, _ = run(*words, "--budget", "2", "--json")
    body = json.loads(out)

    assert (code, out.count("\n")) == (0, 1)
    assert list(faults(body, SCHEMA, SCHEMA)) == []
    assert (body["schema_version"], body["kind"], body["budget_usd"], body["over_budget"]) == (
        1,
        "analysis",
        "2.00",
        False,
    )


def test_every_view_has_the_same_numbers(run: Any) -> None:
    """Console, Markdown and JSON show one total."""
    total = json.loads(run("analyze", TRACE, "--json")[1])["summary"]["total_cost_usd"]

    assert total == "0.6146"
    assert "cost     $0.61 (costs as recorded)" in run("analyze", TRACE)[1]
    assert "**cost**: $0.61 (costs as recorded)" in run("analyze", TRACE, "--markdown")[1]


def test_markdown_goes_to_a_private_file(run: Any, tmp_path: Path) -> None:
    """`--out` writes Markdown that only its owner can read, in folders that it makes, and says so with the verdict."""
    code, out, _ = run("analyze", TRACE, "--budget", "0.5", "--out", "reports/new/sample.md")
    path = tmp_path / "reports" / "new" / "sample.md"

    assert (code, out) == (0, "written to reports/new/sample.md\nbudget $0.50: exceeded by $0.11\n")
    assert path.read_text(encoding="utf-8") == run("analyze", TRACE, "--budget", "0.5", "--markdown")[1]
    assert [stat.S_IMODE(one.stat().st_mode) for one in (path, path.parent, path.parent.parent)] == [
        0o600,
        0o700,
        0o700,
    ]


def test_json_goes_to_a_file(run: Any, tmp_path: Path) -> None:
    """`--json --out` writes the object to the file; standard output stays empty."""
    code, out, err = run("analyze", TRACE, "--json", "--out", "a.json")

    assert (code, out, err) == (0, "", "written to a.json\n")
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["kind"] == "analysis"


@pytest.mark.parametrize(("command", "words", "code"), [
    (analyze, (TRACE, "--budget", "0.5", "--fail-over-budget"), 3), (analyze, (TRACE, "--budget", "0.5"), 0),
    (analyze, (TRACE, "--budget", "$2", "--fail-over-budget"), 0),
    (import_otel.command, (EXPORT, "--budget", "0.1", "--fail-over-budget", "--json"), 3),
], ids=["over", "not asked", "within", "export"])  # fmt: skip
def test_a_budget_gate_is_opt_in(command: Any, words: tuple[str, ...], code: int, run: Any) -> None:
    """`--fail-over-budget` ends with 3 when the cost exceeds the budget, and prints the same as without it."""
    found = CliRunner().invoke(command, list(words))

    assert found.exit_code == code
    assert found.stdout


@pytest.mark.parametrize(("words", "code", "said"), [
    (("analyze", "nowhere.jsonl"), 2, "'nowhere.jsonl' is no file and none of session, cache, trace"),
    (("analyze", "trace", "nowhere.jsonl"), 1, "nowhere.jsonl cannot be read"),
    (("analyze", "trace"), 2, "Missing argument 'FILE'"),
    (("analyze", TRACE, "--json", "--markdown"), 2, "exclude each other"),
    (("analyze", TRACE, "--fail-over-budget"), 2, "--fail-over-budget needs --budget"),
    (("analyze", TRACE, "--budget", "much"), 2, "is no amount of dollars"),
    (("analyze", TRACE, "--budget", "-1"), 1, "--budget -1 is not between 0 and"),
    (("analyze", TRACE, "--price-config", "nowhere.json"), 1, "nowhere.json cannot be read"),
    (("analyze", TRACE, "--input-price-per-mtok", "x"), 1, "--input-price-per-mtok is not a price"),
    (("analyze", TRACE, "--out", "."), 1, ". is a folder; --out names a file"),
    (("import-otel", PRICES), 1, "no telemetry of Claude Code"),
    (("import-otel", EXPORT, "--cached-input-price-per-mtok", "1"), 2, "No such option"),
], ids=lambda value: " ".join(map(str, value))[-40:] if isinstance(value, tuple) else "")  # fmt: skip
def test_mistakes_are_one_line(words: tuple[str, ...], code: int, said: str, run: Any) -> None:
    """A mistake ends with its exit code and one line on stderr; standard output stays empty."""
    found, out, err = run(*words)

    assert (found, out, err.count("\n")) == (code, "", 1)
    assert said in err


def test_a_file_called_like_a_subcommand_is_written_with_its_folder(run: Any, tmp_path: Path) -> None:
    """`analyze trace` is the subcommand, `analyze ./trace` the file; session and cache are never taken for files."""
    (tmp_path / "trace").write_text('{"step": "a", "cost_usd": 1}\n', encoding="utf-8")
    (tmp_path / "session").write_text('{"step": "a"}\n', encoding="utf-8")

    assert "$1.00" in run("analyze", "./trace")[1]
    assert run("analyze", "trace")[0] == 2
    assert run("analyze", "./session")[0] == 0


def test_standard_input_is_a_file(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` reads standard input; nothing in it is one warning and no error."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    code, out, _ = run("analyze", "-")

    assert code == 0
    assert "warning  Nothing to analyse" in out


def test_bad_lines_are_skipped_on_request(run: Any, tmp_path: Path) -> None:
    """A bad line is an error with its place; with `--lenient` it is counted, with its place."""
    (tmp_path / "t.jsonl").write_text('{"step": "a"}\n{oops\n', encoding="utf-8")

    code, _, err = run("analyze", "t.jsonl")

    assert code == 1
    assert err.startswith("whyburn: t.jsonl:2: not JSON (Expecting property name enclosed in double quotes) (--lenient")
    assert "1 record skipped, the first in line 2" in run("analyze", "t.jsonl", "--lenient")[1]


@pytest.mark.parametrize("name", ["whyburn.prices.example.json", "claude_prices.example.json"])
def test_the_example_prices_can_be_used(name: str, run: Any) -> None:
    """Each bundled price file prices the bundled export, and the header names it."""
    out = run("import-otel", EXPORT, "--price-config", str(ROOT / "examples" / name))[1]

    assert f"{name})" in out
    assert "Made-up demo prices" in (ROOT / "examples" / name).read_text(encoding="utf-8")


def test_price_options_price_the_tokens(run: Any) -> None:
    """Options replace prices; what was recorded is shown beside the cost."""
    out = run("analyze", TRACE, "--input-price-per-mtok", "3", "--output-price-per-mtok", "15")[1]

    assert "cost     $0.38 (prices from price options)" in out
    assert "recorded $0.61" in out


def test_hostile_text_stays_text(run: Any, tmp_path: Path) -> None:
    """Escape sequences never reach the terminal, and Markdown shows markup as it is written."""
    hostile = "\x1b[31mred\x1b]0;title\x07 <script>|`x` [a](http://h.example) \u202e"
    record = {
        "title": hostile,
        "step": hostile,
        "error": hostile,
        "status": "failed",
        "files": [hostile],
        "cost_usd": 1,
    }
    (tmp_path / "t.jsonl").write_text(json.dumps(record) + "\n" + json.dumps(record) + "\n", encoding="utf-8")
    console, markdown = run("analyze", "t.jsonl")[1], run("analyze", "t.jsonl", "--markdown")[1]

    assert not {"\x1b", "\x07", "\u202e"} & set(console + markdown)
    assert "\\<script\\>\\|\\`x\\` \\[a\\](" in markdown
    assert "<script>" not in markdown.replace("\\<script\\>", "")


@pytest.mark.parametrize("extra", [(), ("--json",), ("--markdown",)])
def test_secrets_are_masked(extra: tuple[str, ...], run: Any, tmp_path: Path) -> None:
    """A key planted in every field reaches no output at the default level; `--redact none` shows it."""
    secret = "sk-ant-" + "a1B2" * 8
    fields = ("title", "cwd", "step", "tool", "command", "error", "text", "content_hash", "session_id")
    record = {**dict.fromkeys(fields, f"x {secret}"), "files": [f"{secret}.py"], "tokens": 900, "status": "failed"}
    (tmp_path / "t.jsonl").write_text(f"{json.dumps(record)}\n" * 3, encoding="utf-8")

    assert secret not in run("analyze", "t.jsonl", *extra)[1]
    assert secret not in run("analyze", "t.jsonl", *extra, "--redact", "share")[1]
    assert secret in run("analyze", "t.jsonl", *extra, "--redact", "none")[1]


@pytest.mark.parametrize("width", ["60", "80", "200"])
def test_lines_fit_the_screen(width: str, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """No line is wider than the terminal."""
    monkeypatch.setenv("COLUMNS", width)
    out = run("analyze", TRACE, "--budget", "2")[1]

    assert max(map(len, out.splitlines())) <= int(width)


def test_help_names_the_trace_command(run: Any) -> None:
    """The group's help tells the short form and lists the subcommand."""
    code, out, _ = run("analyze")

    assert code == 0
    assert "analyze trace FILE" in out
