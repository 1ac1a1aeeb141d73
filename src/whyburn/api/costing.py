"""How the settings become costs: the price book, the rule for what is really paid, and the hash of both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.ledger import database
from whyburn.ledger.pricing import ENGINE, Pricer
from whyburn.names import identity

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from whyburn.prices.book import Book
    from whyburn.settings.schema import ActualRule, Settings


def costing_hash(settings: Settings) -> str:
    """Changes exactly when some call could cost something else; cheap, the book is not loaded."""
    from whyburn.prices.fingerprint import book_fingerprint  # noqa: PLC0415  reports without a ledger never need it

    return f"{ENGINE}:{book_fingerprint()}:{settings.costing_fingerprint}"


def load_book(settings: Settings) -> Book:
    """The price book with the user's rows on top."""
    from whyburn.prices.book import Book  # noqa: PLC0415  loads price data; only writing needs it

    return Book.load(settings.price_rows, settings.costing.provider_aliases)


def pricer(db: sqlite3.Connection, settings: Settings) -> Pricer:
    """What prices the calls of a ledger."""
    return Pricer(
        db,
        lambda: load_book(settings),
        actual_mode(settings),
        virtual=settings.costing.default_virtual_mode == "pricing",
    )


def reprice(
    db: sqlite3.Connection, settings: Settings, prices: Pricer | None = None, *, always: bool = False,
    report: Callable[[int, int], None] | None = None,
) -> None:  # fmt: skip
    """Bring stored costs up to date if the book or the rules have changed since they were stored."""
    wanted = costing_hash(settings)
    if database.meta(db, "costing") == wanted and not always:
        return
    from whyburn.ledger import repricing  # noqa: PLC0415  rare
    from whyburn.ledger.prepared import prepare  # noqa: PLC0415

    with database.transaction(db):
        repricing.reprice(db, prices or pricer(db, settings), report)
        prepare(db, settings)
        db.execute("INSERT OR REPLACE INTO meta VALUES('costing', ?)", (wanted,))


def actual_mode(settings: Settings) -> Callable[[str, str, str, str], str]:
    """(bridge or harness, harness, provider, model) -> source | zero | pricing.

    The user's rules replace the built-in ones; the most specific rule wins (harness, then provider, then model), the
    first among equals. A bridge's own rule comes before those of the harness behind it.
    """
    rules = settings.actual_rules

    def built_in(via: str, harness: str, _provider: str, _model: str) -> str:
        from whyburn.errors import SelectionError  # noqa: PLC0415
        from whyburn.harnesses import registry  # noqa: PLC0415  only for harnesses that are in use

        for name in (via, harness):
            try:
                return registry.harness(name).actual
            except SelectionError:
                continue
        return settings.costing.default_actual_mode

    def by_rules(via: str, harness: str, provider: str, model: str) -> str:
        for name in dict.fromkeys((via, harness)):
            fitting = [rule for rule in rules if _fits(rule, name, provider, model)]
            if fitting:
                return max(fitting, key=_specificity).mode
        return settings.costing.default_actual_mode

    return by_rules if rules else built_in


def _fits(rule: ActualRule, harness: str, provider: str, model: str) -> bool:
    asked = ((rule.harness, harness), (rule.provider, provider), (rule.model, model))
    return all(wanted is None or identity(wanted) == identity(value) for wanted, value in asked)


def _specificity(rule: ActualRule) -> tuple[bool, bool, bool]:
    return (rule.harness is not None, rule.provider is not None, rule.model is not None)
