"""Bare `whyburn`: the answer to the question one has when typing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.api.usage import ledger_contents, usage_overview
from whyburn.cli.context import workspace
from whyburn.views import home, text

if TYPE_CHECKING:
    import click

    from whyburn.api.workspace import Workspace
    from whyburn.usage.overview import Overview
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
        from whyburn.api.postmortem.hiding import discreet  # noqa: PLC0415

        return home.blocks(asked, report._replace(top=discreet(report.top)), on, causes=_causes(found, report))
    places = [(one.name, roots) for one, roots in found.places()]
    said: list[Block] = [*home.nothing_found(places, on)]
    if found.settings.reports.refresh == "never" and ledger_contents(found).refreshed_ms is None:
        said += ["reports.refresh is never, so nothing was read: whyburn refresh"]
    return [*said, *_demo(on)]


def _causes(found: Workspace, report: Overview) -> dict[int, str]:
    """The likely causes of the sessions that are shown, as far as they were explained before; of the dearest one, now.

    Explaining reads a log, so where logs are not to be read (`reports.refresh` is never) only what is stored is shown.
    """
    idents = [row.ident for row in report.top.rows]
    if not idents:
        return {}
    from whyburn.api.postmortem.kept import quick_digest, stored_digests  # noqa: PLC0415
    from whyburn.views.postmortem.digest_lines import short_cause  # noqa: PLC0415

    digests = stored_digests(found, idents)
    if idents[0] not in digests and found.settings.reports.refresh != "never":
        made = quick_digest(found, idents[0])
        digests |= {idents[0]: made} if made is not None else {}
    return {ident: short_cause(digest) for ident, digest in digests.items()}


def _demo(on: text.Screen) -> list[Block]:
    from whyburn.demo import demo_workspace  # noqa: PLC0415  only where there is nothing else to show

    with demo_workspace() as demo:
        asked, report = usage_overview(demo)
        return [*home.demo_title(on), *home.blocks(asked, report, on, demo=True)]
