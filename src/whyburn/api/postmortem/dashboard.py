"""The dashboard as plain data: an overview, and in short what its dearest session teaches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whyburn.api.postmortem.explain import report_of
from whyburn.errors import WhyburnError
from whyburn.postmortem.diagnosis.drivers import BILLING
from whyburn.postmortem.money import money

if TYPE_CHECKING:
    from whyburn.api.postmortem.overview import Analysed, Overview
    from whyburn.api.workspace import Workspace
    from whyburn.postmortem.redact import Level
    from whyburn.prices.overrides import PriceConfig

_MOST = 3


def dashboard_of(
    workspace: Workspace, overview: Overview, *, redact: Level = "default", prices: PriceConfig | None = None
) -> dict[str, Any]:
    """The JSON contract of `dashboard`, redacted; the dearest session is read again for what its digest leaves out."""
    from whyburn.postmortem.redact import Redactor, redacted  # noqa: PLC0415

    top = overview.rows[0] if overview.rows else None
    redact_texts = Redactor.of(redact, environ=workspace.environ)
    told = {**_top(top), **_told(workspace, top, prices), "recommendations": overview.recommendations()}
    return {
        "source": overview.harness or "all",
        "summary": {**_sums(overview), **_pattern(top), **redacted(told, redact_texts)},
        "overview": redacted(overview.as_dict(), redact_texts),
    }


def _sums(overview: Overview) -> dict[str, Any]:
    return {
        "sessions_analyzed": len(overview.rows), "of": overview.of, **money(overview.cost if overview.priced else None),
        **money(overview.joint, "avoidable"),
        "top_driver": next((name for name, _ in overview.sums("drivers", 2) if name not in BILLING), None),
    }  # fmt: skip


def _pattern(top: Analysed | None) -> dict[str, Any]:
    """What kind of session the dearest is, in our own words."""
    digest = top.digest if top else {}
    return {
        "workflow_pattern": digest.get("cause"), "confidence": digest.get("confidence"),
        "process_shape": digest.get("shape"), "attribution_quality": digest.get("quality"),
    }  # fmt: skip


def _top(top: Analysed | None) -> dict[str, Any]:
    """Which the dearest session is, and what its digest says about it."""
    digest = top.digest if top else {}
    plan = digest.get("next", [])
    return {
        "top_session": top.subject.key if top else None,
        "why": digest.get("why"), "next_action": plan[0] if plan else None,
        "avoid_next_time": [one[2] for one in digest.get("findings", []) if one[4]][:_MOST],
        "workflow_lessons": [{"title": title, "lesson": lesson} for title, lesson in digest.get("lessons", [])],
    }  # fmt: skip


def _told(workspace: Workspace, top: Analysed | None, prices: PriceConfig | None) -> dict[str, Any]:
    """What only the session's log tells."""
    if top is not None:
        try:
            report = report_of(workspace, workspace.reader("never"), top.ident, prices=prices).as_dict()
            return {"risk_signals": report["risk_signals"], "value_evidence": report["value"]}
        except WhyburnError:  # its log went away since it was analysed
            pass
    return {"risk_signals": [], "value_evidence": None}
