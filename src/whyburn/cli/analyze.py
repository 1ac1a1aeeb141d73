"""`whyburn analyze`: one side of a session, or a trace file. `analyze FILE` means `analyze trace FILE`."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

import click

from whyburn.cli.price_options import ALL_PRICES
from whyburn.cli.trace_answer import answer, trace_options

SESSIONS = ("session", "cache")
WORDS = (*SESSIONS, "trace")


class AnalyzeGroup(click.Group):
    """A group in which the name of a file stands for `trace` and that file."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """The three words."""
        return list(WORDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """`session` and `cache` stand among the commands of the postmortem."""
        if cmd_name not in SESSIONS:
            return super().get_command(ctx, cmd_name)
        found: click.Command = getattr(import_module("whyburn.cli.postmortem.analysis"), cmd_name)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but for files; a file that is called like a subcommand is written with its folder."""
        name = args[0]
        if name not in WORDS and not name.startswith("--"):
            if not (name == "-" or os.path.exists(os.path.expanduser(name))):
                raise click.UsageError(f"{name!r} is no file and none of {', '.join(WORDS)}", ctx)
            args = ["trace", *args]
        return super().resolve_command(ctx, args)


@click.group("analyze", cls=AnalyzeGroup, invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """The health or the cache of a session, or a trace file. `analyze FILE` is short for `analyze trace FILE`.

    Example: whyburn analyze session --last
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@command.command("trace", short_help="What a trace of JSON lines cost, and why.")
@trace_options(ALL_PRICES)
@click.pass_context
def trace(ctx: click.Context, /, **given: Any) -> None:
    """What a trace cost and why: events as JSON lines, whoever wrote them. FILE may be - for standard input.

    Recorded costs hold unless prices are given; what has no recorded cost is priced from the price book. Savings are
    shown only where they can be computed from calls with counted tokens.

    Example: whyburn analyze trace examples/whyburn_trace.jsonl --budget 2 --fail-over-budget
    """
    from whyburn.api.traces import analyze_trace  # noqa: PLC0415

    answer(ctx, analyze_trace, given)
