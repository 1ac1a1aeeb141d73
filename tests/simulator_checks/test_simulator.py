"""The simulator can be trusted: it bills as the providers do, and its logs say what it says."""

from __future__ import annotations

import ast
import hashlib
import sys
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import simulator
from simulator import (
    DRIVERS,
    IDS,
    as_harness,
    bill,
    clean,
    driver,
    emit,
    harnesses,
    mixed,
    play,
    random_script,
    seeded,
    truth_of,
    without,
)  # fmt: skip
from simulator.cures import drop, trim
from simulator.prices import PRICES
from simulator.script import Attach, Call, Pause, Result, Say, Script, Use, User
from simulator.text import Passage
from support import ingest, totals

if TYPE_CHECKING:
    from simulator import Truth
    from simulator.sessions import Harness

THRESHOLD = 2 * 10**10
"""Pico-dollars below which a finding is not worth its line; a hundredth of the session as well."""
ROOTS = {"claude": ".claude/projects", "codex": ".codex/sessions"}


def example() -> Script:
    """A lockfile is read whole, a failing test run again unchanged, and twelve minutes pass."""
    failing = Result(3_000, key="fails", failure="failed", exit_code=1)
    return Script(
        (
            Attach("instructions", 2_000, "CLAUDE.md"),
            User(160),
            Call((Use("read", Result(12_000), path="package-lock.json", tokens=300,
                      cures=trim("low-signal-file", 1_000)),)),
            Call((Use("run", failing, command="pytest -q", tokens=200),)),
            Call((Use("run", failing, command="pytest -q", tokens=250),), cures=drop("retry-loop")),
            Call((Say(500),)),
            Pause(720, cures=drop("cache-expired")),
            User(50),
            Call((Use("edit", Result(100), path="src/cart.py", tokens=400),)),
            Call((Say(150),)),
        ),
        model="claude-sonnet-4-5-20250929", tools=14_000, system=1_840, warm="tools",
    )  # fmt: skip


def usd(text: str) -> int:
    """Pico-dollars of a decimal."""
    whole, _, part = text.partition(".")
    return int(whole + part.ljust(12, "0"))


def written(home: Path, script: Script, seed: int = 0) -> tuple[Truth, dict[str, int]]:
    """The truth about a script, and what the ledger makes of its logs."""
    truth = emit(script, str(home), seed=seed)
    ingest(home / "ledger.db", script.harness, home / ROOTS[script.harness])
    return truth, totals(home / "ledger.db")


def agrees(truth: Truth, found: dict[str, int]) -> None:
    """The ledger has the truth's calls, tokens and dollars."""
    names = {"input": "input", "output": "output", "cache_read": "cache_read", "cache_write_5m": "w5",
             "cache_write_1h": "w1"}  # fmt: skip

    assert truth.tokens == {ours: found[theirs] for ours, theirs in names.items()}
    assert (len(truth.calls), truth.billed) == (found["calls"], found["virtual_pico"])


def seeds() -> list[tuple[str, Harness]]:
    """Every cause with every program that it happens with."""
    return [(name, harness) for name in IDS for harness in harnesses(name)]


def test_the_worked_example_has_the_bands_and_costs_of_its_table() -> None:
    """Six calls, to the pico-dollar."""
    calls = play(example()).calls

    assert [(c.bands.read, c.bands.write5, c.bands.fresh, c.prompt, c.output) for c in calls] == [
        (14_000, 3_996, 4, 18_000, 300), (17_996, 12_300, 4, 30_300, 200), (30_296, 3_200, 4, 33_500, 250),
        (33_496, 3_250, 4, 36_750, 500), (0, 37_296, 4, 37_300, 400), (37_296, 500, 4, 37_800, 150),
    ]  # fmt: skip
    assert [call.cost for call in calls] == [
        usd(cost) for cost in ("0.0236970", "0.0545358", "0.0248508", "0.0297483", "0.1458720", "0.0153258")
    ]


def test_the_worked_example_charges_its_blocks_as_its_table_does() -> None:
    """Each mechanism's sum, and the lockfile's cells."""
    truth = truth_of(play(example()))
    (lock,) = truth.labelled("package-lock.json")

    assert truth.by_mechanism == {
        "generation": usd("0.0270000"), "entry": usd("0.0935070"), "reread": usd("0.0357252"),
        "rewrite_base": usd("0.0110238"), "rewrite_premium": usd("0.1267737"),
    }  # fmt: skip
    assert lock.cost == {
        "entry": usd("0.0450120"), "reread": usd("0.0107988"), "rewrite_base": usd("0.0036"),
        "rewrite_premium": usd("0.0414"),
    }  # fmt: skip
    assert (lock.entered, lock.rereads) == (2, 4)


@pytest.mark.parametrize(
    ("causes", "saved"),
    [
        (("cache-expired",), "0.1267737"), (("low-signal-file",), "0.0924000"), (("retry-loop",), "0.0391608"),
        (("cache-expired", "low-signal-file", "retry-loop"), "0.2058720"),
    ],
)  # fmt: skip
def test_the_worked_example_billed_anew_saves_what_its_table_says(causes: tuple[str, ...], saved: str) -> None:
    """Alone and together."""
    assert bill(example()) - bill(without(example(), *causes)) == usd(saved)


@settings(max_examples=300)
@given(st.integers(0, 10**9))
def test_the_parts_sum_to_the_bill(seed: int) -> None:
    """Whatever happens, blocks pay for every token once, and no share is negative."""
    truth = truth_of(play(random_script(seed)))

    assert sum(truth.by_mechanism.values()) == truth.billed
    assert min(truth.by_mechanism.values()) >= 0


@settings(max_examples=200)
@given(st.integers(0, 10**9))
def test_every_prompt_is_the_sum_of_its_blocks(seed: int) -> None:
    """Tiles cover the prompt, and bands do."""
    for call in play(random_script(seed)).calls:
        assert call.prompt == sum(block.tokens for block in call.tiles)
        assert min(call.bands) >= 0


@given(st.integers(0, 10**6))
def test_a_healthy_session_reads_what_was_read_and_written_before(seed: int) -> None:
    """The law of growth of a cache with breakpoints, and its like for one in steps of 128 tokens."""
    for before, after in zip(play(clean(seed)).calls, play(clean(seed)).calls[1:], strict=False):
        assert after.bands.read == before.bands.read + before.bands.write5
    for before, after in zip(play(clean(seed, "codex")).calls, play(clean(seed, "codex")).calls[1:], strict=False):
        assert after.bands.read == before.prompt // 128 * 128


@pytest.mark.parametrize("model", sorted(PRICES))
def test_prices_are_those_of_the_price_snapshot(tmp_path: Path, model: str) -> None:
    """The simulator's own numbers are list prices of the day on which its sessions end, at every rate it uses."""
    harness: Harness = "claude" if model.startswith("claude") else "codex"
    for ttl in (300, 3_600):
        script = replace(clean(1, harness), model=model, ttl=ttl, warm="nothing")
        agrees(*written(tmp_path / str(ttl), script))


@pytest.mark.parametrize("harness", ["claude", "codex"])
@pytest.mark.parametrize("seed", range(12))
def test_the_ledger_imports_what_was_billed(tmp_path: Path, harness: Harness, seed: int) -> None:
    """Random sessions, sub-agents and compactions in them, partial counts too."""
    agrees(*written(tmp_path, random_script(seed, harness), seed))


@pytest.mark.parametrize(("name", "harness"), seeds())
def test_the_ledger_imports_seeded_sessions(tmp_path: Path, name: str, harness: Harness) -> None:
    """Every cause, with every program that it happens with."""
    agrees(*written(tmp_path, seeded(name, 5, harness).script))


@pytest.mark.parametrize("name", DRIVERS)
def test_the_ledger_imports_the_drivers_sessions(tmp_path: Path, name: str) -> None:
    """Every driver, with both programs."""
    for harness in ("claude", "codex"):
        agrees(*written(tmp_path / harness, driver(name, 5, harness)))


@pytest.mark.parametrize(("name", "harness"), seeds())
def test_a_cause_with_a_cure_is_worth_a_finding(name: str, harness: Harness) -> None:
    """It costs clearly more than the threshold, and its near miss clearly less."""
    for seed in range(6):
        made = seeded(name, seed, harness)
        if not made.removable:
            continue
        near = bill(made.near) - bill(without(made.near, name))

        assert made.saving() > 1.3 * max(THRESHOLD, bill(made.script) // 100)
        assert near < 0.9 * max(THRESHOLD, bill(made.near) // 100)
        assert bill(without(made.benign, name)) == bill(made.benign)


def test_what_is_cured_is_gone_and_nothing_else() -> None:
    """Without a cause that it does not have, a script is itself; a cured one has nothing left to cure."""
    for name, harness in seeds():
        script = seeded(name, 1, harness).script

        assert without(script, "no such cause") == script
        assert bill(without(without(script, name), name)) == bill(without(script, name))


CONTENT = ("big-output", "low-signal-file", "duplicate-read", "retry-loop", "polling", "tool-error", "serial-reads")


@given(st.lists(st.sampled_from(CONTENT), min_size=2, max_size=4, unique=True), st.integers(0, 99))
def test_several_causes_can_be_in_one_session(names: list[str], seed: int) -> None:
    """Without all of them it is cheapest, and what they cost together is about what they cost apart."""
    script = mixed(names, seed, "claude")
    alone = [bill(script) - bill(without(script, name)) for name in names]
    joint = bill(script) - bill(without(script, *names))

    assert max(alone) < joint <= sum(alone)


def test_every_finding_has_a_seed() -> None:
    """The catalogue, with the rulings on it."""
    assert set(IDS) == {
        "big-output", "low-signal-file", "duplicate-read", "overlapping-read", "duplicate-block", "fixed-overhead",
        "unused-tools", "stale-context", "unlogged-growth", "cache-expired", "cache-model", "cache-tools",
        "cache-version", "cache-system", "cache-history", "cache-effort", "provider-miss", "cache-unknown",
        "never-cached", "ttl-too-short", "ttl-too-long", "write-never-read", "long-context-tier", "speed-tier",
        "retry-loop", "polling", "tool-error", "serial-reads", "discarded-output", "rewrite-for-edit", "exploration",
        "split-point", "compaction-thrash", "subagent-unused", "subagent-cold", "strong-model-subagent",
        "strong-model-run", "thinking",
    }  # fmt: skip


def test_the_simulator_knows_nothing_of_the_program() -> None:
    """An oracle that shared code with what it judges would share its mistakes."""
    for file in Path(simulator.__file__).parent.glob("*.py"):
        tree = ast.parse(file.read_text())
        names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
        names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        own = {name.partition(".")[0] for name in names}

        assert own <= set(sys.stdlib_module_names) | {"simulator"}


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    """Names, ids, times and texts follow from the seed."""
    for harness in ("claude", "codex"):
        one, two = (digest(tmp_path / name, harness) for name in ("one", "two"))

        assert one == two


def digest(home: Path, harness: Harness) -> dict[str, str]:
    """File names and hashes of an emission."""
    files = emit(as_harness(clean(3), harness), str(home), seed=8).files
    with_bytes = {}
    for file in files:
        with open(file, "rb") as opened:
            with_bytes[file.removeprefix(str(home))] = hashlib.sha256(opened.read()).hexdigest()
    return with_bytes


def test_every_block_that_a_log_shows_is_on_the_line_that_the_truth_names(tmp_path: Path) -> None:
    """The text of each result stands where its block says."""
    for harness in ("claude", "codex"):
        truth = emit(clean(2, harness), str(tmp_path), seed=1)
        lines: dict[str, list[str]] = defaultdict(list)
        for file in truth.files:
            with open(file) as opened:
                lines[file] = opened.read().splitlines()
        shown = [block for block in truth.blocks if block.kind == "tool-result"]

        assert shown
        for block in shown:
            said = lines[block.file][block.line - 1]
            assert "tool_result" in said if harness == "claude" else "call_output" in said


def test_tools_can_be_renamed(tmp_path: Path) -> None:
    """A name that no program uses stands in the log instead."""
    truth = emit(clean(2), str(tmp_path), tool_names={"Read": "Peruse"})
    with open(truth.files[0]) as opened:
        text = opened.read()

    assert '"name":"Peruse"' in text
    assert '"name":"Read"' not in text


@given(st.text("abc/.", min_size=1), st.integers(0, 4_000), st.sampled_from(["prose", "code", "data"]), st.booleans())
def test_a_passage_is_exactly_as_long_as_promised(key: str, size: int, texture: str, numbered: bool) -> None:
    """And the same whenever it is written."""
    passage = Passage(key, size, texture, numbered=numbered)  # type: ignore[arg-type]

    assert len(passage.write().encode()) == size
    assert passage.write() == passage.write()
