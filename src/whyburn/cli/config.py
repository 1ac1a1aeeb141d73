"""`whyburn config`: the settings files. All of it works while they are broken."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import click

from whyburn.cli.context import emit_json, paths_of
from whyburn.cli.values import OneOf

if TYPE_CHECKING:
    from whyburn.settings.templates import Only, Template

WHICH = ("all", "config", "machine", "prices", "prices-dir", "subscriptions", "db", "cache")


@click.group("config", invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Settings files: make, show, check, change.

    Example: whyburn config set reports.timezone Europe/Berlin
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@command.command("init", short_help="Write commented settings files.")
@click.option("--template", type=OneOf(("default", "copilot")), default="default", show_default=True,
              help="copilot adds an example price list and names it.")  # fmt: skip
@click.option("--only", type=OneOf(("all", "config", "prices", "subscriptions")), default="all",
              show_default=True, help="Only these files.")  # fmt: skip
@click.option("--force", is_flag=True, help="Replace files that are there.")
@click.pass_context
def init(ctx: click.Context, template: str, only: str, force: bool) -> None:
    """Write commented settings files and the prices folder; print each.

    Example: whyburn config init --template copilot
    """
    from whyburn.api.config import init_config  # noqa: PLC0415

    for path in init_config(paths_of(ctx), cast("Template", template), cast("Only", only), force=force):
        click.echo(path)


@command.command("path", short_help="Where settings, ledger and cache are.")
@click.option("--which", type=OneOf(WHICH), default="all", show_default=True, help="Only this one, bare.")
@click.pass_context
def path(ctx: click.Context, which: str) -> None:
    """Where the settings, the ledger and the cache are, as options, environment and defaults say.

    Example: $EDITOR "$(whyburn config path --which config)"
    """
    from whyburn.api.config import config_places  # noqa: PLC0415
    from whyburn.views import config as view  # noqa: PLC0415

    view.write_places(config_places(paths_of(ctx)), which)


@command.command("show", short_help="What the settings say.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def show(ctx: click.Context, as_json: bool) -> None:
    """Which files there are, what they say, and how much of it.

    Example: whyburn config show --json
    """
    from whyburn.api.config import show_config  # noqa: PLC0415

    summary = show_config(paths_of(ctx))
    if as_json:
        emit_json("config", summary.as_dict())
        return
    from whyburn.views import config as view  # noqa: PLC0415

    view.write_summary(summary)


@command.command("validate", short_help="List all that is wrong, with lines.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def validate(ctx: click.Context, as_json: bool) -> None:
    """Read every file and list all that is wrong, with file and line. Exit 1 when a value cannot be used.

    Example: whyburn config validate
    """
    from whyburn.api.config import validate_config  # noqa: PLC0415
    from whyburn.errors import SettingsError  # noqa: PLC0415
    from whyburn.views import config as view  # noqa: PLC0415

    found = validate_config(paths_of(ctx))
    if as_json:
        emit_json("config_validation", found.as_dict())
    else:
        view.write_validation(found)
    if not found.valid:
        raise SettingsError(view.verdict(found))


@command.command("set", short_help="Set one key, keep all else.")
@click.argument("key")
@click.argument("value")
@click.pass_context
def set_(ctx: click.Context, key: str, value: str) -> None:
    """Set one key and keep everything else in the file as it is, comments too. Lists are comma separated.

    Example: whyburn config set reports.refresh never
    """
    from whyburn.api.config import set_config  # noqa: PLC0415
    from whyburn.views import config as view  # noqa: PLC0415

    view.write_change(set_config(paths_of(ctx), key, value))
