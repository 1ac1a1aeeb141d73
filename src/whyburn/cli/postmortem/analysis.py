"""`whyburn analyze session` and `whyburn analyze cache`: one side of a session, for health checks and scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from whyburn.cli.context import emit_json
from whyburn.cli.postmortem import options, writing
from whyburn.cli.values import refuse_if

if TYPE_CHECKING:
    from collections.abc import Callable

    from whyburn.api.postmortem.answers import Answer
    from whyburn.api.workspace import Workspace
    from whyburn.cli.postmortem.options import Asked, Given
    from whyburn.postmortem.report import Report

    Command = Callable[..., Any]


def _selection(command: Command) -> Command:
    """Which session: words that are a harness, an id, or both."""
    return options.several(
        click.argument("session", metavar="[HARNESS] [ID]", nargs=-1),
        click.option("--last", is_flag=True, help="The newest session (also when nothing is said)."),
        options.where(), options.fresh(),
    )(command)  # fmt: skip


def _output(command: Command) -> Command:
    return options.several(
        click.option("--json", "as_json", is_flag=True, help="Print JSON."),
        click.option("--rich", is_flag=True, help='Print rich tables (extra "rich").'), options.redacting(),
    )(command)  # fmt: skip


@click.command("session", short_help="The health of a session, without any text of its log.")
@_selection
@click.option("--details", is_flag=True, help="With files, commands, findings and what to do.")
@click.option("--bad-calls", is_flag=True, help="List the tool calls that did not succeed.")
@click.option("--all-tool-calls", is_flag=True, help="List every tool call.")
@click.option("--persist", is_flag=True, help="Keep the session's digest in the ledger, for lists and overviews.")
@_output
@click.pass_context
def session(ctx: click.Context, /, **given: Any) -> None:
    """The health of one session: usage, cache, tools. No message, command or file of it is shown without --details.

    Example: whyburn analyze session codex --last --bad-calls
    """
    refuse_if(given["bad_calls"] and given["all_tool_calls"], "--bad-calls and --all-tool-calls exclude each other")
    asked = _asked(given)
    from whyburn.api.postmortem.answers import chosen  # noqa: PLC0415
    from whyburn.api.postmortem.compact import session_compact, tool_calls  # noqa: PLC0415
    from whyburn.api.postmortem.kept import keep_digest  # noqa: PLC0415

    listing = given["bad_calls"] or given["all_tool_calls"]
    with options.opened(ctx, given, quiet=given["as_json"]) as found:
        answered, report = _answered(found, asked, whole=listing)
        calls = None if report is None else tool_calls(report, bad_only=given["bad_calls"])
        if given["persist"]:
            keep_digest(found, chosen(found, found.reader("never"), asked.question.wanted))
        zone = found.zone().tz
    body = session_compact(answered.data, details=given["details"])
    if given["as_json"]:
        more = {} if calls is None else {"tool_calls": calls}
        kept = {"persisted": True} if given["persist"] else {}
        emit_json("session_compact_report", {"type": "session_compact_report", **body, **more, **kept})
        return
    from whyburn.views import text  # noqa: PLC0415
    from whyburn.views.postmortem import analysis as view  # noqa: PLC0415

    on = text.screen()
    blocks = view.session_blocks(answered, body, on, zone, listed=calls, every=given["all_tool_calls"])
    text.show([*blocks, *(["digest kept in the ledger"] if given["persist"] else [])], on, rich=given["rich"])


@click.command("cache", short_help="What the cache of a session did, and what losing it cost.")
@_selection
@click.option("--no-calls", is_flag=True, help="Without a row for each call.")
@_output
@click.pass_context
def cache(ctx: click.Context, /, **given: Any) -> None:
    """What the cache of one session did: shares, lifetimes, losses with causes and premiums, what would cost less.

    Example: whyburn analyze cache --last --no-calls
    """
    asked = _asked(given)
    from whyburn.api.postmortem.compact import cache_analysis, cache_calls  # noqa: PLC0415

    with options.opened(ctx, given, quiet=given["as_json"]) as found:
        answered, report = _answered(found, asked, whole=not given["no_calls"])
        zone = found.zone().tz
    body = cache_analysis(answered.data, None if report is None else cache_calls(report))
    if given["as_json"]:
        emit_json("cache_analysis", body)
        return
    from whyburn.views import text  # noqa: PLC0415
    from whyburn.views.postmortem import analysis as view  # noqa: PLC0415

    on = text.screen()
    text.show(view.cache_blocks(answered, body, on, zone), on, rich=given["rich"])


def _asked(given: Given) -> Asked:
    refuse_if(given["as_json"] and given["rich"], "--json and --rich exclude each other")
    words = list(given["session"])
    harness = words.pop(0) if words and words[0] != options.AUTO and options.is_harness(words[0]) else None
    refuse_if(len(words) > 1, f"{' '.join(words)}: a harness and an id are all that can be said")
    if words and given["last"] and harness is None:
        from whyburn.harnesses import registry  # noqa: PLC0415

        known = ", ".join(registry.names())
        said = f"{words[0]} is no harness ({known}), and an ID and --last exclude each other"
        raise click.UsageError(said, click.get_current_context())
    return options.asked({**given, "ident": words[0] if words else None}, harness, implied=True)


def _answered(found: Workspace, asked: Asked, *, whole: bool) -> tuple[Answer, Report | None]:
    """The answer, and the report behind it where more than the answer is needed."""
    from whyburn.api.postmortem.answers import answer, answer_of, report_for  # noqa: PLC0415

    if not whole:
        answered, report = answer(found, asked.question, policy=asked.policy), None
    else:
        report = report_for(found, asked.question, policy=asked.policy)
        answered = answer_of(found, asked.question, report)
    if asked.automatic:
        writing.announce(answered)
    return answered, report
