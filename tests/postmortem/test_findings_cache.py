"""What losing the cache cost, by cause, and what another lifetime of it would have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postmortem.bodies import LARGE, Body, Stall, detectors_of
from whyburn.postmortem.claims import saving
from whyburn.postmortem.findings import cache, lifetimes
from whyburn.postmortem.findings.measures import lasting, spread
from whyburn.postmortem.findings.pauses import advice, pause_options
from whyburn.postmortem.money import dollars

if TYPE_CHECKING:
    from whyburn.postmortem.anatomy import Anatomy
    from whyburn.postmortem.findings.interface import Finding

USD = 10**12
MINUTE = 60


def found(anatomy: Anatomy) -> dict[str, Finding]:
    """All findings of the module by id; no id comes twice."""
    findings = [one for detect in detectors_of(cache, lifetimes) for one in detect(anatomy, Stall())]
    by_id = {one.id: one for one in findings}
    assert len(by_id) == len(findings)
    return by_id


def the_worked_example(wait: float = 12 * MINUTE) -> Body:
    """Six calls of a session in which a pause outlives the cache before the fifth."""
    return (
        Body().enter("instructions", 2_000, "CLAUDE.md").prompt(160)
        .call(r=14_000, w5=3_996, u=4).read("package-lock.json", 12_000, asked=300)
        .call(u=4).run("pytest -q", 3_000, asked=200)
        .call(u=4).run("pytest -q", 3_000, asked=250)
        .call(u=4, o=500).prompt(50)
        .call(u=4, r=0, wait=wait).event("expired").edit("src/cart.py", 100, asked=400)
        .call(u=4, o=150)
    )  # fmt: skip


def a_loss(cause: str, **event: object) -> Body:
    """Three calls, the last of which finds nothing in the cache."""
    body = Body().prompt(1_000).call(o=100).read("a.py", 5_000).call(o=100).prompt(200).call(r=0, o=50)
    return body.event(cause, **event)


def test_a_pause_costs_the_premium_of_the_call_after_it() -> None:
    """The dollars of the worked example, and where to look."""
    anatomy = the_worked_example().build()

    finding = found(anatomy)["cache-expired"]

    assert saving(anatomy, finding.claim) == 126_773_700_000
    assert finding.title == "A pause of 12 min outlived the 5 min cache: 36,746 tokens were written again"
    assert [(one.call, one.note) for one in finding.evidence] == [
        (4, "36,746 tokens lost 12 min after the call before")
    ]
    assert (finding.size_grade, finding.cause_grade, finding.option) == ("A", 1, False)


def test_the_choices_before_a_pause_are_billed_with_the_calls_that_followed() -> None:
    """Doing nothing, an hour, compacting and starting fresh, as in the worked example."""
    anatomy = the_worked_example().build()

    options = pause_options(anatomy, anatomy.events[0])

    talk = 160 + 300 + 12_000 + 200 + 3_000 + 250 + 3_000 + 500
    fresh = talk * (LARGE.write_5m + LARGE.read)
    assert {one.choice: one.saving for one in options} == {
        "nothing": 0, "hour": 73_232_700_000, "compact": 29_485_500_000, "fresh": fresh,
    }  # fmt: skip
    assert advice(anatomy.events[0], options) == (
        "Use the one-hour cache. At the pause of 12 min: doing nothing cost $0.13, a one-hour cache for the whole "
        "session would have saved $0.07, compacting before it would have saved $0.03, starting fresh after it would "
        "have saved $0.08"
    )


def test_an_hour_is_no_choice_for_a_longer_pause() -> None:
    """After two hours both caches are gone."""
    anatomy = the_worked_example(wait=120 * MINUTE).build()

    assert [one.choice for one in pause_options(anatomy, anatomy.events[0])] == ["nothing", "compact", "fresh"]
    assert "ttl-too-short" not in found(anatomy)


def test_a_choice_that_costs_more_says_so() -> None:
    """A short conversation is not worth a compaction."""
    anatomy = a_loss("expired").build()

    options = pause_options(anatomy, anatomy.events[0], summary=5_000)

    assert "compacting before it would have cost $0.08 more" in advice(anatomy.events[0], options)


def test_a_fresh_start_is_advised_only_where_it_saves_half() -> None:
    """A long conversation after two hours, too short a one for a compaction, and next to none."""
    talk = Body().prompt(40_000).call().prompt(10).call(r=0, wait=7_200).event("expired").build()
    some = Body().prompt(10_000).call().prompt(10).call(r=0, wait=7_200).event("expired").build()
    little = Body().prompt(1_000).call().prompt(10).call(r=0, wait=7_200).event("expired").build()

    fixes = [found(one)["cache-expired"].fix.partition(".")[0] for one in (talk, some, little)]
    assert fixes == [
        "Compact before you leave",
        "Begin a fresh session after a long pause",
        "Come back before the cache expires, or finish the task first",
    ]


def test_a_warm_pause_is_no_finding() -> None:
    """The benign twin: four minutes, everything is read."""
    anatomy = Body().prompt().call(o=50).prompt().call(o=50, wait=4 * MINUTE).build()

    assert found(anatomy) == {}


@pytest.mark.parametrize("cause", ["tools", "version", "system", "history", "effort"])
def test_every_avoidable_cause_has_its_own_id_and_the_premium(cause: str) -> None:
    """The saving is what the call paid beyond reading the cache."""
    anatomy = a_loss(cause, detail="filesystem").build()

    finding = found(anatomy)[f"cache-{cause}"]

    lost = 10_000 + 1_000 + 100 + 5_000
    assert saving(anatomy, finding.claim) == lost * (LARGE.write_5m - LARGE.read)
    assert "(filesystem) lost the cache: 16,100 tokens were written again" in finding.title
    assert finding.cause_grade == (3 if cause == "history" else 2)


def test_a_cause_that_the_provider_reports_is_certain() -> None:
    """A changed history is structural only when the provider says so."""
    anatomy = a_loss("history", reported=True).build()

    assert found(anatomy)["cache-history"].cause_grade == 1


def test_a_switch_of_model_and_the_switch_back_are_one_finding_each() -> None:
    """Each has its own direction and its own premium, at the prices of the model that was switched to."""
    body = Body().prompt(1_000).call(o=100).prompt(50)
    body.call(model="small", r=0, o=10).event("model").prompt(50).call(r=0, o=10).event("model")
    anatomy = body.build()

    first, second = sorted(cache.cache_causes(anatomy, Stall()), key=lambda one: min(one.claim.premiums))

    assert (first.subject, second.subject) == ("large → small", "small → large")
    assert saving(anatomy, first.claim) == 11_000 * 345_000
    assert saving(anatomy, second.claim) == 11_150 * 3_450_000
    assert first.cause_grade == 1


@pytest.mark.parametrize(("cause", "name"), [("provider-miss", "provider-miss"), ("unknown", "cache-unknown")])
def test_what_nobody_could_avoid_is_exposure(cause: str, name: str) -> None:
    """No saving is claimed."""
    anatomy = a_loss(cause).build()

    finding = found(anatomy)[name]

    assert saving(anatomy, finding.claim) == 0
    assert finding.exposure == 16_100 * 3_450_000


def test_breaks_of_the_conversation_are_not_blamed_on_the_cache() -> None:
    """A compaction is judged as one."""
    assert found(a_loss("compaction").build()) == {}


def test_losses_of_an_unpriced_model_make_no_finding() -> None:
    """There are no dollars to speak of."""
    body = Body(model="nobody-sells").prompt(5_000).call(o=10).prompt(10).call(r=0, o=10).event("expired")

    assert found(body.build()) == {}


def uncached(calls: int, **bands: int) -> Anatomy:
    """Calls that use no cache at all, if not told otherwise."""
    body = Body()
    for _ in range(calls):
        body.prompt(1_000).call(**{"r": 0, "w5": 0, **bands})
    return body.build()


def test_a_chain_without_a_cache_pays_the_resend_premium() -> None:
    """Five calls: the history of each is sent again at the full price."""
    anatomy = uncached(5)

    finding = found(anatomy)["never-cached"]

    resent = 11_000 + 12_000 + 13_000 + 14_000
    assert saving(anatomy, finding.claim) == resent * (LARGE.input - LARGE.read)
    assert finding.tokens == resent


def test_four_calls_without_a_cache_are_too_few() -> None:
    """Near the threshold."""
    assert found(uncached(4)) == {}


def test_prompts_too_short_for_a_cache_are_not_blamed() -> None:
    """The benign twin: the provider would not have cached them."""
    body = Body().chain(harness=100)
    for _ in range(8):
        body.prompt(50).call(r=0, w5=0)

    assert found(body.build()) == {}


def pauses(*minutes: float, hour: bool = False, entered: int = 2_000) -> Anatomy:
    """A call before each pause and after the last; a five-minute cache is lost in pauses of five minutes and more."""
    body = Body(hour=hour).prompt(20_000).call(o=100)
    for wait in minutes:
        body.prompt(entered)
        if wait >= (60 if hour else 5):
            body.call(o=100, r=0, wait=wait * MINUTE).event("expired")
        else:
            body.call(o=100, wait=wait * MINUTE)
    return body.build()


def test_a_longer_lifetime_is_an_option_of_what_it_nets() -> None:
    """Premiums avoided, less the dearer price of all other writes."""
    anatomy = pauses(12, 30, 2)

    finding = found(anatomy)["ttl-too-short"]

    lost = 30_000 + 32_100
    written = 30_000 + 2_100 + 2_100 + 2_100
    assert saving(anatomy, finding.claim) == lost * 3_450_000 - written * 2_250_000
    assert finding.option
    assert finding.cause_grade == 3


def test_a_longer_lifetime_that_costs_more_is_not_proposed() -> None:
    """One short-prompted pause among many writes."""
    anatomy = pauses(12, 1, 1, entered=60_000)

    assert set(found(anatomy)) == {"cache-expired"}


def test_an_hour_that_no_pause_needed_is_an_option() -> None:
    """All writes at the dearer price, nothing lost at the cheaper one."""
    anatomy = pauses(1, 2, 4, hour=True)

    finding = found(anatomy)["ttl-too-long"]

    assert saving(anatomy, finding.claim) == (30_000 + 3 * 2_100) * 2_250_000
    assert finding.option


def test_an_hour_pays_off_with_pauses_that_only_it_outlives() -> None:
    """The benign twin: 20 minutes twice, and five minutes would have cost more."""
    assert found(pauses(20, 20, hour=True)) == {}


def test_a_pause_reduces_what_a_shorter_lifetime_would_save() -> None:
    """The premium that five minutes would have added is taken off."""
    anatomy = pauses(1, 7, hour=True, entered=40_000)

    finding = found(anatomy)["ttl-too-long"]

    assert saving(anatomy, finding.claim) == (30_000 + 2 * 40_100) * 2_250_000 - 70_100 * 3_450_000


def a_sub_agent(calls: int, **bands: int) -> Body:
    """A main thread that spawns one sub-agent of so many calls."""
    body = Body().prompt().call().use("spawn", 200, id="task").call(o=20)
    body.chain("helper-1", name="scout", request="task").prompt(4_000)
    for _ in range(calls):
        body.call(o=30, **bands)
    return body


def test_a_single_call_caches_for_nobody() -> None:
    """What it wrote cost a quarter more than sending it."""
    anatomy = a_sub_agent(1).build()

    finding = found(anatomy)["write-never-read"]

    assert finding.subject == "scout"
    assert saving(anatomy, finding.claim) == 14_000 * (LARGE.write_5m - LARGE.input)


def test_what_the_harness_does_by_itself_is_not_blamed() -> None:
    """Its own single calls, for compactions or titles, are nobody's choice."""
    anatomy = a_sub_agent(1).build()
    anatomy.chains[1].internal = True

    assert found(anatomy) == {}


def test_a_session_of_one_call_has_its_own_advice() -> None:
    """There is no sub-agent to give more to."""
    finding = found(Body().prompt(9_000).call(o=10).build())["write-never-read"]

    assert finding.fix == "Ask short questions one after the other in one session"


def test_a_second_call_reads_what_the_first_wrote() -> None:
    """Near the threshold: two calls."""
    assert found(a_sub_agent(2).build()) == {}


def test_a_sibling_that_reads_the_prefix_makes_it_worth_its_price() -> None:
    """Only what the next sub-agent did not read was written for nobody."""
    body = a_sub_agent(1).chain("helper-2", name="scout", request="task").prompt(4_000)
    anatomy = body.call(r=10_000, w5=4_000, o=30, wait=60).build()

    finding = found(anatomy)["write-never-read"]

    assert finding.tokens == 4_000 + 4_000
    assert saving(anatomy, finding.claim) == 8_000 * 750_000


def test_likely_pauses_say_so() -> None:
    """A gap close to the lifetime may have another cause."""
    anatomy = a_loss("expired", likely=True).build()

    finding = found(anatomy)["cache-expired"]

    assert finding.cause_grade == 2
    assert finding.counter == ("in 1 call the cause is the likeliest one, not a certain one",)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=6), st.integers(0, 10**12))
def test_shares_sum_to_the_amount_or_to_all_there_is(weights: list[int], amount: int) -> None:
    """No pico-dollar is lost in a split, and no call gives more than it cost."""
    anatomy = pauses(*[1] * len(weights))
    cost = {call.index: call.cost or 0 for call in anatomy.calls}

    shares = spread(anatomy, amount, dict(enumerate(weights)))

    given_back = sum(part for part, _ in shares.values())
    assert given_back <= amount
    assert all(part <= whole == cost[index] for index, (part, whole) in shares.items())
    if all(amount * (weight + 1) < cost[index] * sum(weights) for index, weight in enumerate(weights)):
        assert given_back == amount


def test_amounts_and_times_are_said_shortly() -> None:
    """Cents, and hundredths of them for what is less; two units of time."""
    assert [dollars(one) for one in (0, 1_230_000_000, 5 * USD // 1000 * 3, 1_234 * USD)] == [
        "$0.00", "$0.0012", "$0.02", "$1,234.00",
    ]  # fmt: skip
    assert [lasting(one * 1000) for one in (40, 720, 3_600, 11_520, 187_200)] == [
        "40 s", "12 min", "1 h", "3 h 12 min", "2 d 4 h",
    ]  # fmt: skip
