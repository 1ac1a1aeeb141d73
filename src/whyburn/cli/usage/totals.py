"""Views of one window: today, last month, the week of a date, all time; with every breakdown."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from whyburn.cli import options
from whyburn.cli.usage.answering import View, answer, common

if TYPE_CHECKING:
    from collections.abc import Callable

    from whyburn.api.usage import Asked, When
    from whyburn.api.workspace import Policy, Workspace
    from whyburn.cli.options import Given
    from whyburn.cli.usage.answering import Blocks
    from whyburn.clock import Unit
    from whyburn.views.text import Screen

_SORTS = ("virtual", "actual", "savings", "tokens", "calls", "provider", "model", "unpriced")


def _named(period: str, ctx: click.Context, **given: Any) -> None:
    _aggregate(ctx, given, f"usage {period}", lambda _: options.when_of(given, period=period))


def _summary(ctx: click.Context, **given: Any) -> None:
    when = options.when_of(given)
    _aggregate(ctx, given, "usage summary", lambda _: when)


def _on(unit: Unit, ctx: click.Context, **given: Any) -> None:
    """A day or a week, the current one or that of a date."""
    current = options.when_of(given, period="today" if unit == "day" else "this-week")
    given_date = given["date"]
    if given_date is None:
        _aggregate(ctx, given, f"usage {unit}", lambda _: current)
    else:
        _aggregate(ctx, given, f"usage {unit}", lambda found: _around(found, unit, given_date, current))


def _around(found: Workspace, unit: Unit, text: str, asked: When) -> When:
    """The whole day or week that holds a date."""
    from whyburn import clock  # noqa: PLC0415

    zone = found.zone(asked.timezone, utc=asked.utc)
    at = clock.instant(text, zone=zone, option="DATE")
    week_start = found.settings.reports.week_start
    here = clock.buckets(unit, at, at, zone=zone, week_start=week_start)[0]
    after = clock.buckets(unit, here.until_ms, here.until_ms, zone=zone, week_start=week_start)[0]
    from whyburn.api.usage import When  # noqa: PLC0415

    return When(since=here.key, until=after.key, timezone=asked.timezone, utc=asked.utc)


def _aggregate(ctx: click.Context, given: Given, words: str, when: Callable[[Workspace], When]) -> None:
    from whyburn.api.usage import usage_report  # noqa: PLC0415

    display = options.display_of(given)

    def ask(found: Workspace, policy: Policy | None) -> tuple[Asked, Any]:
        return usage_report(found, when(found), options.filters_of(given), display=display, policy=policy)

    def draw(asked: Asked, report: Any, on: Screen) -> Blocks:
        from whyburn.views.usage_aggregate import blocks  # noqa: PLC0415

        return blocks(words, asked, report, on)

    answer(ctx, given, "usage", ask, draw)


def _params() -> list[click.Parameter]:
    split = click.Option(["--split-thinking"], is_flag=True, help="A row for each thinking effort of a model.")
    return [*common(), *options.display(_SORTS), split]


def _dated_params() -> list[click.Parameter]:
    return [click.Argument(["date"], required=False), *_params()]


def _summary_params() -> list[click.Parameter]:
    return [*options.boundaries(), *_params()]


VIEWS = {
    "today": View("Today.", partial(_named, "today"), _params, "today --harness claude"),
    "yesterday": View("Yesterday.", partial(_named, "yesterday"), _params, "yesterday"),
    "this-week": View("This week.", partial(_named, "this-week"), _params, "this-week --sort tokens"),
    "last-week": View("Last week.", partial(_named, "last-week"), _params, "last-week --utc --json"),
    "this-month": View("This month.", partial(_named, "this-month"), _params, "this-month"),
    "last-month": View("Last month.", partial(_named, "last-month"), _params, "last-month"),
    "day": View("Today, or the day of DATE.", partial(_on, "day"), _dated_params, "day 2026-11-12"),
    "week": View("This week, or the week of DATE.", partial(_on, "week"), _dated_params, "week 2026-11-12"),
    "summary": View(
        "All time, or the window you give.", _summary, _summary_params,
        "summary --since 2026-05-01 --until 2026-06-01 --timezone Europe/Berlin",
    ),
}  # fmt: skip
