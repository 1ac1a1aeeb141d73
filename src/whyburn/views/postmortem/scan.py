"""Recent sessions as a table: what there is to be explained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.views import text
from whyburn.views.usage_parts import moment, name_cell
from whyburn.views.usage_sessions import short_ids
from whyburn.views.words import UNKNOWN, clean, count_of, money, tokens

if TYPE_CHECKING:
    from datetime import tzinfo

    from whyburn.api.postmortem.scan import Scan, Scanned
    from whyburn.postmortem.redact import Redactor


def blocks(scan: Scan, on: text.Screen, zone: tzinfo, redact: Redactor) -> list[text.Block]:
    """The whole screen."""
    name = f"{scan.harness} scan" if scan.harness else "scan"
    if not scan.rows:
        return [
            f"{name}: no sessions",
            *text.flow("try:", ["whyburn doctor", "whyburn refresh"], on, gap=" · ", indent=5),
        ]
    shown = f"newest {len(scan.rows)} of {scan.of:,}" if len(scan.rows) < scan.of else count_of(scan.of, "session")
    ids = short_ids([row.names["source_session_id"] for row in scan.rows])
    table = text.Table([
        text.Column("last"), text.name("harness", least=6, drop=5), text.Column("id"),
        text.name("folder", least=12, drop=2),
        text.number("tokens", drop=1), text.number("cost"), text.name("title", least=12, drop=4),
    ])  # fmt: skip
    for row, short in zip(scan.rows, ids, strict=True):
        table.add(*_cells(row, short, zone, redact, harness=scan.harness is None), weight=row.cost or 0)
    first = f"{scan.harness or ''} explain {ids[0]}".strip()
    return [f"{on.paint(name, 'bold')} · {shown}", table,
            *text.flow("see:", [f"whyburn why {ids[0]}", f"whyburn {first}"], on, gap=" · ", indent=5)]  # fmt: skip


def _cells(row: Scanned, short: str, zone: tzinfo, redact: Redactor, *, harness: bool) -> tuple[str, ...]:
    names = row.names
    folder, title = name_cell("project", names["cwd"]), names["session_title"] or ""
    return (
        UNKNOWN if row.last_ms is None else moment(row.last_ms, zone), names["harness"] if harness else "", short,
        redact.path(folder), tokens(row.tokens), money(row.cost), redact.text(clean(title)),
    )  # fmt: skip


def usage_line(row: Scanned) -> str:
    """What a session used, where that is all that is known of it."""
    names = row.names
    return (f"{clean(names['harness'])} {clean(names['source_session_id'])}: {count_of(row.calls, 'call')}, "
            f"{tokens(row.tokens)} tokens, {money(row.cost) if row.cost is not None else 'no price'}")  # fmt: skip
