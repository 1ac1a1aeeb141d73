"""Bare `whyburn`: the answer to the question one has when typing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.api.usage import ledger_contents, usage_overview
from whyburn.cli.context import workspace
from whyburn.views import home, text

if TYPE_CHECKING:
    import click

    from whyburn.api.workspace import Workspace
    from whyburn.views.usage_parts import Block


def show(ctx: click.Context) -> None:
    """Print the overview; without any logs, where they were looked for and the same screen on made-up ones."""
    on = text.screen()
    with workspace(ctx) as found:
        blocks = _screen(found, on)
    text.write(blocks, on)


def _screen(found: Workspace, on: text.Screen) -> list[Block]:
    asked, report = usage_overview(found)
    if report.known.sessions:
        return home.blocks(asked, report, on)
    places = [(one.name, roots) for one, roots in found.places()]
    said: list[Block] = [*home.nothing_found(places, on)]
    if found.settings.reports.refresh == "never" and ledger_contents(found).refreshed_ms is None:
        said += ["reports.refresh is never, so nothing was read: whyburn refresh"]
    return [*said, *_demo(on)]


def _demo(on: text.Screen) -> list[Block]:
    from whyburn.demo import demo_workspace  # noqa: PLC0415  only where there is nothing else to show

    with demo_workspace() as demo:
        asked, report = usage_overview(demo)
        return [*home.demo_title(on), *home.blocks(asked, report, on, demo=True)]
