"""`whyburn why`: the diagnosis in ten lines."""

from __future__ import annotations

from typing import Any

import click

from whyburn.cli.postmortem import options


@click.command("why", short_help="Why a session was expensive, in ten lines.")
@click.argument("ident", metavar="[SESSION|last|today]", required=False)
@options.which_harness(None)
@options.where()
@options.fresh()
@options.hiding()
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> None:
    """Why a session was expensive, in ten lines: the bill, its causes, what would have saved it.

    SESSION is an id or the unique beginning of one; `last` is the newest, `today` the dearest of today.

    Example: whyburn why today
    """
    question, policy, _ = options.asked(given, None, implied=True)
    from whyburn.api.postmortem.answers import answer  # noqa: PLC0415
    from whyburn.views import text  # noqa: PLC0415
    from whyburn.views.postmortem import why as view  # noqa: PLC0415

    with options.opened(ctx, given) as found:
        answered, zone = answer(found, question, policy=policy), found.zone().tz
    on = text.screen()
    text.write(view.lines(answered, on, zone), on)
