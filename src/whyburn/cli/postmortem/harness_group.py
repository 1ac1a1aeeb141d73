"""`whyburn HARNESS …`: the verbs of the postmortem for one harness, built when they run, and what only it has."""

from __future__ import annotations

from importlib import import_module

import click

VERBS = {
    "scan": "Recent sessions.",
    "explain": "Where the money of a session went, in full.",
    "report": "One session as a page.",
    "overview": "Many sessions: which were dear, and why.",
}
OWN = {"claude": {"import-otel": ("whyburn.cli.import_otel", "What a telemetry export cost, and why.")}}
"""Commands that one harness has: module and help line."""


class HarnessGroup(click.Group):
    """The commands of one harness; a module is imported when its command runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """The verbs, then the harness's own commands."""
        return [*VERBS, *OWN.get(str(self.name), {})]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """A verb for this harness, or one of its own commands."""
        if cmd_name in VERBS:
            built: click.Command = import_module(f"whyburn.cli.postmortem.{cmd_name}").build(self.name)
            return built
        own = OWN.get(str(self.name), {}).get(cmd_name)
        if own is None:
            return None
        found: click.Command = import_module(own[0]).command
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  click's
        """The list of commands, without importing any."""
        own = [(name, said) for name, (_, said) in OWN.get(str(self.name), {}).items()]
        with formatter.section("Commands"):
            formatter.write_dl([*VERBS.items(), *own])


def build(harness: str) -> click.Command:
    """The group of a harness."""

    text = f"Sessions of {harness}: list, explain, report.\n\nExample: whyburn {harness} explain --last"

    @click.group(harness, cls=HarnessGroup, invoke_without_command=True, help=text)
    @click.pass_context
    def command(ctx: click.Context) -> None:
        if ctx.invoked_subcommand is None:
            click.echo(ctx.get_help())

    return command
