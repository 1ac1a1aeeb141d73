"""One session for each driver that a report ranks: what a reader would say the session suffered from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from simulator.causes import seeded
from simulator.script import Action, Call, Result, Say, Use
from simulator.sessions import Bench, Harness, based, edit, failing, passing, read, search

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.script import Script

_SEEDED = {
    "Long tool output": "big-output",
    "Repeated context": "duplicate-block",
    "Repeated file/artifact": "duplicate-read",
    "Expensive file context": "low-signal-file",
    "Retry/failure loop": "retry-loop",
    "Broad exploration": "exploration",
}
"""Drivers that a finding shows as well."""


def driver(name: str, seed: int, harness: Harness = "claude") -> Script:
    """A session that a driver is the story of."""
    if name in _SEEDED:
        return seeded(_SEEDED[name], seed, harness).script
    bench = Bench(seed, harness)
    actions = [*bench.turn(), *_MADE[name](bench), *bench.turn()]
    script = based(tuple(actions), harness)
    if name == "Cache-heavy context":
        return replace(script, tools=script.tools * 3)
    return script


def _cache_heavy(bench: Bench) -> list[Action]:
    """Many calls over a prompt that hardly grows."""
    return [action for _ in range(4) for action in bench.turn()]


def _noise(bench: Bench) -> list[Action]:
    """Failing runs that each say much, with different failures and edits in between."""
    path = bench.file()
    runs: list[Action] = [bench.request(path), Call((read(path, 700),))]
    for nth, test in enumerate(("test_total_rounds", "test_discount_once", "test_tax_by_region")):
        runs.append(Call((failing("pytest tests/test_cart.py -q", 3_000, test),)))
        runs.append(Call((edit(path, at=10 * nth + 5),)))
    return [*runs, Call((passing("pytest tests/test_cart.py -q"),)), Call((Say(80),))]


def _drift(bench: Bench) -> list[Action]:
    """Every turn reads more than the one before."""
    actions: list[Action] = []
    for nth in range(1, 6):
        path = bench.file()
        actions += [bench.request(path), Call((read(path, 1_600 * nth),)), Call((edit(path),)), Call((Say(60),))]
    return actions


def _environment(bench: Bench) -> list[Action]:
    """Commands fail for what the machine lacks: a module, a permission, the network."""
    troubles = (
        ("pip install -e .", "ERROR: Could not find a version that satisfies the requirement parcels==9.1\n"),
        ("python -m shop.migrate", "ModuleNotFoundError: No module named 'parcels'\n"),
        ("npm install", "npm ERR! code EACCES\nnpm ERR! Error: EACCES: permission denied, mkdir '/usr/lib/node'\n"),
        ("git fetch origin", "fatal: unable to access 'origin': Could not resolve host: git.example\n"),
    )
    path = bench.file()
    actions: list[Action] = [bench.request(path), Call((read(path, 500),))]
    for command, said in troubles:
        result = Result(bench.some(500), head=said, failure="failed", exit_code=1)
        actions.append(Call((Say(40), Use("run", result, command=command))))
    return [*actions, Call((edit(path),)), Call((Say(90),))]


def _low_value(bench: Bench) -> list[Action]:
    """The strongest model lists, searches and summarises."""
    actions: list[Action] = [bench.request(bench.file())]
    for _ in range(6):
        path = bench.file()
        actions.append(Call((search(path.split("/")[2][:-3], 300, path),)))
        actions.append(Call((read(path, 400),)))
    return [*actions, Call((Say(200),))]


_MADE: dict[str, Callable[[Bench], list[Action]]] = {
    "Cache-heavy context": _cache_heavy,
    "Error/test log noise": _noise,
    "Session drift": _drift,
    "Environment issue": _environment,
    "Expensive model on low-value step": _low_value,
}
DRIVERS = (*_SEEDED, *_MADE)
"""All names, as reports print them."""
