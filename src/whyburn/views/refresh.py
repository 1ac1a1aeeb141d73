"""What a refresh did: one row for each harness that was found, one short line for those that were not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.views import text
from whyburn.views.words import clean, count_of, duration, path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whyburn.ledger.ingest import Outcome


def write(outcomes: Sequence[Outcome], *, dry_run: bool) -> None:
    """Print the table of a refresh."""
    text.write(blocks(outcomes, text.screen(), dry_run=dry_run))


def blocks(outcomes: Sequence[Outcome], on: text.Screen, *, dry_run: bool) -> list[str | text.Table]:
    """The table, the missing harnesses, and what could not be read."""
    found = [one for one in outcomes if one.status == "ok"]
    missing = [one for one in outcomes if one.status != "ok"]
    shown: list[str | text.Table] = []
    if dry_run:
        shown += [on.paint("dry run: nothing was stored", "bold"), ""]
    if found:
        shown.append(_table(found))
    elif not missing:
        shown.append("no harness to read: imports.harnesses is empty")
    if missing:
        names = ", ".join(f"{clean(one.harness)} ({', '.join(path(root) for root in one.roots)})" for one in missing)
        shown += text.prose(f"not found  {names}", on, indent=" " * 11, style="dim")
    for one in found:
        shown += [on.paint(f"{clean(one.harness)}: {path(error)}", "yellow") for error in one.errors]
    if any(one.problems for one in found):
        lines = sum(one.problems for one in found)
        shown += ["", f"{count_of(lines, 'line')} could not be read: whyburn sources skipped"]
    return shown


def _table(found: Sequence[Outcome]) -> text.Table:
    table = text.Table(
        [
            text.name("harness", least=8), text.number("files", drop=4), text.number("read"), text.number("new calls"),
            text.number("updated"), text.number("removed", drop=5), text.number("skipped lines", drop=2),
            text.number("time", drop=3), text.name("status", least=6),
        ]
    )  # fmt: skip
    for one in found:
        table.add(
            one.harness, f"{one.files_seen:,}", f"{one.files_read:,}", f"{one.inserted:,}", f"{one.updated:,}",
            f"{one.removed:,}" if one.removed else "", f"{one.problems:,}", duration(one.elapsed_ms), _status(one),
        )  # fmt: skip
    return table


def _status(one: Outcome) -> str:
    if one.errors or one.skipped_files:
        return f"{count_of(max(one.skipped_files, len(one.errors)), 'file')} unreadable"
    return "ok" if one.files_read else "nothing new" if one.files_seen else "empty"
