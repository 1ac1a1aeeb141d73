"""A simulator of coding sessions: the oracle for attribution.

A *script* says what happened in a session, in tokens. The *world* plays it with a faithful prompt cache and bills it.
`emit` writes what Claude Code or Codex would have logged of it, and returns the *truth*: what every block really cost.
`without` gives a script without a cause, so two bills tell a true saving; `seeded` puts each known cause into a healthy
session. The simulator knows nothing of the program that it tests.
"""

from __future__ import annotations

from simulator.causes import IDS, Seeded, harnesses, mixed, seeded
from simulator.cures import without
from simulator.drivers import DRIVERS, driver
from simulator.emit import as_harness, emit
from simulator.script import Script
from simulator.sessions import clean, random_script
from simulator.truth import Truth, truth_of
from simulator.world import bill, play

__all__ = [
    "DRIVERS", "IDS", "Script", "Seeded", "Truth", "as_harness", "bill", "clean", "driver", "emit", "harnesses",
    "mixed", "play", "random_script", "seeded", "truth_of", "without",
]  # fmt: skip
