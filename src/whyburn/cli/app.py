"""The command group, and the only place where exceptions become exit codes.

0 done, also when there is no data · 1 a data or user error, one line on stderr · 2 syntax · 3 a limit that the user set
was exceeded · 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import click

from whyburn import __version__
from whyburn.errors import WhyburnError

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    "why": ("whyburn.cli.postmortem.why", "Why a session was expensive, in ten lines."),
    "explain": ("whyburn.cli.postmortem.explain", "Where the money of a session went, in full."),
    "report": ("whyburn.cli.postmortem.report", "One session as a page."),
    "overview": ("whyburn.cli.postmortem.overview", "Many sessions: which were dear, and why."),
    "dashboard": ("whyburn.cli.dashboard", "An overview as a folder of static pages."),
    "serve": ("whyburn.cli.serve", "The dashboard in the browser, following the logs."),
    "open": ("whyburn.cli.open", "The newest session in the browser, or the demo."),
    "demo-site": ("whyburn.cli.demo_site", "A folder of demo pages over made-up sessions."),
    "scan": ("whyburn.cli.postmortem.scan", "Recent sessions."),
    "analyze": ("whyburn.cli.analyze", "A session's health, its cache, or a trace file."),
    "usage": ("whyburn.cli.usage", "What was spent: by period, model, project, session, any dimension."),
    "refresh": ("whyburn.cli.refresh", "Read what is new in the logs."),
    "sources": ("whyburn.cli.sources", "Where logs were found and what was read of them."),
    "prices": ("whyburn.cli.prices", "The price book: what a model costs and why."),
    "config": ("whyburn.cli.config", "Settings files: make, show, check, change."),
    "doctor": ("whyburn.cli.doctor", "Check sources, settings, prices and the ledger."),
    "statusline": ("whyburn.cli.statusline_command", "One line for a prompt."),
    "init": ("whyburn.cli.init", "Create the ledger."),
}
"""Name to module and help line: `--help` imports none of the modules."""
HARNESS_HELP = "scan, explain, report, overview: the sessions of one harness."


def harness_names() -> list[str]:
    """Every harness is a command too: `whyburn claude explain`."""
    from whyburn.harnesses import registry  # noqa: PLC0415  only when no other command fits, and for lists

    return registry.names()


class LazyGroup(click.Group):
    """A group whose commands are imported when they run."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """All commands, in the order of their table, then the harnesses."""
        return [*COMMANDS, *harness_names()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  click's signature
        """The command of a name, its module imported."""
        if cmd_name not in COMMANDS:
            return _harness(cmd_name)
        command: click.Command = import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  click's
        """The list of commands, from the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])
        with formatter.section("Harnesses"):
            formatter.write_dl([(", ".join(harness_names()), HARNESS_HELP)])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the nearest name in the error."""
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in COMMANDS and name not in harness_names():
            from difflib import get_close_matches  # noqa: PLC0415  only for an error

            near = get_close_matches(name, self.list_commands(ctx), n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise click.UsageError(f"No such command {name!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)


def _harness(name: str) -> click.Command | None:
    """The commands of a harness; None for a name that is none."""
    if name not in harness_names():
        return None
    command: click.Command = import_module("whyburn.cli.postmortem.harness_group").build(name)
    return command


@click.group(cls=LazyGroup, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--db", metavar="FILE", help="The ledger (WHYBURN_DB).")
@click.option("--config", metavar="FILE", help="config.toml; price files are looked for beside it (WHYBURN_CONFIG).")
@click.option("--machine-config", metavar="FILE", help="machine.toml (WHYBURN_MACHINE_CONFIG).")
@click.option("--prices", metavar="FILE", help="prices.toml (WHYBURN_PRICES).")
@click.option("--prices-dir", metavar="DIR", help="Folder of more price files (WHYBURN_PRICES_DIR).")
@click.option("--subscriptions", metavar="FILE", help="subscriptions.toml (WHYBURN_SUBSCRIPTIONS).")
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.pass_context
def app(ctx: click.Context, /, **places: str | None) -> None:
    """Where did the money go, and why: an exact, local ledger for AI coding agents.

    Without a command: today, this month, and what cost most.
    """
    ctx.obj = places
    if ctx.invoked_subcommand is None:
        import_module("whyburn.cli.home").show(ctx)


def run(arguments: Sequence[str]) -> int:
    """Run the command line with these arguments; the exit code."""
    out = sys.stdout
    try:
        code = _run(arguments)
        out.flush()
    except (BrokenPipeError, SystemExit) as error:
        if isinstance(error, SystemExit) and sys.stdout is out:  # of a closed pipe click makes an exit, and replaces it
            raise
        # Whoever read our output has had enough; what Python flushes at exit must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
        return 0
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
        return _say(f"the answer could not be written: {error.strerror or error}", 1)
    return code


def _run(arguments: Sequence[str]) -> int:
    try:
        code = app.main(args=list(arguments), prog_name="whyburn", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 0
    except click.UsageError as error:
        where = f" (see: {error.ctx.command_path} --help)" if error.ctx is not None else ""
        return _say(error.format_message() + where, 2)
    except (click.ClickException, WhyburnError) as error:
        return _say(error.format_message() if isinstance(error, click.ClickException) else str(error), 1)
    except (KeyboardInterrupt, click.Abort):
        return 130
    return code if isinstance(code, int) else 0  # what `Context.exit` was called with


def _say(message: str, code: int) -> int:
    sys.stderr.write(f"whyburn: {' '.join(message.split())}\n")
    return code
