"""`whyburn refresh`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from whyburn.api.workspace import RefreshOptions
from whyburn.cli.context import emit_json, workspace
from whyburn.cli.values import refuse_if
from whyburn.errors import BusyError

if TYPE_CHECKING:
    from whyburn.api.workspace import Workspace
    from whyburn.ledger.ingest import Outcome


@click.command("refresh")
@click.option("--harness", multiple=True, metavar="NAME", help="Only this harness (repeatable).")
@click.option("--source", metavar="PATH", help="Read this file or folder instead of the usual places (one --harness).")
@click.option("--source-session", metavar="ID", help="Only calls of this session; the sources stay unread otherwise.")
@click.option("--full", is_flag=True, help="Read everything again, also what seems unchanged.")
@click.option("--dry-run", is_flag=True, help="Show what would be imported and store nothing.")
@click.option(
    "--raw/--no-raw", default=None, help="Keep raw records for debugging (default: imports.include_raw_json)."
)
@click.option("--purge-raw", is_flag=True, help="Erase all raw records that were kept.")
@click.option("--no-run", is_flag=True, help="The calls read now belong to no run.")
@click.option(
    "--if-idle",
    is_flag=True,
    help="Do nothing while another refresh runs, or when reports.refresh is never: for prompts and timers.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(
    ctx: click.Context, harness: tuple[str, ...], source: str | None, source_session: str | None, full: bool,
    dry_run: bool, raw: bool | None, purge_raw: bool, no_run: bool,  # noqa: ARG001  runs come later
    if_idle: bool, as_json: bool,
) -> None:  # fmt: skip
    """Read what is new in the logs into the ledger.

    Example: whyburn refresh --harness claude --source ~/.claude/projects
    """
    refuse_if(dry_run and purge_raw, "--dry-run stores and erases nothing: leave out --purge-raw")
    options = RefreshOptions(harness, source, source_session, full, dry_run, raw)
    with workspace(ctx, quiet=as_json) as found:
        if purge_raw:
            found.purge_raw()
        outcomes = _if_idle(found, options) if if_idle else found.refresh(options)
    if as_json:
        emit_json("refresh", {"dry_run": dry_run, "results": [as_row(one) for one in outcomes or ()]})
        return
    if outcomes is None:
        click.echo("not refreshed: another refresh is running, or reports.refresh is never")
        return
    from whyburn.views import refresh as view  # noqa: PLC0415

    view.write(outcomes, dry_run=dry_run)


def _if_idle(found: Workspace, options: RefreshOptions) -> list[Outcome] | None:
    """None when somebody else is at it, or when the user wants no refresh that was not asked for."""
    if found.settings.reports.refresh == "never":
        return None
    try:
        return found.refresh(options, wait_seconds=0.0)
    except BusyError:
        return None


def as_row(outcome: Outcome) -> dict[str, Any]:
    """The JSON form of what one harness gave."""
    return asdict(outcome)
