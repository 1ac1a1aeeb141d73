"""`whyburn statusline` as a click command: for help, for `--db`, and for what the short path does not know."""

from __future__ import annotations

from typing import Any

import click

from whyburn.cli import statusline
from whyburn.settings.paths import resolve_paths


@click.command("statusline")
@click.option("--no-refresh", is_flag=True, help="Print what is stored and start no refresh in the background.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(ctx: click.Context, no_refresh: bool, as_json: bool) -> None:
    """One line for a prompt: the newest session's harness, model, tokens and cost.

    Example: whyburn statusline --no-refresh
    """
    given: dict[str, Any] = ctx.find_root().obj or {}
    places = [(f"--{name.replace('_', '-')}", path) for name, path in given.items() if path and name != "db"]
    words = tuple(word for place in places for word in place)
    statusline.show(db=resolve_paths(**given).db, refresh=not no_refresh, as_json=as_json, places=words)
