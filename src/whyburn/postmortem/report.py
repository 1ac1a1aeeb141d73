"""One session's postmortem as plain data: what every view shows and `--json` prints.

A `Report` holds the anatomy, the three views of the bill, the findings with their money, the quality of the
attribution, and the diagnosis. `as_dict` is the JSON contract, of which `docs/json/session.schema.json` is the schema.
Console and Markdown draw from that data and not from the objects (see `api.postmortem.stored.explained`), so that they
show the same numbers and a kept report needs no log; only the page draws the anatomy itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from whyburn.postmortem import charges, marginals
from whyburn.postmortem.families import FAMILIES, by_family, families_of
from whyburn.postmortem.money import money
from whyburn.usage.totals import usd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whyburn.postmortem.anatomy import Anatomy, CacheEvent, Call, Piece
    from whyburn.postmortem.diagnosis.case import Diagnosis
    from whyburn.postmortem.families import FamilyRow
    from whyburn.postmortem.judge import Judged, Verdict
    from whyburn.postmortem.marginals import Row
    from whyburn.postmortem.quality import Quality

_MOST_BLOCKS = 2_000
"""Blocks listed one by one; the others are summed by kind."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Which session it is."""

    key: str
    """machine/harness/id"""
    machine: str
    harness: str
    id: str
    title: str | None
    """Only one that the harness itself recorded."""
    project: str | None
    cwd: str | None
    branch: str | None
    first_ms: int | None
    last_ms: int | None
    parent: str | None
    relation: str | None
    """fork | spawn"""
    sources: tuple[str, ...]
    """Paths of its logs, in the order that spots name them by."""
    source_pico: int | None = None
    """What the log itself says the session cost."""
    prices: str = ""
    """Where the prices come from, in words."""
    missing: tuple[str, ...] = ()
    """What could not be read, in words."""


@dataclass(frozen=True, slots=True)
class Report:
    """See the module's text."""

    subject: Subject
    anatomy: Anatomy
    sources: list[Row]
    """What: by kind and source, dearest first."""
    kinds: list[Row]
    mechanisms: list[Row]
    turns: list[Row]
    verdict: Verdict
    quality: Quality
    diagnosis: Diagnosis

    @property
    def cost(self) -> int:
        """The bill in pico-dollars."""
        return self.anatomy.cost

    def as_dict(self, *, blocks: bool = False) -> dict[str, Any]:
        """The JSON form; `blocks` adds every piece with what it cost."""
        found = {
            "session": self._session(),
            "billed": self._billed(),
            "attribution": {
                "by_what": [_row(row) for row in self.kinds],
                "by_source": [_row(row) for row in self.sources],
                "by_how": [_row(row) for row in self.mechanisms],
                "by_when": [_row(row) for row in self.turns],
                "by_family": [_family(row) for row in by_family(self.anatomy, families_of(self.anatomy))],
                "by_model": by_model(self.anatomy),
            },
            "findings": [finding_as_dict(self.anatomy, one, self.subject) for one in self.verdict.findings],
            "avoidable": {
                **money(self.verdict.avoidable), **money(self.verdict.sure, "sure"),
            },
            "cache_events": [_event(self.anatomy, one) for one in self.anatomy.events],
            "quality": self._quality(),
            **self.diagnosis.as_dict(),
        }  # fmt: skip
        if blocks:
            found["blocks"] = blocks_of(self.anatomy)
        return found if self.anatomy.priced else _unpriced(found)

    def _session(self) -> dict[str, Any]:
        subject, anatomy = self.subject, self.anatomy
        return {
            "key": subject.key, "machine": subject.machine, "harness": subject.harness, "id": subject.id,
            "title": subject.title, "project": subject.project, "cwd": subject.cwd, "branch": subject.branch,
            "first_ms": subject.first_ms, "last_ms": subject.last_ms, "parent": subject.parent,
            "relation": subject.relation, "calls": anatomy.requests,
            "models": sorted({call.model for call in anatomy.billed}),
            "agents": sorted({chain.name for chain in anatomy.chains[1:] if chain.calls}),
            "turns": len(anatomy.turns) - 1, "sources": list(subject.sources), "missing": list(subject.missing),
            **money(subject.source_pico, "recorded_cost"),
            "prices": subject.prices,
        }  # fmt: skip

    def _billed(self) -> dict[str, Any]:
        calls = self.anatomy.billed
        reasoning = [call.thinking for call in calls if call.thinking is not None]
        return {
            **money(self.cost),
            "tokens": {
                "input": sum(call.u for call in calls), "output": sum(call.o for call in calls),
                "reasoning": sum(reasoning) if reasoning else None, "cache_read": sum(call.r for call in calls),
                "cache_write_5m": sum(call.w5 - call.other for call in calls),
                "cache_write_1h": sum(call.w1 for call in calls),
                "cache_write_other": sum(call.other for call in calls),
            },
        }  # fmt: skip

    def _quality(self) -> dict[str, Any]:
        quality = self.quality
        return {
            "level": quality.level, "reason": quality.reason,
            "cost_by_grade": {grade: money(cost) for grade, cost in quality.cost_by_grade.items()},
            "unlogged": money(quality.unlogged), "output_shortfall": money(quality.shortfall),
            "unpriced_calls": quality.unpriced_calls, "unpriced_tokens": quality.unpriced_tokens,
            "unseen_calls": quality.unseen_calls, "skipped_lines": quality.skipped_lines,
            "unknown_records": quality.unknown_records, "unexplained_breaks": quality.breaks,
            "bytes_per_token": [
                {"family": one.family, "texture": one.texture, "ratio": f"{one.milli // 1000}.{one.milli % 1000:03}",
                 "samples": one.samples, "origin": one.origin} for one in self.anatomy.ratios
            ],
        }  # fmt: skip


def _unpriced(value: Any, key: str = "") -> Any:
    """Plain data of a session without any price: no amount is known, so none is 0."""
    if isinstance(value, dict):
        return {name: _unpriced(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return [_unpriced(one) for one in value]
    return None if key.endswith("_usd") and value in (0, "0.00") else value


def _row(row: Row) -> dict[str, Any]:
    return {"kind": row.kind, "label": row.name, "tokens": row.tokens, **money(row.cost)}


def _family(row: FamilyRow) -> dict[str, Any]:
    """What by how: the parts of a row sum to its cost, the rows to the bill."""
    ways = {f"{name}_pico_usd": cost for name, cost in row.ways._asdict().items()}
    return {"kind": row.family, "family": FAMILIES[row.family], "tokens": row.tokens, "pieces": row.pieces, **ways,
            **money(row.cost)}  # fmt: skip


def by_model(anatomy: Anatomy) -> list[dict[str, Any]]:
    """Calls, tokens and cost of each model, dearest first; what has no price is told apart."""
    found: dict[str, list[Call]] = {}
    for call in anatomy.billed:
        found.setdefault(call.model, []).append(call)
    return sorted((_model(model, calls) for model, calls in found.items()),
                  key=lambda row: (-(row["cost_pico_usd"] or 0), -row["tokens"], row["model"]))  # fmt: skip


def _model(model: str, calls: Sequence[Call]) -> dict[str, Any]:
    unpriced = [call for call in calls if call.prices is None]
    return {
        "model": model, "calls": len(calls), "tokens": sum(call.prompt + call.o for call in calls),
        "unpriced_calls": len(unpriced), "unpriced_tokens": sum(call.prompt + call.o for call in unpriced),
        **money(None if len(unpriced) == len(calls) else sum(call.cost or 0 for call in calls)),
    }  # fmt: skip


def blocks_of(anatomy: Anatomy) -> list[dict[str, Any]]:
    """Every piece that cost something, dearest first; they sum to the bill with the last row, which is the rest."""
    pieces = [piece for piece in anatomy.pieces if piece.tiles or piece.generation]
    pieces.sort(key=lambda piece: (-charges.life_cost(anatomy, piece.index), piece.index))
    shown = [_block(anatomy, piece) for piece in pieces[:_MOST_BLOCKS]]
    rest = anatomy.cost - sum(row["cost_pico_usd"] for row in shown)
    if rest or len(pieces) > _MOST_BLOCKS:
        shown.append({"label": "everything else", "kind": "rest", "tokens": 0, "enter_call": None, "rereads": None,
                      "line": None, "file": None, **money(rest)})  # fmt: skip
    return shown


def _block(anatomy: Anatomy, piece: Piece) -> dict[str, Any]:
    enter = anatomy.tiles[piece.tiles[0]].enter if piece.tiles else piece.made_by
    return {
        "label": piece.label or piece.kind, "kind": marginals.kind_of(piece),
        "tokens": marginals.tokens_of(anatomy, piece.index), "enter_call": None if enter is None else enter + 1,
        "rereads": marginals.rereads(anatomy, piece.index),
        "line": piece.line, "file": None if piece.block is None else piece.block.spot.source,
        **money(charges.life_cost(anatomy, piece.index)),
    }  # fmt: skip


def finding_as_dict(anatomy: Anatomy, judged: Judged, subject: Subject) -> dict[str, Any]:
    """One finding with its money and the places that prove it."""
    one = judged.finding
    return {
        "id": one.id, "subject": one.subject, "title": one.title,
        **money(judged.saving, "saving"), **money(judged.incremental, "incremental_saving"),
        "low_usd": usd(judged.low), "high_usd": usd(judged.high),
        **money(one.exposure, "exposure"),
        "confidence": judged.confidence, "size_grade": one.size_grade, "cause_grade": one.cause_grade,
        "notable": judged.notable, "option": one.option, "tokens": one.tokens, "rereads": one.rereads,
        "evidence": _evidence(anatomy, judged, subject.sources), "counter": list(one.counter), "fix": one.fix,
    }  # fmt: skip


def _evidence(anatomy: Anatomy, judged: Judged, sources: Sequence[str]) -> list[dict[str, Any]]:
    found = []
    for one in judged.finding.evidence:
        block = None if one.piece is None else anatomy.pieces[one.piece].block
        step = None if one.call is None else anatomy.calls[one.call].step
        spot = block.spot if block is not None else step.spot if step is not None else None
        file = sources[spot.source] if spot is not None and spot.source < len(sources) else None
        found.append({
            "call": None if one.call is None else one.call + 1, "line": None if spot is None else spot.line,
            "file": file, "note": one.note,
        })  # fmt: skip
    return found


def _event(anatomy: Anatomy, event: CacheEvent) -> dict[str, Any]:
    step = anatomy.calls[event.call].step
    return {
        "call": event.call + 1, "line": None if step is None else step.spot.line, "cause": event.cause,
        "reported": event.reported, "likely": event.likely, "lost_tokens": event.lost,
        "rewritten_tokens": event.rewritten, "resent_tokens": event.resent, "gap_ms": event.gap_ms,
        "lifetime_ms": event.lifetime_ms, "detail": event.detail, **money(event.premium, "premium"),
    }  # fmt: skip
