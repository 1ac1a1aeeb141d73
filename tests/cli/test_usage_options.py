"""No dead options: each option of each view changes what is said, or is refused with exit code 2.

The parameters come from the commands themselves, so an option without a row in the tables below fails.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
import pytest

import shop
from whyburn.cli.app import run
from whyburn.cli.usage import VIEWS, build

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SINCE = ("--since", "2026-07-02")
REQUIRED = {"by": ("model",)}
WINDOWED = ("summary", "daily", "weekly", "monthly", "sessions", "machines", "by")
"""Views without a period of their own: where the zone shows, they are asked with --since."""
PLAIN = {
    "harness": ("--harness", "codex"), "source_session": ("--source-session", "3d1f0a50"),
    "machine": ("--machine", "laptop"),
    "provider": ("--provider", "openai"), "model": ("--model", "claude-mini-5"), "thinking": ("--thinking", "low"),
    "agent": ("--agent", "subagent"), "project": ("--project", "infra"),
    "price_state": ("--price-state", "unpriced"),
    "min_calls": ("--min-calls", "2"), "min_tokens": ("--min-tokens", "60000"), "sort": ("--sort", "unpriced"),
    "limit": ("--limit", "1"), "split_thinking": ("--split-thinking",), "date": ("2026-07-02",),
    "period": ("--period", "today"), "since": ("--since", "2026-11-01"), "until": ("--until", "2026-11-01"),
    "through": ("--through", "2026-11-01"), "last_days": ("--last-days", "2"), "order": ("--order", "asc"),
    "breakdown": ("--breakdown",), "instances": ("--instances",), "fill": ("--fill",), "last": ("--last",),
    "start_of_week": ("--start-of-week", "sunday"), "with_summary": ("--with-summary",),
    **{name.replace("-", "_"): (f"--{name}",) for name in
       ("today", "yesterday", "this-week", "last-week", "this-month", "last-month")},
}  # fmt: skip
ZONES = {"timezone": ("--timezone", "UTC"), "utc": ("--utc",)}
SURFACES = {
    "as_json": ("--json",),
    "rich": ("--rich",),
    "table": ("--table",),
    "refresh_details": ("--refresh-details",),
}
ELSEWHERE = {
    "this-week": {"min_calls": ("--min-calls", "4")}, "week": {"min_calls": ("--min-calls", "4")},
    "this-month": {"min_calls": ("--min-calls", "9"), "min_tokens": ("--min-tokens", "400000")},
    "summary": {"min_calls": ("--min-calls", "15"), "min_tokens": ("--min-tokens", "400000")},
    "by": {"min_calls": ("--min-calls", "15"), "min_tokens": ("--min-tokens", "400000")},
    "yesterday": {"source_session": ("--source-session", "3d1f0a51")},
    "last-week": {"source_session": ("--source-session", "3d1f0a53")},
    "last-month": {"source_session": ("--source-session", "3d1f0a55")},
}  # fmt: skip
"""Values that act where a view's window holds more, or other sessions."""


def pairs() -> list[tuple[str, str]]:
    """Every view with each of its parameters."""
    return [(view, param.name or "") for view in VIEWS for param in build(view).params]


def without_echo(answer: dict[str, Any]) -> dict[str, Any]:
    """What was found; what was asked is left out."""
    return {
        key: value
        for key, value in answer.items()
        if key not in ("filters", "display_filters", "order", "start_of_week")
    }


@pytest.mark.parametrize(("view", "option"), [pair for pair in pairs() if pair[1] in PLAIN])
def test_every_option_changes_what_is_found(view: str, option: str, answered: Callable[..., dict[str, Any]]) -> None:
    """Filters, periods and row options change the rows, not only their echo."""
    base = ("usage", view, *REQUIRED.get(view, ()))
    args = ELSEWHERE.get(view, {}).get(option, PLAIN[option])

    plain, changed = answered(*base), answered(*base, *args)

    assert without_echo(plain) != without_echo(changed)


@pytest.mark.parametrize(("view", "option"), [pair for pair in pairs() if pair[1] in ZONES])
def test_every_zone_option_changes_what_is_found(
    view: str, option: str, answered: Callable[..., dict[str, Any]]
) -> None:
    """Calls at half past midnight in Berlin are of another day in other zones."""
    base = ("usage", view, *REQUIRED.get(view, ()), *(SINCE if view in WINDOWED else ()))

    assert without_echo(answered(*base)) != without_echo(answered(*base, *ZONES[option]))


@pytest.mark.parametrize(("view", "option"), [pair for pair in pairs() if pair[1] in SURFACES])
def test_every_output_option_changes_what_is_printed(
    view: str, option: str, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """--json, --rich, --table and --refresh-details show the answer in another way."""
    base = ("--db", str(own_home / "ledger.db"), "usage", view, *REQUIRED.get(view, ()))
    capsys.readouterr()

    assert run(base) == 0
    plain = capsys.readouterr().out
    assert run((*base, *SURFACES[option])) == 0

    assert plain != capsys.readouterr().out


@pytest.mark.parametrize("view", ["today", "summary", "daily", "sessions", "machines", "by"])
def test_refresh_reads_new_lines_and_no_refresh_does_not(
    view: str, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same question with --no-refresh and --refresh, after a log has grown."""
    base = ("--db", str(own_home / "ledger.db"), "usage", view, *REQUIRED.get(view, ()), "--json")
    shop.more(own_home)
    capsys.readouterr()

    assert run((*base, "--no-refresh")) == 0
    before = json.loads(capsys.readouterr().out)
    assert run((*base, "--refresh")) == 0
    after = json.loads(capsys.readouterr().out)

    assert before["totals"] != after["totals"]


@pytest.mark.parametrize(("view", "option"), pairs())
def test_no_option_is_without_a_test(view: str, option: str) -> None:
    """An option that is new has to be added above, with values that change something."""
    assert option in {*PLAIN, *ZONES, *SURFACES, "refresh", "dimensions"}


ALL = sorted(
    {name for view in VIEWS for param in build(view).params if isinstance(param, click.Option) for name in param.opts}
)


@pytest.mark.parametrize(
    ("view", "option"),
    [
        (view, name)
        for view in VIEWS
        for name in ALL
        if name not in {one for param in build(view).params for one in param.opts}
    ],
)
def test_an_option_of_another_view_is_refused(view: str, option: str, refused: Callable[..., tuple[int, str]]) -> None:
    """What would have no effect is a syntax error."""
    code, said = refused("usage", view, *REQUIRED.get(view, ()), option)

    assert code == 2
    assert f"No such option '{option}'" in said or f"No such option: {option}" in said


@pytest.mark.parametrize("option", ["--locale", "--compact", "--area", "--archived", "--leaves"])
def test_options_of_things_to_come_are_refused(option: str, refused: Callable[..., tuple[int, str]]) -> None:
    """Areas and runs are not accepted and ignored."""
    assert refused("usage", "sessions", option)[0] == 2
