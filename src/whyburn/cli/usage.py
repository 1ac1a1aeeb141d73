"""`whyburn usage …`: what was spent, in many views of one question.

Each view is a command that is built when it runs, with the options that act on it and no others. The report comes from
the api; here it is only chosen, asked for and handed to a view.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from whyburn.cli import options
from whyburn.cli.context import emit_json, workspace
from whyburn.cli.values import OneOf
from whyburn.errors import LedgerError, PeriodError, SchemaError, SelectionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from whyburn.api.usage import Asked, When
    from whyburn.api.workspace import Policy, Workspace
    from whyburn.cli.options import Given
    from whyburn.clock import Unit
    from whyburn.ledger.ingest import Outcome
    from whyburn.usage.aggregate import Display
    from whyburn.views.text import Screen, Table

    Blocks = list[str | Table]

_AGGREGATE_SORTS = ("virtual", "actual", "savings", "tokens", "calls", "provider", "model", "unpriced")
_BY_SORTS = ("virtual", "actual", "savings", "tokens", "calls", "unpriced")
_SESSIONS = 10
_STATUSLINE = "statusline"


class View(NamedTuple):
    """One command: its help line, its callback, its parameters, an example (after `whyburn usage`)."""

    help: str
    run: Callable[..., None]
    params: Callable[[], list[click.Parameter]]
    example: str


# --- what each view asks ---------------------------------------------------------------------------------------------


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
    from whyburn.usage.aggregate import Display  # noqa: PLC0415

    display = Display(
        given["price_state"],
        given["min_calls"],
        given["min_tokens"],
        given["sort"],
        given["limit"],
        given["split_thinking"],
    )

    def ask(found: Workspace, policy: Policy | None) -> tuple[Asked, Any]:
        return usage_report(found, when(found), options.filters_of(given), display=display, policy=policy)

    def draw(asked: Asked, report: Any, on: Screen) -> Blocks:
        from whyburn.views.usage_aggregate import blocks  # noqa: PLC0415

        return blocks(words, asked, report, on)

    _answer(ctx, given, "usage", ask, draw)


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

    _answer(ctx, given, "usage_series", ask, draw)


def _sessions(ctx: click.Context, **given: Any) -> None:
    from whyburn.api.usage import When, usage_sessions_report  # noqa: PLC0415
    from whyburn.views.text import screen  # noqa: PLC0415

    when = options.when_of(given)
    lines = not (given["as_json"] or given["table"] or given["rich"])
    unbounded = When(timezone=when.timezone, utc=when.utc)
    limit = 1 if given["last"] else given["limit"] or (_SESSIONS if when == unbounded else None)
    if given["as_json"]:
        options.exclusive(given, "as_json", "table")

    def ask(found: Workspace, policy: Policy | None) -> tuple[Asked, Any]:
        return usage_sessions_report(
            found, when, options.filters_of(given), order=given["order"], limit=limit, breakdown=given["breakdown"],
            spark=lines and screen().pictures, policy=policy,
        )  # fmt: skip

    def draw(asked: Asked, report: Any, on: Screen) -> Blocks:
        from whyburn.views.usage_sessions import blocks  # noqa: PLC0415

        return blocks(asked, report, on, table=not lines)

    _answer(ctx, given, "usage_sessions", ask, draw)


def _machines(ctx: click.Context, **given: Any) -> None:
    from whyburn.api.usage import usage_report  # noqa: PLC0415

    when = options.when_of(given)

    def ask(found: Workspace, policy: Policy | None) -> tuple[Asked, Any]:
        return usage_report(found, when, options.filters_of(given), policy=policy)

    def draw(asked: Asked, report: Any, on: Screen) -> Blocks:
        from whyburn.views.usage_tables import machine_blocks  # noqa: PLC0415

        return machine_blocks(asked, report, on)

    _answer(ctx, given, "usage_machines", ask, draw, keys=("by_machine", "totals"))


def _by(ctx: click.Context, **given: Any) -> None:
    from whyburn.api.usage import usage_by  # noqa: PLC0415

    dimensions = _dimensions(given["dimensions"])
    when = options.when_of(given)
    display = _display(given)

    def ask(found: Workspace, policy: Policy | None) -> tuple[Asked, Any]:
        return usage_by(found, dimensions, when, options.filters_of(given), display=display, policy=policy)

    def draw(asked: Asked, report: Any, on: Screen) -> Blocks:
        from whyburn.views.usage_tables import grouping_blocks  # noqa: PLC0415

        return grouping_blocks(asked, report, on)

    _answer(ctx, given, "usage_by", ask, draw)


def _display(given: Given) -> Display:
    from whyburn.usage.aggregate import Display  # noqa: PLC0415

    return Display(given["price_state"], given["min_calls"], given["min_tokens"], given["sort"], given["limit"])


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


# --- asking and answering --------------------------------------------------------------------------------------------


def _answer(
    ctx: click.Context, given: Given, kind: str, ask: Callable[[Workspace, Policy | None], tuple[Asked, Any]],
    draw: Callable[[Asked, Any, Screen], Blocks], *, keys: tuple[str, ...] | None = None,
) -> None:  # fmt: skip
    """Refresh as wanted, ask, print."""
    options.check_output(given)
    with workspace(ctx, quiet=given["as_json"]) as found:
        outcomes, policy = _refreshed(found, given)
        asked, report = ask(found, policy)
        nothing = not report.totals.calls and not report.totals.tokens
        if given["as_json"]:
            body = report.as_dict()
            body = body if keys is None else {key: body[key] for key in keys}
            _emit(kind, {"filters": asked.as_dict(), **body}, outcomes)
            return
        on = _screen()
        blocks = _nothing(found, ctx, asked, on) if nothing else draw(asked, report, on)
    if outcomes is not None:
        from whyburn.views.refresh import blocks as refresh_blocks  # noqa: PLC0415

        blocks = [*refresh_blocks(outcomes, on, dry_run=False), "", *blocks]
    _print(blocks, on, rich=given["rich"])


def _refreshed(found: Workspace, given: Given) -> tuple[list[Outcome] | None, Policy | None]:
    """What was read (None unless details are wanted), and whether the report is still to refresh."""
    if not given["refresh_details"]:
        return None, options.policy_of(given)
    try:
        return found.refresh(), "never"
    except SchemaError:
        raise
    except LedgerError as error:
        found.notes.append(f"{error}; what follows is what was stored before")
        return [], "never"


def _emit(kind: str, report: dict[str, Any], outcomes: list[Outcome] | None) -> None:
    if outcomes is None:
        emit_json(kind, report)
        return
    from whyburn.cli.refresh import as_row  # noqa: PLC0415

    emit_json(kind, {"refresh": [as_row(one) for one in outcomes], "report": report})


def _nothing(found: Workspace, ctx: click.Context, asked: Asked, on: Screen) -> Blocks:
    from whyburn.api.usage import ledger_contents  # noqa: PLC0415
    from whyburn.views.usage_parts import empty, title  # noqa: PLC0415

    said = empty(asked, ledger_contents(found), [(one.name, roots) for one, roots in found.places()], on)
    return [*title(f"usage {ctx.info_name}", asked, on), "", *said]


def _screen() -> Screen:
    from whyburn.views.text import screen  # noqa: PLC0415

    return screen()


def _print(blocks: Blocks, on: Screen, *, rich: bool) -> None:
    if rich:
        from whyburn.views.rich_tables import write as write_rich  # noqa: PLC0415

        write_rich(blocks, on)
        return
    from whyburn.views.text import write  # noqa: PLC0415

    write(blocks, on)


# --- the table of views ----------------------------------------------------------------------------------------------


def _common() -> list[click.Parameter]:
    return [*options.filters(), *options.zones(), *options.output()]


def _aggregate_params() -> list[click.Parameter]:
    split = click.Option(["--split-thinking"], is_flag=True, help="A row for each thinking effort of a model.")
    return [*_common(), *options.display(_AGGREGATE_SORTS), split]


def _dated_params() -> list[click.Parameter]:
    return [click.Argument(["date"], required=False), *_aggregate_params()]


def _summary_params() -> list[click.Parameter]:
    return [*options.boundaries(), *_aggregate_params()]


def _series_params(*, weekly: bool = False) -> list[click.Parameter]:
    from whyburn.clock import WEEKDAYS  # noqa: PLC0415

    start = click.Option(
        ["--start-of-week"], type=OneOf(WEEKDAYS), help="First day of a week (default: reports.week_start)."
    )
    return [
        *options.boundaries(), *_common(), options.order("Order of rows"), options.limit("rows"), options.breakdown(),
        click.Option(["--instances"], is_flag=True, help="A table for each session."),
        click.Option(["--fill"], is_flag=True, help="Show periods without calls too."),
        *([start] if weekly else []),
    ]  # fmt: skip


def _sessions_params() -> list[click.Parameter]:
    return [
        *options.boundaries(), *options.named_periods(), *_common(), options.order("Order of sessions"),
        options.limit("sessions (default: 10, all with a period)"), options.breakdown(),
        click.Option(["--last"], is_flag=True, help="Only the first one: the newest, or with --order asc the oldest."),
        click.Option(["--table"], is_flag=True, help="One row a session."),
    ]  # fmt: skip


def _list_params() -> list[click.Parameter]:
    return [*options.boundaries(), *options.named_periods(), *_common()]


def _by_params() -> list[click.Parameter]:
    dimensions = click.Argument(["dimensions"], metavar="DIM[,DIM…]")
    return [dimensions, *_list_params(), *options.display(_BY_SORTS)]


_WEEKLY_PARAMS = partial(_series_params, weekly=True)
VIEWS = {
    "today": View("Today.", partial(_named, "today"), _aggregate_params, "today --harness claude"),
    "yesterday": View("Yesterday.", partial(_named, "yesterday"), _aggregate_params, "yesterday"),
    "this-week": View("This week.", partial(_named, "this-week"), _aggregate_params, "this-week --sort tokens"),
    "last-week": View("Last week.", partial(_named, "last-week"), _aggregate_params, "last-week --utc --json"),
    "this-month": View("This month.", partial(_named, "this-month"), _aggregate_params, "this-month"),
    "last-month": View("Last month.", partial(_named, "last-month"), _aggregate_params, "last-month"),
    "day": View("Today, or the day of DATE.", partial(_on, "day"), _dated_params, "day 2026-11-12"),
    "week": View("This week, or the week of DATE.", partial(_on, "week"), _dated_params, "week 2026-11-12"),
    "summary": View(
        "All time, or the window you give.", _summary, _summary_params,
        "summary --since 2026-05-01 --until 2026-06-01 --timezone Europe/Berlin",
    ),
    "daily": View("A row for each day.", partial(_series, "day"), _series_params, "daily --limit 5"),
    "weekly": View("A row for each week.", partial(_series, "week"), _WEEKLY_PARAMS, "weekly --breakdown"),
    "monthly": View("A row for each month.", partial(_series, "month"), _series_params, "monthly --order asc"),
    "sessions": View("Sessions, newest first.", _sessions, _sessions_params, "sessions --today --table"),
    "machines": View("A row for each machine.", _machines, _list_params, "machines --this-month"),
    "by": View(
        "Any dimensions: hour day week month harness provider model agent effort project machine session.",
        _by, _by_params,
        "by project,model --last-days 30",
    ),
}  # fmt: skip


def build(name: str) -> click.Command:
    """The command of a view."""
    view = VIEWS[name]
    return click.Command(
        name, callback=click.pass_context(view.run), params=view.params(),
        help=f"{view.help}\n\nExample: whyburn usage {view.example}",
    )  # fmt: skip


class _Views(click.Group):
    """Builds the command that runs and no other: some four hundred options would cost each report 10 ms."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click calls it so
        return [*VIEWS, _STATUSLINE]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name == _STATUSLINE:
            from whyburn.cli.statusline_command import command as statusline  # noqa: PLC0415

            return statusline
        return build(cmd_name) if cmd_name in VIEWS else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Views"):
            rows = [(name, view.help) for name, view in VIEWS.items()]
            formatter.write_dl([*rows, (_STATUSLINE, "The older name of `whyburn statusline`.")])


@click.group("usage", cls=_Views, invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """What was spent: by period, model, project, session, any dimension.

    Example: whyburn usage today
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
