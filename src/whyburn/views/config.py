"""Settings as people read them: places, what holds, what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.views import text
from whyburn.views.words import clean, count_of, path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whyburn.api.config import Validation
    from whyburn.settings.schema import Problem
    from whyburn.settings.summary import Place, Summary
    from whyburn.settings.writer import Change

_INDENT = 11


def write_places(places: Sequence[Place], which: str) -> None:
    """Print all places with their labels, or one bare path."""
    if which == "all":
        text.write(f"{place.label:<15}{place.path}" for place in places)
    else:
        text.write(place.path for place in places if place.label == which)


def write_summary(summary: Summary) -> None:
    """Print what `config show` says."""
    text.write(_summary(summary, text.screen()))


def write_validation(found: Validation) -> None:
    """Print every problem, then what could be read."""
    text.write(_validation(found, text.screen()))


def write_change(change: Change) -> None:
    """Print what `config set` did."""
    before = "" if change.old is None else f" (was {_shown(change.old)})"
    made = "new file " if change.created else ""
    text.write([f"{change.key} = {_shown(change.new)}{before} in {made}{path(change.file)}"])


def verdict(found: Validation) -> str:
    """How many values cannot be used, and where the first one stands."""
    errors = found.of_level("error")
    first = errors[0]
    place = f"{path(first.file)}:{first.line}" if first.line else path(first.file)
    key = f" ({first.key})" if first.key else ""
    start = "" if len(errors) == 1 else "the first "
    return f"{count_of(len(errors), 'error')} in the settings, {start}at {place}{key}"


def _summary(summary: Summary, on: text.Screen) -> list[str | text.Table]:
    files = text.Table([text.name("", least=0), text.name("", least=20), text.name("", least=0)])
    for place in summary.places:
        files.add(place.label, path(place.path), "" if place.exists else "not there")
    harnesses = "all" if summary.harnesses is None else ", ".join(summary.harnesses) or "none"
    lines: list[str | text.Table] = [files, ""]
    lines += text.flow("reads", [harnesses, f"refresh before reports: {summary.refresh}"], on, indent=_INDENT)
    zone = summary.timezone or "this machine's zone"
    machine = [f"machine {clean(summary.machine_name)}"] if summary.machine_name else []
    lines += text.flow("shows", [clean(zone), f"weeks from {summary.week_start}", *machine], on, indent=_INDENT)
    lines += text.flow("costs", _costs(summary), on, indent=_INDENT)
    lines += text.flow("prices", _prices(summary), on, indent=_INDENT)
    lines += [" " * _INDENT + path(file) for file in summary.price_files]
    if summary.problems:
        noticed = count_of(len(summary.problems), "thing")
        lines += ["", f"{'noticed':<{_INDENT}}{noticed} in these files: whyburn config validate"]
    return lines


def _costs(summary: Summary) -> list[str]:
    paid = count_of(summary.actual_rules, "rule") if summary.actual_rules else "built-in rules"
    return [
        f"paid: {paid}, else {summary.default_actual_mode}",
        f"list price: {summary.default_virtual_mode}",
    ]


def _prices(summary: Summary) -> list[str]:
    own = summary.virtual_prices + summary.actual_prices
    rows = f"{summary.virtual_prices:,} list, {summary.actual_prices:,} paid" if own else "none of your own"
    parts = [rows if not own else f"own rows: {rows}", "then the built-in table"]
    if summary.provider_aliases:
        parts.append(count_of(summary.provider_aliases, "provider alias", "provider aliases"))
    if summary.price_profile:
        parts.append(f"profile {clean(summary.price_profile)}")
    return parts


def _validation(found: Validation, on: text.Screen) -> list[str | text.Table]:
    lines: list[str | text.Table] = [_problem(problem, on) for problem in found.problems]
    if lines:
        lines.append("")
    if not found.files:
        return [*lines, "no settings files: the defaults hold (whyburn config init writes commented ones)"]
    summary = found.summary
    lines += text.flow(
        "read",
        [
            count_of(len(found.files), "file"),
            count_of(summary.virtual_prices, "list price"),
            count_of(summary.actual_prices, "paid price"),
            count_of(summary.actual_rules, "cost rule"),
            count_of(summary.provider_aliases, "provider alias", "provider aliases"),
        ],
        on,
        indent=_INDENT,
    )
    lines += text.flow("found", _counts(found), on, indent=_INDENT)
    return lines


def _counts(found: Validation) -> list[str]:
    parts = [
        (len(found.of_level("error")), "error", "errors"),
        (len(found.of_level("unsupported")), "setting without effect", "settings without effect"),
        (len(found.of_level("warning")), "warning", "warnings"),
    ]
    return [count_of(number, one, many) for number, one, many in parts if number] or ["nothing wrong"]


def _problem(problem: Problem, on: text.Screen) -> str:
    style = "red" if problem.level == "error" else "yellow"
    place, _, message = str(problem).partition(": ")
    label = "" if problem.level == "error" else f"{problem.level}: "
    return f"{on.paint(clean(place), style)}: {label}{clean(message)}"


def _shown(value: object) -> str:
    from whyburn.settings.rules import shown  # noqa: PLC0415  imported already by whoever changed a value

    return clean(shown(value))
