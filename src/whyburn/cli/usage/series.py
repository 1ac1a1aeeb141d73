"""Views with a row for each day, week or month."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from whyburn.cli import options
from whyburn.cli.usage.answering import View, answer, common
from whyburn.cli.values import OneOf

if TYPE_CHECKING:
    from whyburn.api.usage import Asked
    from whyburn.api.workspace import Policy, Workspace
    from whyburn.cli.usage.answering import Blocks
    from whyburn.clock import Unit
    from whyburn.views.text import Screen


def _series(unit: Unit, ctx: click.Context, **given: Any) -> None:
    from whyburn.api.usage import usage_series_report  # noqa: PLC0415

    options.exclusive(given, "fill", "instances")
    when = options.when_of(given, week_start=given.get("start_of_week"))

    def ask(found: Workspace, policy: Policy | None) -> tuple[Asked, Any]:
        return usage_series_report(
            found, unit, when, options.filters_of(given), order=given["order"], limit=given["limit"],
            fill=given["fill"], breakdown=given["breakdown"], instances=given["instances"], policy=policy,
        )  # fmt: skip

    def draw(asked: Asked, report: Any, on: Screen) -> Blocks:
        from whyburn.views.usage_series import blocks  # noqa: PLC0415

        return blocks(f"usage {ctx.info_name}", asked, report, on)

    answer(ctx, given, "usage_series", ask, draw)


def _params(*, weekly: bool = False) -> list[click.Parameter]:
    from whyburn.clock import WEEKDAYS  # noqa: PLC0415

    start = click.Option(
        ["--start-of-week"], type=OneOf(WEEKDAYS), help="First day of a week (default: reports.week_start)."
    )
    return [
        *options.boundaries(), *common(), options.order("Order of rows"), options.limit("rows"), options.breakdown(),
        click.Option(["--instances"], is_flag=True, help="A table for each session."),
        click.Option(["--fill"], is_flag=True, help="Show periods without calls too."),
        *([start] if weekly else []),
    ]  # fmt: skip


_WEEKLY_PARAMS = partial(_params, weekly=True)
VIEWS = {
    "daily": View("A row for each day.", partial(_series, "day"), _params, "daily --limit 5"),
    "weekly": View("A row for each week.", partial(_series, "week"), _WEEKLY_PARAMS, "weekly --breakdown"),
    "monthly": View("A row for each month.", partial(_series, "month"), _params, "monthly --order asc"),
}
