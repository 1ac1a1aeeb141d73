"""The doctor's report: what was found, what is wrong, what to type next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.views import text
from whyburn.views.words import clean, count_of, path, size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whyburn.api.doctor import Diagnosis, FoundHarness, Wrong

_MOST_UNPRICED = 5


def write(diagnosis: Diagnosis) -> None:
    """Print the report."""
    text.write(blocks(diagnosis, text.screen()))


def blocks(diagnosis: Diagnosis, on: text.Screen) -> Sequence[str | text.Table]:
    """One line for each thing, under a word that says what kind of thing it is."""
    present = [one for one in diagnosis.harnesses if one.present]
    absent = [one.harness for one in diagnosis.harnesses if not one.present]
    rows: list[tuple[str, str]] = [("found", _found(one)) for one in present]
    if absent:
        rows.append(("not found", ", ".join(map(clean, absent)) + " (whyburn sources)"))
    rows.append(("ledger", _ledger(diagnosis)))
    rows.append(("prices", _prices(diagnosis)))
    rows += [("noticed", line) for line in _noticed(diagnosis)]
    rows += [("noticed", _wrong(one)) for one in diagnosis.wrong if one.level != "error"]
    rows += [("wrong", on.paint(_wrong(one), "red")) for one in diagnosis.wrong if one.level == "error"]
    rows += [("next", line) for line in diagnosis.next]
    shown: list[str] = []
    before = ""
    for label, line in rows:
        head = "" if label == before else label
        first, *more = text.prose(line, on, indent=" " * 11)
        shown += [f"{head:<10} {first}", *more]
        before = label
    return shown


def _found(one: FoundHarness) -> str:
    unread = f", {one.unread:,} not yet read" if one.unread else ""
    counts = f"{count_of(one.sessions, 'session')}, {count_of(one.calls, 'call')}{unread}"
    return f"{clean(one.harness):8} {path(one.roots[0])}   {counts}"


def _ledger(diagnosis: Diagnosis) -> str:
    state = diagnosis.ledger
    if not state.exists:
        return f"{path(state.path)}   not made yet: whyburn refresh"
    kinds = ("file", "types", "sums", "costs", "checkpoint")
    hurt = any(one.check in kinds for one in diagnosis.wrong)
    word = "damaged" if hurt else "sound" if state.checked else "not checked in depth"
    copies = f", {state.copies_only:,} known only from a copy" if state.copies_only else ""
    return f"{path(state.path)}   {size(state.bytes)}, {count_of(state.calls, 'call')}{copies}, {word}"


def _prices(diagnosis: Diagnosis) -> str:
    count = len(diagnosis.unpriced)
    if not count:
        return f"snapshot {clean(diagnosis.snapshot)}   every model in use is priced"
    names = ", ".join(map(clean, diagnosis.unpriced[:_MOST_UNPRICED]))
    more = ", …" if count > _MOST_UNPRICED else ""
    return f"snapshot {clean(diagnosis.snapshot)}   {count_of(count, 'model')} in use unpriced: {names}{more}"


def _noticed(diagnosis: Diagnosis) -> list[str]:
    lines = []
    if diagnosis.unreadable_lines:
        lines.append(f"{count_of(diagnosis.unreadable_lines, 'line')} could not be read (whyburn sources skipped)")
    if diagnosis.unreadable_files:
        lines.append(f"{count_of(diagnosis.unreadable_files, 'file')} could not be read (whyburn sources skipped)")
    lines += [
        f"{clean(one['harness'])} {clean(one['version'])} writes a record type we do not know: "
        f"{clean(one['kind'])} ({one['count']:,}×): totals may be too low"
        for one in diagnosis.unknown
    ]
    return lines


def _wrong(one: Wrong) -> str:
    line = f":{one.line}" if one.line else ""
    return f"{path(one.file)}{line}: {clean(one.message)}" if one.file else clean(one.message)
