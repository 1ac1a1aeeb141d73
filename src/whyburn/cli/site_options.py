"""Options of the commands that make a site, and what they work on: the user's sessions, or the made-up ones."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from whyburn.cli.options import policy_of
from whyburn.cli.postmortem import options, pages
from whyburn.cli.price_options import prices_of
from whyburn.cli.values import refuse_if

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from whyburn.api.postmortem.overview import Overview
    from whyburn.api.workspace import Policy, Workspace
    from whyburn.cli.postmortem.options import Given
    from whyburn.views.page.site import Look

    Command = Callable[..., Any]

_LOCAL = ("source", "claude_home", "codex_home", "cwd", "project", "refresh")
"""Options about local logs, which a demo does not read."""


def choosing(*, follows: bool = False) -> Callable[[Command], Command]:
    """Which sessions, at which prices, how much of them; as of when, unless the command `follows` the logs anyway."""
    return options.several(
        options.limit(20), options.which_harness(None), options.source(), options.where(),
        *([] if follows else [options.fresh()]),
        options.caching(), options.redacting(), options.prices(None), options.homes(None),
        click.option("--demo", is_flag=True, help="Made-up sessions; no local log is read."),
    )  # fmt: skip


class Chosen(NamedTuple):
    """What a site is made from."""

    workspace: Workspace
    ask: Callable[[Policy | None], Overview]
    """Analyses the sessions; None leaves it to the options and settings whether the ledger is refreshed first."""
    look: Look
    harness: str | None


@contextlib.contextmanager
def chosen(ctx: click.Context, given: Given, *, quiet: bool = False) -> Iterator[Chosen]:
    """The workspace that is meant, and how to ask it."""
    given = options.check_source(given)
    said = [f"--{name.replace('_', '-')}" for name in _LOCAL if given["demo"] and given.get(name) is not None]
    refuse_if(bool(said), f"--demo reads no local logs: leave out {', '.join(said)}")
    harness = options.harness_of(given, None)
    with _workspace(ctx, given, quiet=quiet) as found:
        yield Chosen(found, _asking(found, given, harness), pages.look_of(found, given), harness)


@contextlib.contextmanager
def _workspace(ctx: click.Context, given: Given, *, quiet: bool) -> Iterator[Workspace]:
    if given["demo"]:
        from whyburn.demo import demo_workspace  # noqa: PLC0415

        with demo_workspace() as found:
            yield found
        return
    with options.opened(ctx, given, quiet=quiet) as found:
        yield found


def _asking(workspace: Workspace, given: Given, harness: str | None) -> Callable[[Policy | None], Overview]:
    from whyburn.api.postmortem.choose import Wanted  # noqa: PLC0415
    from whyburn.api.postmortem.overview import overview  # noqa: PLC0415

    wanted, prices = Wanted(None, harness, given["cwd"], given["project"]), prices_of(given)

    def ask(policy: Policy | None) -> Overview:
        return overview(
            workspace, wanted, limit=given["limit"], digests=options.digests_of(workspace, given),
            policy=policy or policy_of(given.get("refresh")), prices=prices,
        )  # fmt: skip

    return ask


def described(found: Overview) -> str:
    """How many sessions of how many."""
    return f"{found.of:,}" if len(found.rows) == found.of else f"{len(found.rows):,} of {found.of:,}"


def source_of(found: Overview, *, synthetic: bool) -> str:
    """Where the sessions come from."""
    return "synthetic sessions, no local log was read" if synthetic else found.harness or "all harnesses"
