"""Views with a row for each of something: sessions, machines, any dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from whyburn.cli import options
from whyburn.cli.usage.answering import View, answer, common
from whyburn.errors import PeriodError, SelectionError

if TYPE_CHECKING:
    from whyburn.api.usage import Asked
    from whyburn.api.workspace import Policy, Workspace
    from whyburn.cli.usage.answering import Blocks
    from whyburn.usage.sessions import Sessions
    from whyburn.views.text import Screen

_SORTS = ("virtual", "actual", "savings", "tokens", "calls", "unpriced")
_SESSIONS = 10
"""So many are listed where no period says how many there are."""


def _sessions(ctx: click.Context, **given: Any) -> None:
    from whyburn.api.usage import When, usage_sessions_report  # noqa: PLC0415
    from whyburn.views.text import screen  # noqa: PLC0415

    when = options.when_of(given)
    options.exclusive(given, "last", "limit")
    lines = not (given["as_json"] or given["table"] or given["rich"])
    unbounded = When(timezone=when.timezone, utc=when.utc)
    limit = 1 if given["last"] else given["limit"] or (_SESSIONS if when == unbounded else None)
    if given["as_json"]:
        options.exclusive(given, "as_json", "table")

    def ask(found: Workspace, policy: Policy | None) -> tuple[Asked, Any]:
        asked, report = usage_sessions_report(
            found, when, options.filters_of(given), order=given["order"], limit=limit, breakdown=given["breakdown"],
            spark=lines and screen().pictures, policy=policy,
        )  # fmt: skip
        from whyburn.api.postmortem.hiding import discreet  # noqa: PLC0415

        return asked, discreet(_summarised(found, report) if given["with_summary"] else report)

    def draw(asked: Asked, report: Any, on: Screen) -> Blocks:
        from whyburn.views.usage_sessions import blocks  # noqa: PLC0415

        return blocks(asked, report, on, table=not lines)

    answer(ctx, given, "usage_sessions", ask, draw)


def _summarised(found: Workspace, report: Sessions) -> Sessions:
    """With the line of each session's digest, where one is stored and still holds."""
    from whyburn.api.postmortem.kept import stored_digests  # noqa: PLC0415
    from whyburn.views.postmortem.digest_lines import line_of  # noqa: PLC0415

    digests = stored_digests(found, [row.ident for row in report.rows])
    return report.with_summaries({ident: line_of(digest) for ident, digest in digests.items()})


def _machines(ctx: click.Context, **given: Any) -> None:
    from whyburn.api.usage import usage_report  # noqa: PLC0415

    when = options.when_of(given)

    def ask(found: Workspace, policy: Policy | None) -> tuple[Asked, Any]:
        return usage_report(found, when, options.filters_of(given), policy=policy)

    def draw(asked: Asked, report: Any, on: Screen) -> Blocks:
        from whyburn.views.usage_tables import machine_blocks  # noqa: PLC0415

        return machine_blocks(asked, report, on)

    answer(ctx, given, "usage_machines", ask, draw, keys=("by_machine", "totals"))


def _by(ctx: click.Context, **given: Any) -> None:
    from whyburn.api.usage import usage_by  # noqa: PLC0415

    dimensions = _dimensions(given["dimensions"])
    when = options.when_of(given)
    display = options.display_of(given)

    def ask(found: Workspace, policy: Policy | None) -> tuple[Asked, Any]:
        return usage_by(found, dimensions, when, options.filters_of(given), display=display, policy=policy)

    def draw(asked: Asked, report: Any, on: Screen) -> Blocks:
        from whyburn.views.usage_tables import grouping_blocks  # noqa: PLC0415

        return grouping_blocks(asked, report, on)

    answer(ctx, given, "usage_by", ask, draw)


def _dimensions(text: str) -> tuple[str, ...]:
    from whyburn.usage.engine import DIMENSIONS, TIME  # noqa: PLC0415

    found = tuple(part.strip().lower() for part in text.split(","))
    for one in found:
        if one not in DIMENSIONS:
            raise SelectionError(f"{one!r} is not a dimension: {', '.join(DIMENSIONS)}")
    if len(set(found)) < len(found):
        raise SelectionError(f"usage by {text}: a dimension stands there twice")
    times = [one for one in found if one in TIME]
    if len(times) > 1:
        raise PeriodError(f"usage by {text}: {' and '.join(times)} are both periods, choose one")
    return found


def _sessions_params() -> list[click.Parameter]:
    return [
        *options.boundaries(), *options.named_periods(), *common(), options.order("Order of sessions"),
        options.limit("sessions (default: 10, all with a period)"), options.breakdown(),
        click.Option(["--last"], is_flag=True, help="Only the first one: the newest, or with --order asc the oldest."),
        click.Option(["--table"], is_flag=True, help="One row a session."),
        click.Option(["--with-summary"], is_flag=True, help="Show why, for sessions whose digest is stored."),
    ]  # fmt: skip


def _list_params() -> list[click.Parameter]:
    return [*options.boundaries(), *options.named_periods(), *common()]


def _by_params() -> list[click.Parameter]:
    dimensions = click.Argument(["dimensions"], metavar="DIM[,DIM…]")
    return [dimensions, *_list_params(), *options.display(_SORTS)]


VIEWS = {
    "sessions": View("Sessions, newest first.", _sessions, _sessions_params, "sessions --today --table"),
    "machines": View("A row for each machine.", _machines, _list_params, "machines --this-month"),
    "by": View(
        "Any dimensions: hour day week month harness provider model agent effort project machine session.",
        _by, _by_params,
        "by project,model --last-days 30",
    ),
}  # fmt: skip
