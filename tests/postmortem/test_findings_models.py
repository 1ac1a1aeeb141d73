"""The same tokens at another price: length, speed, a cheaper model for looking around."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from postmortem.bodies import LARGE, SMALL, Body, Stall, detectors_of
from whyburn.postmortem.claims import saving
from whyburn.postmortem.findings import models

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whyburn.postmortem.anatomy import Anatomy, Call, Prices
    from whyburn.postmortem.findings.interface import Finding, Market

MARKET = Stall()


class Alone(Stall):
    """A market without a cheaper model."""

    def cheaper(self, call: Call, used: Iterable[str]) -> str | None:
        """None is known."""
        return None


def found(anatomy: Anatomy, market: Market = MARKET) -> dict[str, Finding]:
    """All findings of the module by id."""
    return {one.id: one for detect in detectors_of(models) for one in detect(anatomy, market)}


def at_terms(**terms: Any) -> Prices:
    """Prices that the market has for these terms."""
    call = Body().prompt().call(**terms).build().calls[0]
    prices = MARKET.prices(call)
    assert prices is not None
    return prices


DEAR = LARGE._replace(input=4_500_000, read=450_000, write_5m=5_625_000, write_1h=9_000_000)
"""Of prompts beyond 200,000 tokens."""


def test_long_prompts_are_repriced_at_the_base_tier() -> None:
    """Only the calls that a split would keep below: their saving is the difference of the bands."""
    body = Body().prompt(180_000).call().prompt(20_000).call(prices=DEAR, o=100).prompt(1_000).call(prices=DEAR)
    anatomy = body.build()

    finding = found(anatomy)["long-context-tier"]

    second = 190_000 * 150_000 + 20_000 * 1_875_000
    third = 210_000 * 150_000 + 1_100 * 1_875_000
    assert saving(anatomy, finding.claim) == second + third
    assert [one.call for one in finding.evidence] == [1, 2]


def test_a_single_giant_prompt_cannot_be_split() -> None:
    """The benign twin: what entered at once is beyond the threshold by itself."""
    assert found(Body().prompt(250_000).call(prices=DEAR).build()) == {}


def test_prompts_just_below_the_threshold_are_no_finding() -> None:
    """200,000 tokens in all."""
    assert found(Body().prompt(180_000).call().prompt(10_000).call().build()) == {}


@pytest.mark.parametrize(("terms", "name", "parts"), [
    ({"speed": "fast"}, "fast", (1, 2)), ({"tier": "priority"}, "priority", (1, 3)),
    ({"speed": "fast", "tier": "priority"}, "fast priority", (2, 3)),
])  # fmt: skip
def test_speed_costs_its_multiplier(terms: dict[str, str], name: str, parts: tuple[int, int]) -> None:
    """C · (1 − 1/m) of every call that was paid to be fast."""
    anatomy = Body().prompt(3_000).call(o=500, prices=at_terms(**terms), **terms).call().build()

    finding = found(anatomy)["speed-tier"]

    part, whole = parts
    assert finding.subject == name
    assert saving(anatomy, finding.claim) == (anatomy.calls[0].cost or 0) * part // whole
    assert finding.cause_grade == 1


def test_the_standard_tier_is_no_choice() -> None:
    """The benign twin: a tier is recorded, and its price is the usual one."""
    assert found(Body().prompt(3_000).call(o=500, tier="standard").build()) == {}


def a_scout(*actions: str, model: str = "large") -> Anatomy:
    """A main thread whose sub-agent does these things and then reports."""
    body = Body().prompt().call().use("spawn", 300, id="task").call(o=20)
    body.chain("scout-1", name="scout", request="task").prompt(500)
    for action in actions:
        body.call(model=model)
        if action.startswith("run "):
            body.run(action.removeprefix("run "), 800)
        else:
            body.use(action, 800, path="src/cart.py")
    return body.call(o=200, model=model).build()


def test_a_sub_agent_that_only_looks_is_repriced() -> None:
    """The whole chain at the price of the cheaper model."""
    anatomy = a_scout("read", "search", "run rg -n total src", "list")

    finding = found(anatomy)["strong-model-subagent"]

    chain = sum(anatomy.calls[index].cost or 0 for index in anatomy.chains[1].calls)
    assert finding.subject == "scout on large"
    assert saving(anatomy, finding.claim) == chain * 9 // 10
    assert finding.fix == "Give scout the model small"


@pytest.mark.parametrize("last", ["edit", "run pytest -q", "run sed -i s/a/b/ src/cart.py"])
def test_a_sub_agent_that_works_keeps_its_model(last: str) -> None:
    """One edit or test makes it more than looking around."""
    assert "strong-model-subagent" not in found(a_scout("read", "search", last))


def test_a_cheap_sub_agent_is_left_alone() -> None:
    """There is nothing cheaper than the cheapest, and nothing to say where no other model is known."""
    assert "strong-model-subagent" not in found(a_scout("read", model="small"))
    assert "strong-model-subagent" not in found(a_scout("read"), Alone())


def looking(steps: int, *, tokens: int = 3_000, more: int = 20) -> Anatomy:
    """So many reads in a row in the main thread, then an edit and more work."""
    body = Body().prompt(40_000)
    for step in range(steps):
        body.call().read(f"src/part{step}.py", tokens)
    for step in range(more):
        body.call().edit(f"src/part{step}.py")
    return body.call(o=50).build()


def test_a_long_look_around_is_repriced_as_a_sub_agent() -> None:
    """What the thread paid for the run and carries on of it, less a cold sub-agent and its report."""
    anatomy = looking(10)

    finding = found(anatomy)["strong-model-run"]

    prompts = [50_000 + 3_020 * step for step in range(11)]
    removed = sum(anatomy.calls[index].cost or 0 for index in range(1, 10))
    seen, new = prompts[9] - prompts[0], 3_020
    after = seen * LARGE.read + (new - 2_000) * LARGE.write_5m + (seen + new - 2_000) * 20 * LARGE.read
    own = [10_000 + 3_020 * step for step in range(11)]
    read, written = sum(own[:10]), own[10]
    delegated = read * SMALL.read + written * SMALL.write_5m + (10 * 20 + 2_000) * SMALL.output
    assert saving(anatomy, finding.claim) == min(removed + after - delegated, removed)
    assert finding.cause_grade == 4


def test_what_a_run_left_behind_is_not_claimed_beyond_its_calls() -> None:
    """The claim never exceeds what the calls of the run cost."""
    anatomy = looking(10, tokens=8_000, more=200)

    finding = found(anatomy)["strong-model-run"]

    assert saving(anatomy, finding.claim) <= sum(anatomy.calls[index].cost or 0 for index in range(10))


def test_nine_steps_are_too_few() -> None:
    """Near the threshold."""
    assert found(looking(9)) == {}


def test_a_run_that_costs_less_than_a_cold_start_is_left_alone() -> None:
    """The benign twin: small looks in a small thread under a large system prompt."""
    body = Body().chain(harness=200)
    body.prompt(50)
    for step in range(10):
        body.call().read(f"src/part{step}.py", 20)

    assert found(body.call(o=50).build()) == {}


def test_a_persons_words_end_a_run() -> None:
    """Ten reads in two turns are two short looks."""
    body = Body().prompt(40_000)
    for step in range(10):
        body.call().read(f"src/part{step}.py", 3_000)
        if step == 4:
            body.prompt(20)

    assert "strong-model-run" not in found(body.call(o=50).build())
