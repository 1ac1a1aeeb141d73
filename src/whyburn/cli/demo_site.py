"""`whyburn demo-site`: a folder of pages over made-up sessions, the same bytes every time."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from whyburn import __version__
from whyburn.cli.context import SCHEMA_VERSION
from whyburn.cli.postmortem import pages
from whyburn.clock import Zone

if TYPE_CHECKING:
    from whyburn.api.postmortem.overview import Overview

OUT = os.path.join(pages.FOLDER, "demo-site")
DEMO_MS = 1_795_001_200_000
"""2026-11-18 11:26:40 UTC: what the demo takes for now; its models were listed then."""
_ALL = 1_000


@click.command("demo-site", short_help="A folder of demo pages over made-up sessions.")
@click.option("--out", metavar="DIR", default=OUT, show_default=True, help="Where the pages go.")
def command(out: str) -> None:
    """Pages over made-up sessions, to look at before there is anything of one's own. No local history is read.

    Example: whyburn demo-site --out demo
    """
    overview = write_demo(out)
    click.echo(f"synthetic: {len(overview.rows)} made-up sessions, no local history was read")
    click.echo(f"written to {os.path.join(out, 'index.html')}")


def write_demo(out: str) -> Overview:
    """Write the demo site into a folder. Clock and zone are fixed, so the same version writes the same bytes."""
    from whyburn.api.postmortem.overview import overview  # noqa: PLC0415
    from whyburn.api.postmortem.site import write_site  # noqa: PLC0415
    from whyburn.demo import demo_workspace  # noqa: PLC0415
    from whyburn.views.page.site import Look, files  # noqa: PLC0415

    look = Look(__version__, SCHEMA_VERSION, Zone("UTC"), synthetic=True, generated_ms=DEMO_MS)
    with demo_workspace(now_ms=DEMO_MS) as workspace:
        found = overview(workspace, limit=_ALL, zone=look.zone, most=_ALL)
        write_site(out, files(workspace, found, look, sessions=True))
    return found
