"""The aggregate report: totals first, then the models, then whatever there is more than one of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.views import text
from whyburn.views.usage_parts import (
    Block,
    is_priced,
    name_cell,
    next_line,
    output_text,
    pays,
    prompt_parts,
    sum_cells,
    sum_columns,
    title,
    weight,
)
from whyburn.views.words import clean, count_of, money, tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whyburn.api.usage import Asked
    from whyburn.usage.aggregate import Aggregate, Group
    from whyburn.usage.totals import Totals

_MOST_UNPRICED = 3


def blocks(words: str, asked: Asked, report: Aggregate, on: text.Screen) -> list[Block]:
    """The whole screen."""
    paid = pays([report.totals])
    found: list[Block] = [*title(words, asked, on, span=report.totals), ""]
    found += head(report, on)
    models = _models(report, paid=paid)
    others = [
        ("provider", "provider", report.by_provider), ("harness", "harness", report.by_harness),
        ("machine", "machine_label", report.by_machine), ("agent", "agent", report.by_agent),
    ]  # fmt: skip
    tables = [group_table([(heading, key)], rows, paid=paid) for heading, key, rows in others if len(rows) > 1]
    text.align([*(one for one in models if isinstance(one, text.Table)), *tables], on)
    found += ["", *models]
    for table in tables:
        found += ["", table]
    return [*found, *next_line(_next(words), on)]


def head(report: Aggregate, on: text.Screen) -> list[str]:
    """The totals in lines: prompt, output, cost, and what they have to be read with."""
    sums = report.totals
    calls = f"calls {sums.calls:,} in {count_of(report.sessions, 'session')}"
    searches = [f"web searches {sums.searches:,}"] if sums.searches else []
    found = [
        *text.flow("prompt", prompt_parts(sums), on),
        *text.flow("output", [output_text(sums), calls, *searches], on),
        *text.flow(on.paint("cost", "bold") + " " * 7, _costs(sums, on), on),
    ]
    found += [line for part in _unpriced(report.unconfigured) for line in _noted("unpriced", part, on)]
    if sums.unknown:
        found += _noted("unknown", f"{count_of(sums.unknown, 'call')} of which the log does not tell the tokens", on)
    if report.flagged:
        parts = [
            f"{name.replace('_', ' ')} {number:,}"
            for name, number in sorted(report.flagged.items(), key=lambda one: -one[1])
        ]
        found += text.flow("flags", ["calls to read with care:", ", ".join(parts)], on, gap=" ")
    return found


def group_table(
    names: Sequence[tuple[str, str]], rows: Sequence[Group], *, paid: bool, keep: bool = False
) -> text.Table:
    """Rows of a breakdown: `names` are (heading, key in the row's names), of which all but the first may go."""
    columns = [text.name(heading, least=8, drop=4 if n and not keep else 0) for n, (heading, _) in enumerate(names)]
    table = text.Table([*columns, *sum_columns(paid=paid)])
    priced = is_priced(row.totals for row in rows)
    for row in rows:
        cells = [name_cell(heading, row.names.get(key)) for heading, key in names]
        table.add(*cells, *sum_cells(row.totals, paid=paid), weight=weight(row.totals, priced=priced))
    return table


def _costs(sums: Totals, on: text.Screen) -> list[str]:
    plans = " (plans)" if sums.actual_pico == 0 and sums.virtual_pico else ""
    return [
        f"list price {on.paint(money(sums.virtual_pico), 'bold')}",
        f"paid {money(sums.actual_pico)}{plans}",
        f"recorded by harness {money(sums.source_pico)}",
    ]


def _unpriced(rows: Sequence[Group]) -> list[str]:
    said = [
        f"{clean(row.names['model_raw'])} via {clean(row.names['harness'])}: {count_of(row.totals.calls, 'call')}, "
        f"{tokens(row.totals.tokens)} tokens — not in the cost"
        for row in rows[:_MOST_UNPRICED]
    ]
    rest = rows[_MOST_UNPRICED:]
    if rest:
        calls, sums = sum(row.totals.calls for row in rest), sum(row.totals.tokens for row in rest)
        said.append(
            f"{count_of(len(rest), 'more model')}: {count_of(calls, 'call')}, {tokens(sums)} tokens — not in the cost"
        )
    return said


def _noted(label: str, said: str, on: text.Screen) -> list[str]:
    return text.prose(f"{label:<11}{said}", on, indent=" " * 11, style="yellow")


def _models(report: Aggregate, *, paid: bool) -> list[Block]:
    rows = report.by_model
    if not rows:
        return ["no model fits --price-state, --min-calls and --min-tokens; the totals above count all of them"]
    names = [("model", "model")]
    if report.display.split_effort:
        names.append(("effort", "effort"))
    if len({row.names["provider"] for row in rows}) > 1:
        names.append(("provider", "provider"))
    return [group_table(names, rows, paid=paid)]


def _next(words: str) -> list[str]:
    first = "whyburn usage sessions" + (" --today" if words.endswith("today") else "")
    return [first, "whyburn usage daily" if "today" in words else "whyburn usage by project"]
