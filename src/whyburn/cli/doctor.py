"""`whyburn doctor`."""

from __future__ import annotations

import click

from whyburn.cli.context import emit_json, workspace


@click.command("doctor")
@click.option("--deep", is_flag=True, help="Recompute every sum and cost of the ledger and compare.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(ctx: click.Context, deep: bool, as_json: bool) -> None:
    """Check sources, settings, prices and the ledger, and say what to do next. Changes nothing.

    Example: whyburn doctor --deep
    """
    from whyburn.api.doctor import diagnose  # noqa: PLC0415  loads harnesses and prices

    with workspace(ctx, quiet=True) as found:
        diagnosis = diagnose(found, deep=deep)
    if as_json:
        emit_json("doctor", diagnosis.as_dict())
        return
    from whyburn.views import doctor as view  # noqa: PLC0415

    view.write(diagnosis)
