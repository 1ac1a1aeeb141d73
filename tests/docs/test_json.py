"""What is printed as JSON is what docs/JSON_OUTPUT.md and the schemas say, for every kind and every command."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from docs.pages import ROOT, blocks, text_of
from schema_check import faults
from whyburn import __version__
from whyburn.cli.app import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGE = ROOT / "docs" / "JSON_OUTPUT.md"
SESSION = "10d7be1b-082f-4d8f-9370-1dec84e7bd34"
KEYWORDS = {
    "$schema", "$defs", "$ref", "title", "description", "type", "properties", "required", "additionalProperties",
    "items", "enum", "const", "pattern", "minimum",
}  # fmt: skip
LITELLM = {
    "gpt-x": {
        "input_cost_per_token": 1e-6,
        "output_cost_per_token": 2e-6,
        "litellm_provider": "openai",
        "mode": "chat",
    },
    "odd": {"litellm_provider": "openai", "mode": "chat"},
}
TRACE, OTEL = (str(ROOT / "examples" / name) for name in ("whyburn_trace.jsonl", "claude_otel_sample.json"))
QUESTIONS = [
    ("refresh", "refresh"), ("refresh", "refresh", "--full", "--dry-run"), ("refresh", "refresh", "--harness", "codex"),
    ("sources", "sources"), ("sources", "sources", "list", "--deep"),
    ("source_sessions", "sources", "sessions", "claude", "--limit", "2"),
    ("source_sessions", "sources", "sessions", "codex", "--breakdown", "--sort", "virtual"),
    ("source_session", "sources", "session", "claude", SESSION, "--breakdown"),
    ("sources_skipped", "sources", "skipped"), ("sources_skipped_cleared", "sources", "skipped", "--clear"),
    ("prices", "prices", "list"), ("prices", "prices", "list", "--table", "actual"),
    ("prices", "prices", "list", "--provider", "anthropic", "--sort", "input", "--limit", "9"),
    ("prices_used", "prices", "list", "--used-only"), ("prices_missing", "prices", "list", "--missing-only"),
    ("price_explanation", "prices", "explain", "claude-opus-4-5-20251101"),
    ("price_explanation", "prices", "explain", "gpt-5.4", "--prompt-tokens", "300000"),
    ("price_explanation", "prices", "explain", "gpt-5.4"),
    ("price_explanation", "prices", "explain", "nobody-lists-it"),
    ("price_explanation", "prices", "explain", "claude-opus-5", "--speed", "fast", "--at", "2026-09-01", "--geo", "us"),
    ("price_import", "prices", "import", "litellm", "litellm.json", "--dry-run"),
    ("config", "config", "show"), ("config_validation", "config", "validate"),
    ("doctor", "doctor"), ("doctor", "doctor", "--deep"),
    ("statusline", "statusline", "--no-refresh"),
    ("usage", "usage", "today"), ("usage", "usage", "summary", "--split-thinking"),
    ("usage", "usage", "day", "2020-01-01"),
    ("usage_series", "usage", "daily", "--breakdown"), ("usage_series", "usage", "weekly"),
    ("usage_series", "usage", "monthly", "--instances"),
    ("usage_sessions", "usage", "sessions", "--breakdown"), ("usage_machines", "usage", "machines"),
    ("session", "explain"), ("session", "explain", "--blocks", "--budget", "1"), ("session", "explain", "--no-content"),
    ("session", "codex", "explain", "--last", "--redact", "share"),
    ("session_compact_report", "analyze", "session", "codex", "--last"),
    ("session_compact_report", "analyze", "session", "--details", "--all-tool-calls", "--persist"),
    ("cache_analysis", "analyze", "cache"), ("cache_analysis", "analyze", "cache", "claude", "--no-calls"),
    ("scan", "scan"), ("codex_scan", "codex", "scan", "--limit", "2"), ("claude_scan", "claude", "scan"),
    ("overview", "overview"), ("codex_overview", "codex", "overview", "--limit", "3", "--no-cache"),
    ("dashboard", "dashboard"), ("analysis", "analyze", "trace", TRACE, "--budget", "2"),
    ("analysis", "claude", "import-otel", OTEL), ("usage_sessions", "usage", "sessions", "--with-summary"),
    ("usage_by", "usage", "by", "hour,harness,provider,model,agent,effort,project,machine,session"),
]  # fmt: skip


def family(kind: str) -> str:
    """The kind whose schema holds: `codex_scan` is a `scan`."""
    return next((tail for tail in ("scan", "overview") if kind.endswith(f"_{tail}")), kind)


def schema_of(kind: str) -> dict[str, Any]:
    """The schema of a kind."""
    file = ROOT / "docs" / "json" / f"{family(kind)}.schema.json"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def schemas() -> list[Path]:
    """All schema files."""
    return sorted((ROOT / "docs" / "json").glob("*.json"))


def asked(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> dict[str, Any]:
    """Run a command with --json; what it printed, read."""
    capsys.readouterr()
    assert run([*words, "--json"]) == code
    out, _ = capsys.readouterr()
    assert out.count("\n") == 1
    found: dict[str, Any] = json.loads(out)
    return found


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: " ".join(question[1:]))
def test_output_fits_its_schema(
    question: tuple[str, ...], demo_home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command prints one object with the head, of its kind, with the fields of its schema and no others."""
    kind, *words = question
    monkeypatch.chdir(demo_home)
    (demo_home / "litellm.json").write_text(json.dumps(LITELLM), encoding="utf-8")
    _spoil(demo_home)
    run(["refresh"])

    body = asked(capsys, *words)

    assert (body["schema_version"], body["version"], body["kind"]) == (1, __version__, kind)
    assert list(faults(body, schema_of(kind), schema_of(kind))) == []


ONE_SESSION = {"source_session", "session", "session_compact_report", "cache_analysis", "price_import"}
"""Kinds that are about something that there is not without any data."""


@pytest.mark.parametrize("question", [one for one in QUESTIONS if one[0] not in ONE_SESSION],
                         ids=lambda question: " ".join(question[1:]))  # fmt: skip
def test_output_without_any_data_fits_its_schema(
    question: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No data is not an error: the same object with empty lists."""
    kind, *words = question
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))

    body = asked(capsys, *words)

    assert list(faults(body, schema_of(kind), schema_of(kind))) == []


def test_refresh_details_wrap_the_report(demo_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --refresh-details there are the rows of a refresh, and the report under a name of its own."""
    body = asked(capsys, "usage", "today", "--refresh-details")
    head = {name: body[name] for name in ("schema_version", "version", "kind")}
    refreshed = {**head, "kind": "refresh", "dry_run": False, "results": body["refresh"]}

    assert set(body) == {*head, "refresh", "report"}
    assert list(faults({**head, **body["report"]}, schema_of("usage"), schema_of("usage"))) == []
    assert list(faults(refreshed, schema_of("refresh"), schema_of("refresh"))) == []
    assert demo_home.exists()


def test_wrong_settings_are_an_answer(demo_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`config validate --json` prints its object and ends with 1; `doctor` and `config show` list the same problems."""
    settings = demo_home / ".config" / "whyburn" / "config.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text('[reports]\nrefresh = "often"\n[sync]\nx = 1\n', encoding="utf-8")

    body = asked(capsys, "config", "validate", code=1)
    diagnosis = asked(capsys, "doctor")
    shown = asked(capsys, "config", "show")

    assert [one["level"] for one in body["problems"]] == ["error", "unsupported"]
    for one in (body, diagnosis, shown):
        assert list(faults(one, schema_of(one["kind"]), schema_of(one["kind"]))) == []


@pytest.mark.parametrize("words", [("usage", "summary", "--since", "never"), ("sources", "session", "claude", "zzz"),
                                   ("usage", "today", "--rich"), ("prices", "list", "--used-only", "--missing-only")],
                         ids=" ".join)  # fmt: skip
def test_errors_leave_standard_output_empty(
    words: tuple[str, ...], demo_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A command that fails prints one line on standard error and nothing else."""
    code = run([*words, "--json"])
    out, err = capsys.readouterr()

    assert code in {1, 2}
    assert out == ""
    assert err.count("\n") == 1
    assert demo_home.exists()


# --- the page ---------------------------------------------------------------------------------------------------------


def kinds_in_the_code() -> set[str]:
    """Every kind that some command prints."""
    code = ROOT / "src" / "whyburn"
    files = [*(code / "cli").rglob("*.py"), code / "views" / "page" / "site.py"]
    sources = "\n".join(path.read_text(encoding="utf-8") for path in files)
    calls = re.findall(r"(?:emit_json|_emit|document)\(\s*(.*?),\s", sources) + re.findall(
        r"\banswer\(ctx, given, (\S+),", sources
    )
    kinds = {kind for call in calls for kind in re.findall(r'"(\w+)"', call)}
    return kinds | set(re.findall(r'"kind": "(\w+)"', sources))


def test_every_kind_is_documented() -> None:
    """Each kind that the code prints has a section, an example, a link to its schema, and a question in this test."""
    kinds = kinds_in_the_code()
    headings = set(re.findall(r"^### `(\w+)`$", text_of(PAGE), re.MULTILINE))
    examples = {json.loads(one.text)["kind"] for one in blocks("json") if one.page == "docs/JSON_OUTPUT.md"}

    assert kinds == headings
    assert kinds <= examples
    assert kinds == {family(question[0]) for question in QUESTIONS}
    assert kinds == {path.name.partition(".")[0] for path in schemas()}


@pytest.mark.parametrize("path", schemas(), ids=lambda path: path.name)
def test_schemas_are_closed_and_use_known_keywords(path: Path) -> None:
    """A schema names its kind, allows no other field, and uses only keywords that the test's reader knows."""
    schema = json.loads(path.read_text(encoding="utf-8"))
    page = text_of(PAGE)

    name, kind = path.name.partition(".")[0], schema["properties"]["kind"]
    assert kind.get("const", name) == name
    assert re.search(kind.get("pattern", ""), name)
    assert kind
    assert schema["additionalProperties"] is False
    assert set(_keywords(schema)) <= KEYWORDS
    assert f"({path.relative_to(ROOT / 'docs').as_posix()})" in page


def _keywords(schema: Any) -> Iterator[str]:
    if not isinstance(schema, dict):
        return
    for name, value in schema.items():
        yield name
        if name in {"properties", "$defs"}:
            for one in value.values():
                yield from _keywords(one)
        elif name in {"items", "additionalProperties"}:
            yield from _keywords(value)


@pytest.mark.parametrize("kind", sorted(kinds_in_the_code()))
def test_every_field_of_a_schema_is_explained(kind: str) -> None:
    """Each field at the top of an object stands on the page."""
    page = text_of(PAGE)

    assert [name for name in schema_of(kind)["properties"] if name not in page] == []


def _spoil(home: Path) -> None:
    """A line that cannot be read, a record type that nobody knows, and a model without a price."""
    usage = {"input_tokens": 5, "output_tokens": 7}
    message = {"id": "m", "model": "claude-zzz-9", "usage": usage}
    call = {
        "type": "assistant",
        "timestamp": "2026-11-20T10:00:00Z",
        "sessionId": "s",
        "requestId": "r",
        "message": message,
    }
    lines = [
        '{"type":"assistant","output_tokens" broken',
        json.dumps({"type": "novel", "usage": usage}),
        json.dumps(call),
    ]
    folder = home / ".claude" / "projects" / "odd"
    folder.mkdir(parents=True)
    (folder / "s.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
