"""Law 1 on real logs, where there are some: WHYBURN_CORPUS names a folder with one folder of logs for each harness."""

from __future__ import annotations

import os

import pytest

from laws_postmortem.test_conservation import conserved
from laws_postmortem.whole import workspace
from whyburn.api.postmortem.explain import NoStepsError, report_of
from whyburn.api.sources.scan import scan
from whyburn.harnesses import registry


@pytest.mark.parametrize("harness", ["claude", "codex"])
def test_every_session_is_conserved(harness: str) -> None:
    """All of them, on all three views, and the bill is the ledger's total."""
    root = os.path.join(os.environ.get("WHYBURN_CORPUS", ""), harness)
    if not os.environ.get("WHYBURN_CORPUS") or not os.path.isdir(root):
        pytest.skip(f"WHYBURN_CORPUS names no folder with logs of {harness}")
    with scan(workspace(), registry.harness(harness), [root]) as (db, _):
        told = 0
        for session, total in db.execute(_TOTALS).fetchall():
            try:
                report = report_of(workspace(), db, session)
            except NoStepsError:
                continue
            conserved(report.anatomy)
            assert report.cost == total
            told += 1

    assert told


_TOTALS = """SELECT s.id, coalesce(sum(c.virtual_pico), 0) FROM session s JOIN thread t ON t.session = s.id
  JOIN call c ON c.thread = t.id AND c.counted WHERE s.calls > 0 GROUP BY s.id"""
