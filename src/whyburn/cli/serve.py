"""`whyburn serve`: the dashboard on this machine, following the logs.

Ctrl-C is how serving ends, so it ends with 0; interrupted (130) is only who stops the analysis before the address is
printed: then the work that was asked for did not get done.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from whyburn.cli import site_options
from whyburn.cli.postmortem import options, pages, writing
from whyburn.cli.values import AtLeast
from whyburn.errors import SelectionError

if TYPE_CHECKING:
    from collections.abc import Sequence

HOST, PORT = "127.0.0.1", 8787
SITE = os.path.join(pages.FOLDER, "site")
_LAST_PORT = 65_535


@click.command("serve", short_help="The dashboard in the browser, following the logs.")
@options.several(
    click.option("--host", default=HOST, show_default=True, metavar="ADDRESS", help="Where to listen."),
    click.option("--port", type=AtLeast(0), default=PORT, show_default=True, metavar="N",
                 help="0 takes a free one."),
    click.option("--allow-remote", is_flag=True, help="Let --host be reachable from other machines: whoever reaches "
                 "the port can read all pages."),
    click.option("--site-dir", metavar="DIR", default=SITE, show_default=True, help="Folder of the pages."),
    site_options.choosing(follows=True),
)  # fmt: skip
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> None:
    """Serve the dashboard of the newest sessions on this machine only; open pages follow the logs as they grow.

    Pages are written into a folder of their own and nothing else is served. Stop with Ctrl-C.

    Example: whyburn serve --port 0
    """
    from whyburn.web.keeper import Keeper  # noqa: PLC0415  starlette and uvicorn are for those who serve
    from whyburn.web.run import is_loopback, listen, serve, url_of  # noqa: PLC0415

    host = given["host"]
    if not is_loopback(host) and not given["allow_remote"]:
        raise SelectionError(f"--host {host} can be reached from other machines: add --allow-remote if that is meant")
    if given["port"] > _LAST_PORT:
        raise SelectionError(f"--port {given['port']}: there is none beyond {_LAST_PORT}")
    if is_loopback(host) and given["allow_remote"]:
        raise click.UsageError(f"--allow-remote has no effect on {host}", ctx)
    with listen(host, given["port"]) as listening, site_options.chosen(ctx, given) as found:
        keeper = Keeper(found.workspace, given["site_dir"], found.look, found.ask, harness=found.harness)
        overview = keeper.start()
        keeper.close()  # the server's thread opens the ledger again
        found.workspace.progress = None
        for line in overview.unreadable[:3]:
            writing.note(line)
        said = (
            ("serving", url_of(host, listening)),
            ("source", site_options.source_of(overview, synthetic=found.look.synthetic)),
            ("sessions", site_options.described(overview)), ("folder", keeper.folder), ("stop", "Ctrl-C"),
        )  # fmt: skip
        serve(keeper, listening, host=host, announce=lambda: _say(said))


def _say(lines: Sequence[tuple[str, str]]) -> None:
    for label, text in lines:
        click.echo(f"{label:<9} {text}")
    sys.stdout.flush()
