"""Whether any price could have changed since it was last asked, told without reading a price.

The ledger keeps this word beside its stored costs and reprices when it differs. It covers the snapshot by the
snapshot's own id, and the user's rows, aliases and choices by a hash; moving a row to another line of its file changes
nothing.
"""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from whyburn.settings.price_rows import PriceRow

DATA = os.path.join(os.path.dirname(__file__), "data")
RULES = 1
"""Raised when the lookup itself changes: the same tables then give other answers."""


@cache
def snapshot_id() -> str:
    """The snapshot's date and hash, such as `2026-11-21+3f9c2a71`; one line read, nothing parsed."""
    with open(os.path.join(DATA, "FINGERPRINT"), encoding="ascii") as file:
        return file.readline().strip()


def book_fingerprint(
    user_rows: Sequence[PriceRow] = (), provider_aliases: Mapping[str, str] | None = None, list_prices: bool = False
) -> str:
    """A word that changes when any answer of the book could change."""
    own = _own(user_rows, provider_aliases or {}, list_prices)
    return f"{snapshot_id()}.r{RULES}" + (f".{_hash(own)}" if own else "")


def _own(rows: Sequence[PriceRow], aliases: Mapping[str, str], list_prices: bool) -> list[str]:
    """The user's part as text, sorted: the order of rows never decides a price."""
    said = [repr([_spelled(getattr(row, name)) for name in _fields(row)]) for row in rows]
    said += [repr((raw, target)) for raw, target in aliases.items()]
    return sorted(said) + (["list"] if list_prices else [])


def _fields(row: PriceRow) -> list[str]:
    return [name for name in row.__dataclass_fields__ if name not in ("file", "line")]


def _spelled(value: object) -> str:
    """A value as text; 1.0 and 1.00 are the same price."""
    normalised = getattr(value, "normalize", None)
    return str(normalised() if normalised else value)


def _hash(lines: list[str]) -> str:
    from hashlib import blake2b  # noqa: PLC0415  most ledgers have no rows of their own and never need it

    return blake2b("\n".join(lines).encode(), digest_size=8).hexdigest()
