"""Options that the commands of the postmortem share, and the question that their values make together.

A command for one harness has that harness's own options only: `--thread-id` is Codex's word, `--session-id` the
others'; prices differ in their classes. Nothing is accepted that would do nothing.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import click

from whyburn.api.postmortem.answers import Question
from whyburn.api.postmortem.choose import Wanted
from whyburn.cli import price_options
from whyburn.cli.context import workspace
from whyburn.cli.options import policy_of
from whyburn.cli.values import AtLeast, OneOf, refuse_if
from whyburn.errors import SelectionError
from whyburn.postmortem.redact import LEVELS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from whyburn.api.postmortem.digests import Digests
    from whyburn.api.workspace import Policy, Workspace
    from whyburn.postmortem.redact import Level

    Command = Callable[..., Any]

Given = dict[str, Any]
AUTO = "auto"
WORDS = frozenset({"last", "today"})
"""What may stand in the place of an id: the newest session, the dearest of today."""
_PRICES = {"claude": price_options.CLAUDE_PRICES, "codex": price_options.CODEX_PRICES}
_HOMES = {"claude": "~/.claude", "codex": "~/.codex"}


def several(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Several decorators as one, in the order in which help lists them."""

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def which_harness(harness: str | None) -> Callable[[Command], Command]:
    """--harness NAME, where the command is not for one already."""
    if harness is not None:
        return several()
    return click.option("--harness", metavar="NAME", help="Only this harness (default: auto, whichever fits).")


def where() -> Callable[[Command], Command]:
    """Sessions of a folder or project only."""
    return several(
        click.option("--cwd", metavar="DIR", help="Only sessions in this folder or below it."),
        click.option("--project", metavar="PATH|NAME", help="Only sessions of this project: folder or its name."),
    )


def session(harness: str | None) -> Callable[[Command], Command]:
    """One session: by id, the newest, or in a file."""
    whose = " (Claude Code, unless --harness says otherwise)" if harness is None else ""
    thread = click.option("--thread-id", metavar="ID", help="A Codex thread: id or unique beginning of one.")
    ident = click.option("--session-id", metavar="ID", help=f"A session: id or unique beginning of one{whose}.")
    file = click.option("--session-file", metavar="FILE", help="The session in this log file, wherever it lies.")
    return several(
        click.argument("ident", metavar="[ID]", required=False),
        click.option("--last", is_flag=True, help="The newest session."),
        *([thread] if harness in {None, "codex"} else []), *([ident] if harness != "codex" else []), file,
        which_harness(harness), where(), fresh(),
    )  # fmt: skip


def fresh() -> Callable[[Command], Command]:
    """--refresh/--no-refresh."""
    return click.option(
        "--refresh/--no-refresh", default=None, help="Read new log lines first (default: reports.refresh)."
    )


def prices(harness: str | None) -> Callable[[Command], Command]:
    """Prices instead of the price book's."""
    return price_options.price_options(_PRICES.get(harness or "", price_options.ALL_PRICES))


def homes(harness: str | None) -> Callable[[Command], Command]:
    """Other homes of harnesses than the usual ones."""
    found = [name for name in _HOMES if harness in {None, name}]
    return several(*(
        click.option(f"--{name}-home", metavar="DIR", help=f"Logs of this home instead of {_HOMES[name]}; they stay "
                     "out of the ledger.") for name in found))  # fmt: skip


def caching() -> Callable[[Command], Command]:
    """--cache-dir and --no-cache; `digests_of` heeds them."""
    return several(
        click.option("--cache-dir", metavar="DIR", help="Keep finished postmortems here, not in the ledger."),
        click.option("--no-cache", is_flag=True, help="Explain every session anew and keep nothing."),
    )


def redacting() -> Callable[[Command], Command]:
    """--redact LEVEL."""
    return click.option(
        "--redact", type=OneOf(LEVELS), default="default", show_default=True, help="none: everything. default: secrets "
        "masked, home and project folder shortened. share: names, commands and titles become pseudonyms.",
    )  # fmt: skip


def hiding() -> Callable[[Command], Command]:
    """How much may be shown."""
    text = "Leave out every text from the log: counts and dollars only."
    return several(redacting(), click.option("--no-content", is_flag=True, help=text))


class Limit(AtLeast):
    """A number of rows; none, or fewer, is bad syntax here, as the older tool documents it."""

    def __init__(self) -> None:
        super().__init__(1)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number."""
        try:
            return super().convert(value, param, ctx)
        except SelectionError as error:
            self.fail(str(error), param, ctx)


def limit(default: int) -> Callable[[Command], Command]:
    """--limit N."""
    return click.option("--limit", type=Limit(), default=default, show_default=True, metavar="N",
                        help="Only the newest N sessions.")  # fmt: skip


# --- what was given ---------------------------------------------------------------------------------------------------


class Asked(NamedTuple):
    """A question, how fresh the ledger is to be, and whether the session was left to us."""

    question: Question
    policy: Policy | None
    automatic: bool


def asked(given: Given, harness: str | None, *, implied: bool) -> Asked:
    """The question of a command for one session; `implied`: without any choice the newest is meant."""
    chosen = {f"--{name.replace('_', '-')}": given.get(name) for name in ("thread_id", "session_id", "session_file")}
    chosen = {"ID": given["ident"], "--last": given.get("last"), **chosen}
    said = [name for name, value in chosen.items() if value]
    refuse_if(len(said) > 1, f"{' and '.join(said)} exclude each other")
    refuse_if(not said and not implied, "say which session: --last, or an id")
    narrowed = [f"--{name}" for name in ("cwd", "project") if given[name] is not None]
    named = bool(said) and said != ["--last"] and given["ident"] not in WORDS
    refuse_if(
        named and bool(narrowed), f"{said[0] if said else ''} names a session: leave out {' and '.join(narrowed)}"
    )
    refuse_if(bool(chosen["--session-file"]) and given["refresh"] is not None, "a file is read as it is: leave out "
              "--refresh and --no-refresh")  # fmt: skip
    ident = chosen["ID"] or chosen.get("--thread-id") or chosen.get("--session-id")
    wanted = Wanted(ident or None, harness_of(given, harness), given["cwd"], given["project"])
    question = Question(wanted, chosen["--session-file"], price_options.prices_of(given), level_of(given),
                        not given.get("no_content", False))  # fmt: skip
    return Asked(
        question, policy_of(given["refresh"]), automatic=not named and ident != "today" and wanted.harness is None
    )


def digests_of(workspace: Workspace, given: Given) -> Digests:
    """Where finished postmortems are kept."""
    from whyburn.api.postmortem.digests import Digests  # noqa: PLC0415

    refuse_if(given["no_cache"] and given["cache_dir"] is not None, "--no-cache and --cache-dir exclude each other")
    return Digests(workspace, folder=given["cache_dir"], enabled=not given["no_cache"])


def level_of(given: Given) -> Level:
    """How much is hidden."""
    return cast("Level", given.get("redact", "default"))


def harness_of(given: Given, harness: str | None) -> str | None:
    """The harness that is meant; None for any. An unknown name is an error that lists the known ones."""
    from whyburn.harnesses import registry  # noqa: PLC0415

    if harness is not None:
        return harness
    name = given.get("harness")
    if name not in {None, AUTO}:
        return str(registry.harness(name).name)
    if given.get("thread_id"):
        return "codex"
    return "claude" if given.get("session_id") else None


@contextlib.contextmanager
def opened(ctx: click.Context, given: Given, *, quiet: bool = False) -> Iterator[Workspace]:
    """The workspace that a command works on: the user's, or one apart for the homes or the source that were named."""
    named = {name: given[f"{name}_home"] for name in _HOMES if given.get(f"{name}_home") is not None}
    source = given.get("source")
    with workspace(ctx, quiet=quiet) as found:
        if not named and (source is None or is_harness(source)):
            yield found
            return
        from whyburn.api.postmortem.apart import with_homes, with_source  # noqa: PLC0415  rare

        refuse_if(bool(named) and source is not None, "--source and a home exclude each other")
        apart = with_homes(found, named) if named else with_source(found, source or "", given.get("harness"))
        with apart:
            yield apart


def source() -> Callable[[Command], Command]:
    """--source VALUE: a harness's name, or a path."""
    return click.option("--source", metavar="NAME|PATH", help="auto, a harness, or the file or folder of logs to read.")


def check_source(given: Given) -> Given:
    """`--source` with a harness's name means `--harness`; a path must exist (exit 2)."""
    value = given["source"]
    if value is None:
        return given
    refuse_if(given.get("harness") is not None and is_harness(value), "--source and --harness exclude each other")
    if is_harness(value):
        return {**given, "source": None, "harness": value}
    refuse_if(not os.path.exists(os.path.expanduser(value)), f"--source {value} is neither a harness nor a path")
    return given


def is_harness(value: str) -> bool:
    """Whether a word names a harness, or all of them."""
    from whyburn.harnesses import registry  # noqa: PLC0415

    return value == AUTO or value in registry.names()
