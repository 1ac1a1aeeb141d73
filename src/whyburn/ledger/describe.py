"""What is known of sessions, sub-agents and rate limits besides calls.

Descriptions have their own rule of merging: of a fact with a time the latest record wins, of titles the better kind
and then the later one, of relations the first that was told. Agent names stay once known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.model import latest

if TYPE_CHECKING:
    import sqlite3

    from whyburn.ledger.batch import Batch
    from whyburn.ledger.interning import Interner
    from whyburn.model import SessionFact


def apply(db: sqlite3.Connection, interner: Interner, batch: Batch) -> None:
    """Merge the facts of a batch. Inside a transaction."""
    for fact in _latest(batch.session_facts):
        session_fact(db, interner.session(batch.harness, fact.session), fact)
    for (session, agent), name in batch.agent_facts.items():
        thread = interner.thread(interner.session(batch.harness, session), agent)
        db.execute("UPDATE thread SET name = ? WHERE id = ? AND (name IS NULL OR name > ?)", (name, thread, name))
    db.executemany(
        """INSERT INTO quota VALUES(?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
             at_ms = excluded.at_ms, used_bp = excluded.used_bp, resets_ms = excluded.resets_ms
           WHERE (excluded.at_ms, excluded.used_bp, coalesce(excluded.resets_ms, 0))
             > (at_ms, used_bp, coalesce(resets_ms, 0))""",
        [
            (interner.machine, batch.harness, limit, window, slot, fact.at_ms, fact.used_bp, fact.resets_ms)
            for (limit, window, slot), fact in sorted(batch.quotas.items())
        ],
    )


def _latest(facts: list[SessionFact]) -> list[SessionFact]:
    """Without facts that a later one of the same session repeats in full."""
    plain: dict[str, SessionFact] = {}
    rest = []
    for fact in facts:
        if fact.title or fact.parent or fact.root:
            rest.append(fact)
            continue
        old = plain.get(fact.session)
        if old is None or latest(fact) > latest(old):
            plain[fact.session] = fact
    return [*plain.values(), *rest]


def session_fact(db: sqlite3.Connection, session: int, fact: SessionFact) -> None:
    """Merge one fact into its session."""
    if fact.cwd or fact.branch:
        db.execute(
            """UPDATE session SET cwd = ?, branch = ?, described_ms = ? WHERE id = ? AND (described_ms IS NULL
                 OR (described_ms, coalesce(cwd, ''), coalesce(branch, '')) < (?, ?, ?))""",
            (fact.cwd, fact.branch, fact.at_ms or 0, session, *latest(fact)),
        )
    if fact.title:
        order = (fact.title_rank, fact.at_ms or 0)
        db.execute(
            """UPDATE session SET title = ?, title_rank = ?, title_at = ?
               WHERE id = ? AND (title IS NULL OR (title_rank, title_at, title) < (?, ?, ?))""",
            (fact.title, *order, session, *order, fact.title),
        )
    if fact.parent or fact.root or fact.relation:
        db.execute(
            """UPDATE session SET parent = coalesce(?, parent), root = coalesce(?, root),
               relation = coalesce(?, relation) WHERE id = ?""",
            (fact.parent, fact.root, fact.relation, session),
        )
