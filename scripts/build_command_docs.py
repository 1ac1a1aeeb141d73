"""Bring the parts of the docs that the program itself can tell up to date, or check that they are.

    python scripts/build_command_docs.py            write docs/commands.md, and the captures in README.md and docs/
    python scripts/build_command_docs.py --check    write nothing; exit 1 when a page would change

A capture is a fenced block behind `<!-- output of: COMMAND -->`. It is made from the logs of the demo, with the clock
standing still, as a terminal of 80 columns without colour would show it.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import click

from whyburn.cli.app import app, run
from whyburn.demo.logs import write_logs

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
NOW_MS = int(datetime(2026, 11, 21, 21, 0, tzinfo=UTC).timestamp() * 1000)
CAPTURE = re.compile(r"(?<=<!-- output of: )(whyburn[^\n]*)( -->\n```text\n).*?(?=^```$)", re.DOTALL | re.MULTILINE)
_VIEWS = "whyburn usage"
HEAD = """\
# Commands

Every command with all of its options, as `--help` prints them. This page is written by
`python scripts/build_command_docs.py`; a test compares it with the program.

Exit codes: 0 done, also when there is no data · 1 a data or user error, one line on stderr · 2 unknown, exclusive or
inert options · 3 a limit that you set was exceeded (`--fail-over-budget`) · 130 interrupted. With `--json` the output
is one object: see [JSON_OUTPUT.md](JSON_OUTPUT.md).
"""


def main(arguments: list[str]) -> int:
    pages = {ROOT / "docs" / "commands.md": commands_page(), **captured_pages()}
    stale = [page for page, text in pages.items() if not page.exists() or page.read_text("utf-8") != text]
    for page in stale:
        print(f"{'differs' if '--check' in arguments else 'written'}: {page.relative_to(ROOT)}")
        if "--check" not in arguments:
            page.write_text(pages[page], "utf-8")
    return 1 if stale and "--check" in arguments else 0


# --- docs/commands.md -------------------------------------------------------------------------------------------------


def commands_page() -> str:
    """All commands, depth first; options that all views of a group share stand once."""
    return HEAD + "".join(_sections(app, "whyburn", None))


def every_command(command: click.Command, words: str, above: click.Context | None) -> Iterator[click.Context]:
    """The contexts of a command and of all below it."""
    here = click.Context(command, info_name=words, parent=above)
    yield here
    if isinstance(command, click.Group):
        for name in command.list_commands(here):
            found = command.get_command(here, name)
            if found is not None:
                yield from every_command(found, name, here)


def options_of(here: click.Context) -> list[tuple[str, str]]:
    """(names, help) of every option but --help."""
    rows = [one.get_help_record(here) for one in here.command.params if isinstance(one, click.Option)]
    return [row for row in rows if row is not None]


def _sections(command: click.Command, words: str, above: click.Context | None) -> Iterator[str]:
    shared: list[tuple[str, str]] = []
    first: dict[tuple[tuple[str, str], ...], str] = {}
    for here in every_command(command, words, above):
        path = here.command_path
        yield f"\n{'#' * min(path.count(' ') + 2, 4)} {path}\n\n{_said(here)}"
        if path == _VIEWS:
            shared = _shared(here)
            yield f"\nOptions of every view:\n{_table(shared)}"
            continue
        is_view = path.startswith(_VIEWS + " ") and all(row in options_of(here) for row in shared)
        own = [row for row in options_of(here) if not is_view or row not in shared]
        same = first.setdefault(tuple(own), path)
        yield f"\nThe same options as `{same}`.\n" if own and same != path else _table(own)
        if is_view and same == path:
            yield "\nAnd the options of every view, above.\n" if own else "\nThe options of every view, above.\n"


def _shared(here: click.Context) -> list[tuple[str, str]]:
    """Options that every view of a group has."""
    views = [one for one in every_command(here.command, str(here.info_name), here.parent) if one.parent is not None
             and one.command is not here.command and one.info_name != "statusline"]  # fmt: skip
    first, *others = (options_of(one) for one in views)
    return [row for row in first if all(row in rows for rows in others)]


def _said(here: click.Context) -> str:
    """Usage, help and example."""
    usage = " ".join(here.command.collect_usage_pieces(here))
    text = " ".join((here.command.help or "").split())
    text, _, example = text.partition(" Example: ")
    shown = f"\n\nExample: `{example}`" if example else ""
    return f"`{here.command_path} {usage}`\n\n{text}{shown}\n"


def _table(rows: list[tuple[str, str]]) -> str:
    if not rows:
        return ""
    lines = [f"| `{names.replace('|', chr(92) + '|')}` | {said.replace('|', chr(92) + '|')} |" for names, said in rows]
    return "\n".join(["", "| option | |", "|---|---|", *lines, ""])


# --- captures ---------------------------------------------------------------------------------------------------------


def captured_pages() -> dict[Path, str]:
    """The pages that hold captures, with fresh ones."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    texts = {page: page.read_text("utf-8") for page in pages if page.exists()}
    with tempfile.TemporaryDirectory() as home, _standing_still(home):
        return {
            page: CAPTURE.sub(lambda found: f"{found[1]}{found[2]}{_printed(found[1], home)}", text)
            for page, text in texts.items()
            if "<!-- output of: " in text
        }


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@contextlib.contextmanager
def _standing_still(home: str) -> Iterator[None]:
    """An environment that has nothing of the machine's own: home, zone, clock, width, colours."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    fixed = {"HOME": home, "TZ": "UTC", "COLUMNS": "80", "NO_COLOR": "1", "WHYBURN_MACHINE_NAME": "laptop"}
    write_logs(home, NOW_MS)
    clock = mock.patch("whyburn.clock.now_ms", return_value=NOW_MS)
    with mock.patch.dict(os.environ, {**kept, **fixed}, clear=True), clock:
        time.tzset()
        yield


def _printed(command: str, home: str) -> str:
    said = _Terminal()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):
        code = run(command.split()[1:])
    if code:
        raise SystemExit(f"{command} ended with {code}")
    return said.getvalue().replace(home, "~").lstrip("\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
