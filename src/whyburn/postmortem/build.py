"""From an anatomy to a report: the three views, the findings, their joint saving, the diagnosis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.postmortem import judge, marginals, quality
from whyburn.postmortem.diagnosis.case import diagnose
from whyburn.postmortem.findings import catalogue
from whyburn.postmortem.report import Report

if TYPE_CHECKING:
    from whyburn.postmortem.anatomy import Anatomy
    from whyburn.postmortem.findings.interface import Market
    from whyburn.postmortem.report import Subject


def build(subject: Subject, anatomy: Anatomy, market: Market) -> Report:
    """Everything that is said about a session."""
    sources = marginals.by_source(anatomy)
    verdict = judge.judge(anatomy, catalogue.unique(catalogue.find(anatomy, market)))
    assessed = quality.assess(anatomy)
    return Report(
        subject, anatomy, sources, marginals.by_kind(sources), marginals.by_mechanism(anatomy),
        marginals.by_turn(anatomy), verdict, assessed, diagnose(subject, anatomy, verdict, assessed, sources),
    )  # fmt: skip
