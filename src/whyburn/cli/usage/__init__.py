"""`whyburn usage …`: what was spent, in many views of one question.

Each view is a command that is built when it runs, with the options that act on it and no others. The report comes from
the api; here it is only chosen, asked for and handed to a view. A family of views is a module: `totals` of one window,
`series` over time, `lists` of sessions, machines and whatever else calls can be counted by.
"""

from __future__ import annotations

import click

from whyburn.cli.usage import lists, series, totals

_STATUSLINE = "statusline"
VIEWS = {**totals.VIEWS, **series.VIEWS, **lists.VIEWS}
"""By name, in the order of the help."""


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
