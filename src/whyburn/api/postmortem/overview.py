"""Many sessions at once: which were dear, why, and what they have in common."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from whyburn.api.postmortem.choose import Wanted, fitting
from whyburn.api.postmortem.digests import Counts, Digests
from whyburn.api.postmortem.explain import report_of, subject_of
from whyburn.api.postmortem.spend import Spend, spend_of
from whyburn.api.postmortem.stored import digest
from whyburn.errors import WhyburnError
from whyburn.postmortem.diagnosis.drivers import BILLING
from whyburn.postmortem.digest import digest_of
from whyburn.postmortem.money import money
from whyburn.postmortem.redact import Redactor

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence

    from whyburn.api.workspace import Policy, Workspace
    from whyburn.clock import Zone
    from whyburn.postmortem.report import Subject
    from whyburn.prices.overrides import PriceConfig

Sort = Literal["cost", "tokens", "last"]
SHOWN = 20
"""Rows of an overview; its sums are over all sessions that were analysed."""
_MOST_ACTIONS = 5


@dataclass(frozen=True, slots=True)
class Analysed:
    """One session of an overview."""

    ident: int
    """Its row in the ledger."""
    subject: Subject
    digest: dict[str, Any]

    @property
    def cost(self) -> int:
        """Pico-dollars; 0 when nothing is priced."""
        return self.digest["cost_pico"] or 0


@dataclass(frozen=True, slots=True)
class Overview:
    """All analysed sessions, dearest first, and sums over them."""

    harness: str | None
    rows: list[Analysed]
    of: int
    """Sessions that fit, before the limit."""
    unreadable: list[str] = field(default_factory=list)
    """Sessions that could not be analysed, with the reason."""
    cache: Counts = field(default_factory=Counts)
    elapsed_ms: int = 0
    sort: Sort = "cost"
    most: int = SHOWN
    """Rows that are listed."""
    spend: Spend = field(default_factory=Spend)

    @property
    def priced(self) -> bool:
        """Whether anything in it has a price."""
        return any(row.digest["cost_pico"] is not None for row in self.rows) or not self.rows

    @property
    def cost(self) -> int:
        """Pico-dollars of all analysed sessions."""
        return sum(row.cost for row in self.rows)

    @property
    def joint(self) -> int:
        """Pico-dollars that could have been avoided in all of them."""
        return sum(row.digest["avoidable_pico"] for row in self.rows)

    @property
    def shown(self) -> list[Analysed]:
        """The rows that are listed."""
        return self.rows[: self.most]

    def sums(self, name: str, amount: int = 1) -> list[tuple[str, int]]:
        """Sums by the first column of a list in the digests, largest first."""
        found: Counter[str] = Counter()
        for row in self.rows:
            for entry in row.digest[name]:
                found[entry[0]] += entry[amount] or 0
        return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))

    def avoidable(self) -> list[tuple[str, int, int]]:
        """(finding id, pico-dollars it would have saved in all, sessions it was found in), largest first."""
        money: Counter[str] = Counter()
        times: Counter[str] = Counter()
        for row in self.rows:
            for entry in row.digest["findings"]:
                money[entry[0]] += entry[4]
            times.update({entry[0] for entry in row.digest["findings"]})
        return sorted(((name, money[name], count) for name, count in times.items()), key=lambda one: (-one[1], one[0]))

    def by(self, key: Callable[[Analysed], str | None]) -> list[tuple[str, int, int]]:
        """(name, pico-dollars, sessions) by any property of sessions, dearest first."""
        money: Counter[str] = Counter()
        times: Counter[str] = Counter()
        for row in self.rows:
            name = key(row) or "—"
            money[name] += row.cost
            times[name] += 1
        return sorted(((name, money[name], times[name]) for name in times), key=lambda one: (-one[1], one[0]))

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "adapter": self.harness or "all",
            "summary": {
                "sessions_analyzed": len(self.rows), "sessions_shown": len(self.shown), "of": self.of,
                "unreadable": list(self.unreadable), "tokens": sum(row.digest["tokens"] for row in self.rows),
                "calls": sum(row.digest["calls"] for row in self.rows), **money(self.cost if self.priced else None),
                **money(self.joint, "avoidable"),
                "sort": self.sort,
            },
            "sessions": [_row(row, self.cost) for row in self.shown],
            "cost_drivers": [
                {"name": name, "impact_tokens": tokens, "billing": name in BILLING,
                 **money(dict(self.sums("drivers", 2)).get(name, 0))}
                for name, tokens in self.sums("drivers")
            ],
            "causes": [{"kind": kind, **money(cost)} for kind, cost in self.sums("kinds")],
            "mechanisms": [{"kind": kind, **money(cost)} for kind, cost in self.sums("mechanisms")],
            "findings": [
                {"id": name, **money(cost, "saving"), "sessions": count}
                for name, cost, count in self.avoidable()
            ],
            "projects": [
                {"project": name, "sessions": count, **money(cost)}
                for name, cost, count in self.by(lambda row: row.subject.project)
            ],
            **self.spend.as_dict(),
            "recommendations": self.recommendations(),
        }  # fmt: skip

    def recommendations(self) -> list[str]:
        """What to do first: the plan of the dearest session, then those of the others, without repeats."""
        return [line for _, line in self.actions()]

    def actions(self) -> list[tuple[Analysed, str]]:
        """The recommendations, each with the session that it speaks of."""
        found: dict[str, Analysed] = {}
        for row in self.rows:
            for line in row.digest["next"]:
                found.setdefault(line, row)
        return [(row, line) for line, row in found.items()][:_MOST_ACTIONS]


def overview(
    workspace: Workspace, wanted: Wanted | None = None, *, limit: int = 20, sort: Sort = "cost",
    digests: Digests | None = None, policy: Policy | None = None, zone: Zone | None = None,
    prices: PriceConfig | None = None, most: int = SHOWN,
) -> Overview:  # fmt: skip
    """Analyse the newest `limit` sessions that fit; those with a valid digest are not read again.

    `zone` says whose days spending is shown by: by default those of the settings. `prices` replace those of the price
    book for this overview; digests are neither read nor kept then.
    """
    began = time.perf_counter()
    wanted = wanted or Wanted()
    digests = digests if digests and not prices else Digests(workspace, enabled=not prices)
    db = workspace.reader(policy)
    idents = fitting(db, wanted)
    if policy != "never" and workspace.describe(idents[:limit]):
        db = workspace.reader("never")
    rows, unreadable = _analysed(workspace, db, idents[:limit], digests, prices)
    rows.sort(key=lambda row: _rank(row, sort))
    spend = spend_of(
        db, [row.ident for row in rows], fitting=None if wanted == Wanted() else idents, zone=zone or workspace.zone(),
        prices=prices,
    )  # fmt: skip
    digests.save()
    elapsed = int((time.perf_counter() - began) * 1000)
    return Overview(wanted.harness, rows, len(idents), unreadable, digests.counts, elapsed, sort, most, spend)


def _analysed(
    workspace: Workspace, db: sqlite3.Connection, idents: Sequence[int], digests: Digests,
    prices: PriceConfig | None,
) -> tuple[list[Analysed], list[str]]:  # fmt: skip
    rows, unreadable = [], []
    progress = workspace.reporter("postmortems")
    for nth, ident in enumerate(idents):
        subject = subject_of(db, ident)
        try:
            found = _priced(workspace, db, ident, prices) if prices else digest(workspace, db, ident, digests)
        except WhyburnError as error:
            unreadable.append(f"{subject.key}: {error}")
            continue
        rows.append(Analysed(ident, subject, found))
        if progress is not None:
            progress(nth + 1, len(idents))
    return rows, unreadable


def _priced(workspace: Workspace, db: sqlite3.Connection, session: int, prices: PriceConfig) -> dict[str, Any]:
    """The digest of a session at other prices, which is not kept."""
    report = report_of(workspace, db, session, prices=prices)
    return digest_of(report, Redactor.of("default", report.subject).text)


def _rank(row: Analysed, sort: Sort) -> tuple[int, int, str]:
    amount = {"cost": row.cost, "tokens": row.digest["tokens"], "last": row.subject.last_ms or 0}[sort]
    return (-amount, -row.digest["tokens"], row.subject.key)


def _row(row: Analysed, whole: int) -> dict[str, Any]:
    subject, short = row.subject, row.digest
    return {
        "key": subject.key, "harness": subject.harness, "id": subject.id, "title": subject.title,
        "project": subject.project, "last_ms": subject.last_ms, "calls": short["calls"], "tokens": short["tokens"],
        "share": f"{row.cost * 1000 // whole / 10:.1f}" if whole else None, **money(short["cost_pico"]),
        "cause": short["cause"], "confidence": short["confidence"], "evidence": short["evidence"],
        "quality": short["quality"], **money(short["avoidable_pico"], "avoidable"),
    }  # fmt: skip
