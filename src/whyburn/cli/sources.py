"""`whyburn sources`: which logs were found, what was read of them, and what could not be."""

from __future__ import annotations

from typing import cast

import click

from whyburn.cli.context import emit_json, workspace
from whyburn.cli.values import AtLeast, OneOf, refuse_if

SORTS = ("last", "tokens", "actual", "virtual", "savings")


@click.group("sources", invoke_without_command=True)
@click.option("--harness", multiple=True, metavar="NAME", help="Only this harness (repeatable).")
@click.option("--source", metavar="PATH", help="Look at this file or folder instead (one --harness) and read it.")
@click.option("--deep", is_flag=True, help="Count sessions, calls and tokens in the logs, not in the ledger.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(ctx: click.Context, harness: tuple[str, ...], source: str | None, deep: bool, as_json: bool) -> None:
    """Where logs were found and what was read of them. Without a subcommand: list.

    Example: whyburn sources --harness claude
    """
    if ctx.invoked_subcommand is None:
        _list(ctx, harness, source, deep=deep, as_json=as_json)
        return
    options = {"--harness": harness, "--source": source, "--deep": deep, "--json": as_json}
    for name, value in options.items():
        if value:
            raise click.UsageError(f"write {name} after {ctx.invoked_subcommand}", ctx)


@command.command("list", short_help="One row for each harness.")
@click.option("--harness", multiple=True, metavar="NAME", help="Only this harness (repeatable).")
@click.option("--source", metavar="PATH", help="Look at this file or folder instead (one --harness) and read it.")
@click.option("--deep", is_flag=True, help="Count sessions, calls and tokens in the logs, not in the ledger.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def list_(ctx: click.Context, harness: tuple[str, ...], source: str | None, deep: bool, as_json: bool) -> None:
    """One row for each harness: what is there, and how much of it the ledger has read. Stores nothing.

    Example: whyburn sources list --harness codex --source ~/.codex/sessions/2026
    """
    _list(ctx, harness, source, deep=deep, as_json=as_json)


def _list(ctx: click.Context, harness: tuple[str, ...], source: str | None, *, deep: bool, as_json: bool) -> None:
    from whyburn.api.sources.found import list_sources  # noqa: PLC0415

    if source is not None:
        refuse_if(len(set(harness)) != 1, "--source needs exactly one --harness: it says how the files are to be read")
        refuse_if(deep, "--source is counted in the logs anyway: leave out --deep")
    with workspace(ctx, quiet=as_json) as found:
        rows = list_sources(found, harness, source=source, deep=deep)
    if as_json:
        emit_json("sources", {"sources": [row.as_dict() for row in rows]})
        return
    from whyburn.views import sources as view  # noqa: PLC0415

    view.write_sources(rows)


@command.command("sessions", short_help="Sessions in the logs of a harness.")
@click.argument("harness")
@click.argument("ident", metavar="[ID]", required=False)
@click.option("--source", metavar="PATH", help="Read this file or folder instead of the usual places.")
@click.option("--last", is_flag=True, help="Only the first session of the list.")
@click.option("--limit", type=AtLeast(1), metavar="N", help="Only the first N sessions.")
@click.option("--sort", type=OneOf(SORTS), help="Newest (the default) or largest first.")
@click.option("--breakdown", is_flag=True, help="By model and by agent too.")
@click.option("--columns", metavar="A,B", help="Which columns, in which order.")
@click.option("--utc", is_flag=True, help="Times in UTC.")
@click.option("--rich", is_flag=True, help="Draw tables with the rich package.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def sessions(
    ctx: click.Context, harness: str, ident: str | None, source: str | None, last: bool, limit: int | None,
    sort: str | None, breakdown: bool, columns: str | None, utc: bool, rich: bool, as_json: bool,
) -> None:  # fmt: skip
    """The sessions in the logs of one harness, newest first. Read from the logs; nothing is stored.

    Example: whyburn sources sessions claude --sort virtual --limit 5
    """
    from whyburn.api.sources.scan import Sort, source_sessions  # noqa: PLC0415

    refuse_if(as_json and rich, "--json and --rich exclude each other")
    refuse_if(as_json and columns is not None, "--json has all columns: leave out --columns")
    refuse_if(columns is not None and breakdown, "--columns and --breakdown exclude each other")
    refuse_if(last and limit is not None, "--last and --limit exclude each other")
    for option, given in (("--last", last), ("--limit", limit), ("--sort", sort)):
        refuse_if(ident is not None and bool(given), f"an ID is one session: leave out {option}")
    wanted = None
    if columns is not None:
        from whyburn.views.sources import chosen  # noqa: PLC0415

        wanted = chosen(columns)
    limit, sort = 1 if last else limit, sort or "last"
    with workspace(ctx, quiet=as_json) as found:
        zone = found.zone(utc=utc)
        report = source_sessions(
            found, harness, ident, source=source, sort=cast("Sort", sort), limit=limit, breakdown=breakdown
        )
    if as_json:
        emit_json("source_sessions", {"timezone": zone.name, "sort": sort, **report.as_dict()})
        return
    from whyburn.views import sources as view  # noqa: PLC0415

    view.write_sessions(report, zone, columns=wanted, rich=rich)


@command.command("session", short_help="One session in the logs.")
@click.argument("harness")
@click.argument("ident", metavar="ID")
@click.option("--source", metavar="PATH", help="Read this file or folder instead of the usual places.")
@click.option("--breakdown", is_flag=True, help="By model and by agent too.")
@click.option("--utc", is_flag=True, help="Times in UTC.")
@click.option("--rich", is_flag=True, help="Draw tables with the rich package.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def session(
    ctx: click.Context, harness: str, ident: str, source: str | None, breakdown: bool, utc: bool, rich: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """One session as its logs tell it: when, what, how much. ID may be the beginning of an id.

    Example: whyburn sources session claude 3d1f0a52 --breakdown
    """
    from whyburn.api.sources.scan import source_sessions  # noqa: PLC0415

    refuse_if(as_json and rich, "--json and --rich exclude each other")
    refuse_if(rich and not breakdown, "--rich draws the tables of --breakdown: add it")
    with workspace(ctx, quiet=as_json) as found:
        zone = found.zone(utc=utc)
        report = source_sessions(found, harness, ident, source=source, breakdown=breakdown)
    one = report.rows[0]
    if as_json:
        emit_json("source_session", {"timezone": zone.name, "session": one.as_dict(breakdown=breakdown)})
        return
    from whyburn.views import sources as view  # noqa: PLC0415

    view.write_session(one, zone, breakdown=breakdown, rich=rich)


@command.command("skipped", short_help="What could not be read.")
@click.option("--harness", multiple=True, metavar="NAME", help="Only this harness (repeatable).")
@click.option("--clear", is_flag=True, help="Forget them; what is still unreadable comes back when it is read again.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def skipped(ctx: click.Context, harness: tuple[str, ...], clear: bool, as_json: bool) -> None:
    """Lines and files that could not be read, with their places and the reason.

    Example: whyburn sources skipped --harness codex
    """
    from whyburn.api.sources.skipped import forget_skipped, list_skipped  # noqa: PLC0415
    from whyburn.views import sources as view  # noqa: PLC0415

    with workspace(ctx, quiet=as_json) as found:
        if clear:
            gone = forget_skipped(found, harness)
            if as_json:
                emit_json("sources_skipped_cleared", gone.as_dict())
            else:
                view.write_forgotten(gone)
            return
        report = list_skipped(found, harness)
    if as_json:
        emit_json("sources_skipped", report.as_dict())
    else:
        view.write_skipped(report)
