"""`whyburn init`."""

from __future__ import annotations

import click

from whyburn.cli.context import workspace


@click.command("init")
@click.pass_context
def command(ctx: click.Context) -> None:
    """Create the ledger, or bring it up to date, and print its path. Safe to repeat; nothing is lost.

    Example: whyburn --db ~/ledgers/all.db init
    """
    with workspace(ctx) as found:
        click.echo(found.init())
