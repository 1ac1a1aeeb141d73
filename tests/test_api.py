"""The Python interface: complete, documented, silent, and frozen in what it gives."""

from __future__ import annotations

import ast
import dataclasses
import doctest
import importlib
import inspect
import pkgutil
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import fresh
from tiny import claude_line, write_claude
from whyburn import api, errors

if TYPE_CHECKING:
    from collections.abc import Iterator

INTERNAL = {"whyburn.api.costing", "whyburn.api.refreshing", "whyburn.api.sources.scan.scan"}
"""Shared by the rooms of the house; not for scripts."""
WORKSHOP = "whyburn.api.postmortem."
"""Its modules share functions among themselves; scripts use those that are exported."""
TRACE = '{"step": "plan", "model": "m", "input_tokens": 5, "output_tokens": 7, "cost_usd": 0.5}'
OTEL = '{"name": "claude_code.cost.usage", "value": 0.5, "attributes": {"model": "m"}}'
PRICES = '{"input_price_per_mtok": 1, "output_price_per_mtok": 2}'
FUNCTIONS = [name for name in api.__all__ if inspect.isfunction(getattr(api, name))]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[api.Workspace]:
    """A workspace over a home with two calls of this month, refreshed."""
    fresh.move_in(monkeypatch, tmp_path)
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    write_claude(tmp_path, [claude_line(1, stamp=now), claude_line(2, stamp=now)])
    (tmp_path / "trace.jsonl").write_text(TRACE)
    (tmp_path / "otel.json").write_text(OTEL)
    (tmp_path / "prices.json").write_text(PRICES)
    with api.open_workspace() as found:
        found.refresh()
        yield found


def _public_functions() -> set[str]:
    """Every public function that is defined in a module below `whyburn.api`, by its own name."""
    found = set()
    for module in pkgutil.walk_packages(api.__path__, "whyburn.api."):
        if module.name in INTERNAL:
            continue
        for name, value in inspect.getmembers(importlib.import_module(module.name), inspect.isfunction):
            own = value.__module__ == module.name and f"{module.name}.{name}" not in INTERNAL
            if own and not name.startswith("_") and (name in FUNCTIONS or not module.name.startswith(WORKSHOP)):
                found.add(name)
    return found


def test_the_list_of_names_is_sorted_and_each_can_be_had() -> None:
    """What `__all__` promises is there, and what is asked for beyond it is an AttributeError."""
    assert sorted(set(api.__all__)) == api.__all__
    assert [name for name in api.__all__ if getattr(api, name, None) is None] == []
    assert set(api.__all__) <= set(dir(api))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = api.nonsense


def test_every_function_below_is_offered_here() -> None:
    """Nobody has to know our modules; and what a type checker sees is what there is."""
    tree = ast.parse(inspect.getsource(api))
    typed = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module
             and node.module.startswith("whyburn") for alias in node.names}  # fmt: skip

    assert _public_functions() == {name for name in FUNCTIONS if name not in {"resolve_paths", "load_price_config"}}
    assert typed == set(api.__all__)


@pytest.mark.parametrize("name", api.__all__)
def test_every_name_is_documented(name: str) -> None:
    """With a sentence of its own, and its fields where it has any."""
    found = getattr(api, name)

    text = inspect.getdoc(found) or ""
    assert re.match(r"[A-Z(`].*\.", text, re.DOTALL)
    assert not text.startswith(f"{name}(")


def test_a_name_is_not_hidden_by_a_module_of_the_same_name() -> None:
    """`api.x` is the same thing before and after `whyburn.api.x` was imported."""
    modules = {module.name for module in pkgutil.iter_modules(api.__path__)}

    assert modules & set(api.__all__) == set()


def test_the_example_in_the_docstring_works(workspace: api.Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """Run as it stands there, on a home with two small calls."""
    example = doctest.DocTestParser().get_doctest(api.__doc__ or "", {}, "whyburn.api", None, 0)

    failed, tried = doctest.DocTestRunner(verbose=False).run(example)

    assert (failed, tried) == (0, 3), capsys.readouterr().out


def _answers(workspace: api.Workspace) -> dict[str, Any]:
    """What each function that answers a question gives."""
    paths, settings = workspace.paths, workspace.settings
    home = Path(workspace.environ["HOME"])
    log = str(next(home.rglob("aaaa.jsonl")))
    return {
        "analyze_trace": api.analyze_trace(str(home / "trace.jsonl")),
        "config_places": api.config_places(paths), "diagnose": api.diagnose(workspace, deep=True),
        "explain": api.explain(workspace), "explain_file": api.explain_file(workspace, log),
        "explain_price": api.explain_price(settings, "claude-sonnet-4-5-20250929"),
        "forget_skipped": api.forget_skipped(workspace), "ledger_contents": api.ledger_contents(workspace),
        "import_otel": api.import_otel(str(home / "otel.json")),
        "load_price_config": api.load_price_config(str(home / "prices.json")),
        "list_prices": api.list_prices(settings), "list_skipped": api.list_skipped(workspace),
        "list_sources": api.list_sources(workspace), "overview": api.overview(workspace),
        "recent_sessions": api.recent_sessions(workspace), "resolve_paths": api.resolve_paths(),
        "show_config": api.show_config(paths), "source_sessions": api.source_sessions(workspace, "claude"),
        "usage_by": api.usage_by(workspace, ("model",)), "usage_overview": api.usage_overview(workspace),
        "usage_report": api.usage_report(workspace), "usage_series_report": api.usage_series_report(workspace, "day"),
        "usage_sessions_report": api.usage_sessions_report(workspace), "used_prices": api.used_prices(workspace),
        "validate_config": api.validate_config(paths),
    }  # fmt: skip


def test_nothing_is_printed(workspace: api.Workspace, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither on stdout nor on stderr, by any function that answers or writes."""
    answered = set(_answers(workspace))
    api.init_config(workspace.paths)
    api.set_config(workspace.paths, "reports.refresh", "never")

    written = {"init_config", "set_config", "import_litellm", "open_workspace"}
    assert answered | written == set(FUNCTIONS)
    assert capfd.readouterr() == ("", "")


def test_results_cannot_be_changed(workspace: api.Workspace) -> None:
    """Frozen dataclasses and named tuples all the way down: a result can be shared and compared."""
    for name, answer in _answers(workspace).items():
        for one in answer if isinstance(answer, (tuple, list)) and not hasattr(answer, "_fields") else [answer]:
            if dataclasses.is_dataclass(one):
                assert one.__dataclass_params__.frozen, f"{name}: {type(one).__name__}"
            else:
                assert isinstance(one, (tuple, str)), f"{name}: {type(one).__name__}"


def test_expected_failures_are_of_our_own_kind(workspace: api.Workspace) -> None:
    """A script catches one class; the message is one line that a person can act on."""
    failing = (
        lambda: api.usage_report(workspace, api.When(since="2026-13-01")),
        lambda: api.usage_report(workspace, api.When(timezone="Nowhere/Land")),
        lambda: api.usage_report(workspace, filters=api.Filters(model=("nonsense",))),
        lambda: workspace.refresh(api.RefreshOptions(("claude",), "/nowhere/at/all")),
        lambda: workspace.refresh(api.RefreshOptions(("nobody",))),
        lambda: api.set_config(workspace.paths, "reports.refresh", "sometimes"),
        lambda: api.explain(workspace, api.Wanted("nonsense")),
        lambda: api.explain_file(workspace, "/nowhere/at/all"),
        lambda: api.analyze_trace("/nowhere/at/all"),
    )
    for fail in failing:
        with pytest.raises(errors.WhyburnError) as caught:
            fail()
        assert "\n" not in str(caught.value)


def test_the_tree_of_exceptions_is_the_one_that_is_drawn() -> None:
    """Names, order of inheritance and nothing left out, in the docstring of `errors`."""
    drawn: dict[str, str] = {}
    line: list[str] = []
    for text in (errors.__doc__ or "").splitlines():
        found = re.match(r"(    [ │├└─]*)(\w+Error)\s{2,}\S", text)
        if found:
            depth = (len(found[1]) - 4) // 4
            line[depth:] = [found[2]]
            drawn[found[2]] = line[depth - 1] if depth else "Exception"

    classes = {name: one for name, one in vars(errors).items() if inspect.isclass(one)}
    assert drawn == {name: one.__bases__[0].__name__ for name, one in classes.items()}
    assert [name for name, one in classes.items() if not (one.__doc__ or "").strip()] == []
