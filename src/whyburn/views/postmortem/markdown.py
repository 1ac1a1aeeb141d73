"""A report as Markdown: the sections of the terminal, with every text of the log escaped so that it stays text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from whyburn.views.postmortem import facts
from whyburn.views.postmortem.sections import sections
from whyburn.views.words import money

if TYPE_CHECKING:
    from datetime import tzinfo

    from whyburn.api.postmortem.answers import Answer
    from whyburn.views.postmortem.facts import Data
    from whyburn.views.postmortem.parts import Entry, Grid, Section

_SPECIAL = re.compile(r"([\\`*_\[\]<>|#~!&])")
_START = re.compile(r"^(\d*)([-+=.)])(?=\s|$)")


def markdown(answer: Answer, zone: tzinfo, *, budget: str = "") -> str:
    """The whole document."""
    data = answer.data
    name = data["session"]["title"] or f"{data['session']['harness']} session {data['session']['id']}"
    parts = [f"# {plain(name)}", "", plain(_bill(answer, zone)), "", *_causes(answer)]
    if budget:
        parts += [f"**Budget:** {plain(budget)}", ""]
    for section in sections(data):
        parts += [*_section(section), ""]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(parts)).rstrip("\n") + "\n"


def plain(text: str) -> str:
    """A text that Markdown shows as it is."""
    return _START.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", facts.tidy(text)))


def _bill(answer: Answer, zone: tzinfo) -> str:
    data = answer.data
    parts = [facts.bill_text(data), facts.models_text(data), facts.calls_text(data), answer.place,
             facts.period_text(data, zone), f"quality {data['quality']['level']}"]  # fmt: skip
    return " · ".join(filter(None, parts))


def _causes(answer: Answer) -> list[str]:
    data = answer.data
    found = [_cause(one, data) for one in facts.saving_findings(data)[:3]]
    joint = data["avoidable"]["cost_pico_usd"]
    if joint:
        found.append(f"- avoidable together about **{money(joint)}** ({facts.share_text(joint, data)})")
    return [*found, ""] if found else []


def _cause(one: Data, data: Data) -> str:
    cost = one["incremental_saving_pico_usd"]
    return f"- **{money(cost)}** ({facts.share_text(cost, data)}) {plain(one['title'])}"


def _section(section: Section) -> list[str]:
    found = [f"## {section.title[:1].upper()}{section.title[1:]}", ""] if section.title else []
    found += [f"- {f'**{plain(label)}**: ' if label else ''}{plain(line)}" for label, line in section.lines]
    found += [""] if section.lines else []
    for one in section.entries:
        found += _entry(one, section.heads)
    return [*found, *(_rows(section.grid) if section.grid is not None else [])]


def _entry(one: Entry, heads: tuple[str, ...]) -> list[str]:
    cells = [f"{head} {cell}".strip() for head, cell in zip(heads, one.cells, strict=True)]
    return [f"- {plain(one.text)} ({plain(', '.join(cells))})", *(f"  - {plain(line)}" for line in one.below)]


def _rows(grid: Grid) -> list[str]:
    if not grid.rows:
        return []
    head = [f"| {' | '.join(title for title, *_ in grid.columns)} |",
            f"| {' | '.join('---:' if right else '---' for _, right, _ in grid.columns)} |"]  # fmt: skip
    return [*head, *(f"| {' | '.join(plain(cell) for cell in cells)} |" for cells, _ in grid.rows)]
