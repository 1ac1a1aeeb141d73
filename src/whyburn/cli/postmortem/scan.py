"""`whyburn scan`, and `whyburn HARNESS scan`: recent sessions, to choose one from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from whyburn.cli.context import emit_json
from whyburn.cli.options import policy_of
from whyburn.cli.postmortem import options

if TYPE_CHECKING:
    from whyburn.cli.postmortem.options import Given


def build(harness: str | None) -> click.Command:
    """The command for one harness, or for all."""
    whose = f"{harness} " if harness else ""

    @click.command("scan", short_help="Recent sessions.",
                   help=f"Recent {whose}sessions, newest first: id, time, folder, tokens, cost, title.\n\n"
                   f"Example: whyburn {whose}scan --limit 5")  # fmt: skip
    @options.limit(10)
    @options.which_harness(harness)
    @options.where()
    @options.fresh()
    @click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    @options.redacting()
    @options.homes(harness)
    @click.pass_context
    def command(ctx: click.Context, /, **given: Any) -> None:
        _run(ctx, given, harness)

    return command


def _run(ctx: click.Context, given: Given, harness: str | None) -> None:
    from whyburn.api.postmortem.choose import Wanted  # noqa: PLC0415
    from whyburn.api.postmortem.scan import recent_sessions  # noqa: PLC0415
    from whyburn.postmortem.redact import Redactor, redacted  # noqa: PLC0415

    wanted = Wanted(None, options.harness_of(given, harness), given["cwd"], given["project"])
    redact = Redactor.of(options.level_of(given))
    with options.opened(ctx, given, quiet=given["as_json"]) as found:
        report = recent_sessions(found, wanted, limit=given["limit"], policy=policy_of(given["refresh"]))
        zone = found.zone().tz
    if given["as_json"]:
        emit_json(f"{harness}_scan" if harness else "scan", redacted(report.as_dict(), redact))
        return
    from whyburn.views import text  # noqa: PLC0415
    from whyburn.views.postmortem import scan as view  # noqa: PLC0415

    on = text.screen()
    text.write(view.blocks(report, on, zone, redact), on)


command = build(None)
