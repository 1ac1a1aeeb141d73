"""`whyburn claude import-otel`: account for a telemetry export of Claude Code."""

from __future__ import annotations

from typing import Any

import click

from whyburn.cli.price_options import CLAUDE_PRICES
from whyburn.cli.trace_answer import answer, trace_options


@click.command("import-otel", short_help="What a telemetry export cost, and why.")
@trace_options(CLAUDE_PRICES)
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> None:
    """What an OpenTelemetry export of Claude Code cost and why: metrics and logs, as JSON or JSON lines.

    Requests in the logs win over counters of the same session and model, which tell the same usage in sums. Nothing is
    stored. FILE may be - for standard input.

    Example: whyburn claude import-otel examples/claude_otel_sample.json --budget 1
    """
    from whyburn.api.traces import import_otel  # noqa: PLC0415

    answer(ctx, import_otel, given)
