"""Whether any price could have changed since it was last asked, told without reading a price.

The ledger keeps this word beside its stored costs and reprices when it differs. It covers the snapshot, by the
snapshot's own id, and the lookup; the user's rows, aliases and choices are in the settings' `costing_fingerprint`.
"""

from __future__ import annotations

import os
from functools import cache

DATA = os.path.join(os.path.dirname(__file__), "data")
RULES = 1
"""Raised when the lookup itself changes: the same tables then give other answers."""


@cache
def snapshot_id() -> str:
    """The snapshot's date and hash, such as `2026-11-21+3f9c2a71`; one line read, nothing parsed."""
    with open(os.path.join(DATA, "FINGERPRINT"), encoding="ascii") as file:
        return file.readline().strip()


def book_fingerprint() -> str:
    """A word that changes when any answer of the built-in tables could change."""
    return f"{snapshot_id()}.r{RULES}"
