"""Results larger than what they told, copies of what was known, and what every prompt carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postmortem.bodies import LARGE, USD, Body, Stall, detectors_of
from whyburn.postmortem.charges import input_cost
from whyburn.postmortem.claims import Savings, saving
from whyburn.postmortem.findings import content, duplicates, overhead

if TYPE_CHECKING:
    from whyburn.postmortem.anatomy import Anatomy
    from whyburn.postmortem.findings.interface import Finding


def found(anatomy: Anatomy, *ids: str) -> dict[str, Finding]:
    """All findings of both modules by id, without the overhead that every session has unless asked for."""
    detectors = detectors_of(content, duplicates, overhead)
    findings = [one for detect in detectors for one in detect(anatomy, Stall())]
    return {one.id: one for one in findings if one.id in ids or one.id != "fixed-overhead"}


def cost_of(anatomy: Anatomy, label: str, kind: str = "tool-result") -> list[int]:
    """What each piece with this label cost as input, in the order of the log."""
    pieces = [one for one in anatomy.pieces if one.label == label and one.kind == kind]
    return [input_cost(anatomy, one.index) for one in pieces]


# --- long outputs


def a_result(action: str, tokens: int, **call: str) -> Anatomy:
    """One tool call with a result of so many tokens, carried by three calls."""
    return Body().prompt().call().use(action, tokens, **call).call().call().call(o=10).build()


@pytest.mark.parametrize(("command", "limit"), [
    ("pytest -q", 1_500), ("npm run build", 1_500), ("pip install -e .", 1_500), ("mypy src", 1_500),
    ("rg -n total src", 1_000), ("ls -R src", 500), ("git diff", 2_000), ("./deploy.sh", 2_000),
])  # fmt: skip
def test_a_long_output_saves_what_is_beyond_the_limit_of_its_category(command: str, limit: int) -> None:
    """in(b) · (s − N)/s; at the limit there is nothing to say."""
    anatomy = a_result("run", 4 * limit, command=command)

    finding = found(anatomy)["big-output"]

    (result,) = (one for one in anatomy.pieces if one.kind == "tool-result")
    assert saving(anatomy, finding.claim) == input_cost(anatomy, result.index) * 3 // 4
    assert (finding.tokens, finding.rereads, finding.cause_grade) == (4 * limit, 2, 2)
    assert found(a_result("run", limit, command=command)) == {}


@pytest.mark.parametrize(("action", "limit"), [
    ("search", 1_000), ("list", 500), ("wait", 1_500), ("mcp", 2_000), ("fetch", 2_000),
])  # fmt: skip
def test_tools_have_limits_by_what_they_do(action: str, limit: int) -> None:
    """Whatever the harness calls them."""
    assert "big-output" in found(a_result(action, limit + 1))
    assert found(a_result(action, limit)) == {}


@pytest.mark.parametrize(("action", "call"), [
    ("read", {"path": "src/cart.py"}), ("run", {"command": "cat src/cart.py"}),
    ("run", {"command": "sed -n 1,400p src/cart.py && rg -n total src"}), ("run", {}), ("skill", {}), ("ask", {}),
    ("edit", {"path": "src/cart.py"}), ("write", {"path": "src/cart.py"}),
])  # fmt: skip
def test_reading_is_never_a_long_output(action: str, call: dict[str, str]) -> None:
    """Nor are commands that read and search, those whose line nobody knows, and the echo of an edit."""
    assert "big-output" not in found(a_result(action, 30_000, **call))


def test_one_command_is_one_finding() -> None:
    """Runs of the same command add up, the dearest is the first evidence."""
    body = (
        Body().prompt().call().run("pytest -q", 3_000).call().edit("a.py").call().run("pytest -q | tail -n 900", 9_000)
    )
    anatomy = body.call(o=10).build()

    finding = found(anatomy)["big-output"]

    assert finding.title.endswith("put 12,000 tokens into the prompt in 2 results, beyond 1,500 each")
    assert finding.evidence[0].note == "9,000 tokens: pytest -q"
    assert "tail -n 40" in finding.fix


def test_searches_of_one_program_are_one_finding() -> None:
    """No two of them have the same pattern; the command is in the evidence."""
    body = Body().prompt().call().run("rg -n total", 2_000).call().run("rg -n price", 4_000).call(o=10)

    finding = found(body.build())["big-output"]

    assert (finding.subject, finding.tokens) == ("rg", 6_000)
    assert finding.evidence[0].note == "4,000 tokens: rg -n price"


# --- files that say little


@pytest.mark.parametrize(("path", "what"), [
    ("package-lock.json", "lockfile"), ("web/app.min.js", "minified"), ("api/cart_pb2.py", "generated"),
    ("tests/__snapshots__/cart.snap", "snapshot"), ("web/app.js.map", "map"),
])  # fmt: skip
def test_a_file_made_by_a_machine_keeps_300_tokens(path: str, what: str) -> None:
    """Whether a tool or a command read it."""
    anatomy = Body().prompt().call().read(path, 12_000).call().call(o=10).build()

    finding = found(anatomy)["low-signal-file"]

    assert f"({what})" in finding.title
    assert saving(anatomy, finding.claim) == cost_of(anatomy, path)[0] * 11_700 // 12_000
    assert "low-signal-file" in found(a_result("run", 12_000, command=f"cat {path}"))


def test_a_file_that_says_of_itself_that_it_is_generated() -> None:
    """The content tells what the path does not; one long line tells too."""
    body = Body().prompt().call().read("src/api.ts", 4_000, result={"generated": True}).call(o=10)

    assert "low-signal-file" in found(body.build())


def test_small_locks_and_ordinary_files_are_not_blamed() -> None:
    """Near the threshold, and the benign twin."""
    body = Body().prompt().call().read("package-lock.json", 300).call().read("src/cart.py", 12_000).call(o=10)

    assert found(body.build()) == {}


def test_a_lockfile_that_was_edited_has_something_for_it() -> None:
    """The finding says so."""
    body = Body().prompt().call().read("poetry.lock", 5_000).call().edit("poetry.lock").call(o=10)

    assert found(body.build())["low-signal-file"].counter == ("it was edited in this session",)


# --- copies


def reads(*between: str, span: tuple[int, int] | None = None, same: int | None = 7, **more: int) -> Body:
    """The same file read twice, with other things between."""
    body = Body().prompt().call().read("src/cart.py", 3_000, (1, 400), same=7, **more)
    for what in between:
        body.call()
        if what == "compact":
            body.compact()
        elif what == "edit":
            body.edit("src/cart.py")
        elif what == "other edit":
            body.edit("src/shop.py")
        elif what == "prompt":
            body.prompt()
        elif what == "shell edit":
            body.run("sed -i s/a/b/ src/cart.py", 5)
    return body.call().read("src/cart.py", 3_000, span or (1, 400), same=same).call().call(o=10)


def test_a_second_read_saves_its_result_its_request_and_the_step() -> None:
    """in(b) + L(request) + one presentation of the rest of the prompt."""
    anatomy = reads().build()

    finding = found(anatomy)["duplicate-read"]

    calls = anatomy.calls
    known = calls[1].prompt
    result = 3_000 * (LARGE.write_5m + LARGE.read)
    request = 20 * (LARGE.output + LARGE.write_5m + LARGE.read)
    assert saving(anatomy, finding.claim) == result + request + known * LARGE.read
    assert finding.claim.steps == {2}
    assert (finding.subject, finding.size_grade, finding.cause_grade) == ("src/cart.py", "A", 2)


def test_a_call_that_did_more_is_not_claimed() -> None:
    """Only the result and the request of the second read go."""
    body = Body().prompt().call().read("src/cart.py", 3_000, same=7).call().read("src/cart.py", 3_000, same=7)
    anatomy = body.run("pytest -q", 200).call(o=10).build()

    finding = found(anatomy)["duplicate-read"]

    assert finding.claim.steps == frozenset()
    assert saving(anatomy, finding.claim) == 3_000 * LARGE.write_5m + 20 * (LARGE.output + LARGE.write_5m)


@pytest.mark.parametrize("between", ["edit", "shell edit", "compact"])
def test_a_read_after_an_edit_or_a_compaction_is_news(between: str) -> None:
    """The benign twins: even if the text came out the same."""
    assert found(reads(between).build()) == {}


def test_an_edit_of_another_file_or_a_new_turn_is_no_excuse() -> None:
    """The copy was still there."""
    assert "duplicate-read" in found(reads("other edit", "prompt").build())


def test_a_read_of_a_changed_file_is_no_copy() -> None:
    """Equal path and range, another text: something else changed it."""
    assert "duplicate-read" not in found(reads(same=8).build())


def test_a_sub_agent_knows_nothing_of_the_main_thread() -> None:
    """Its read of the same file is its first."""
    body = Body().prompt().call().read("src/cart.py", 3_000, same=7).call().use("spawn", id="task").call(o=9)
    body.chain("scout-1", name="scout", request="task").prompt().call().read("src/cart.py", 3_000, same=7).call(o=9)

    assert found(body.build()) == {}


def test_a_kept_copy_survives_a_compaction() -> None:
    """What the compaction kept is still in context."""
    body = Body().prompt().call().read("src/cart.py", 3_000, same=7).call()
    kept = next(one.index for one in body.anatomy.pieces if one.kind == "tool-result")
    anatomy = body.compact(keep=[kept]).call().read("src/cart.py", 3_000, same=7).call(o=10).build()

    assert "duplicate-read" in found(anatomy)


def test_lines_that_were_known_are_claimed_by_their_share() -> None:
    """300 of 400 lines were in the first read."""
    anatomy = reads(span=(101, 500), same=8).build()

    finding = found(anatomy)["overlapping-read"]

    assert finding.title == "300 of 400 lines in later reads of src/cart.py were in context already"
    assert saving(anatomy, finding.claim) == cost_of(anatomy, "src/cart.py")[1] * 3 // 4
    assert finding.cause_grade == 3


def test_a_read_inside_a_known_range_goes_whole() -> None:
    """Nothing of it was new, so the step goes too."""
    anatomy = reads(span=(101, 300), same=8).build()

    finding = found(anatomy)["overlapping-read"]

    assert finding.claim.steps == {2}


@pytest.mark.parametrize("span", [(202, 600), (401, 800)])
def test_less_than_half_is_ordinary_paging(span: tuple[int, int]) -> None:
    """199 of 399 lines, and none."""
    assert found(reads(span=span, same=8).build()) == {}


def test_overlaps_after_an_edit_are_news() -> None:
    """Line numbers have moved."""
    assert found(reads("edit", span=(101, 500), same=8).build()) == {}


def outputs(tokens: int, *, edit: bool = False, same: int = 7) -> Anatomy:
    """The same page fetched twice."""
    body = Body().prompt().call().run("curl -s localhost:8080/cart", tokens, same=7)
    if edit:
        body.call().edit("src/cart.py")
    return body.call().run("curl -s localhost:8080/cart -H 'a: b'", tokens, same=same).call().call(o=10).build()


def test_equal_results_of_any_tool_are_copies() -> None:
    """The later one is claimed as input; its request had a reason that nobody knows."""
    anatomy = outputs(500)

    finding = found(anatomy)["duplicate-block"]

    assert saving(anatomy, finding.claim) == 500 * (LARGE.write_5m + LARGE.read)
    assert finding.title.endswith("entered 1 more time")


def test_small_different_and_verifying_results_are_not_copies() -> None:
    """Near the threshold, another text, and the benign twin: an edit whose effect the output shows."""
    assert found(outputs(499)) == {}
    assert found(outputs(1_000, same=8)) == {}
    assert found(outputs(1_000, edit=True)) == {}


def test_reads_are_not_named_twice() -> None:
    """A duplicate read is no duplicate block as well."""
    assert set(found(reads().build())) == {"duplicate-read"}


def test_shortened_and_failed_results_are_no_copies() -> None:
    """Placeholders and errors are alike without showing the same content."""
    body = Body().prompt()
    for result in ({"spilled": True}, {"spilled": True}, {"failure": "failed"}, {"failure": "failed"}):
        body.call().read("src/cart.py", 900, same=7, result=result)

    assert found(body.call(o=10).build()) == {}


# --- what every prompt carries


def test_fixed_text_is_exposure_by_its_source() -> None:
    """Its whole cost is shown, no saving claimed, and the fix says what a thousand tokens less would bring."""
    anatomy = Body().enter("instructions", 4_000, "CLAUDE.md").prompt().call().prompt().call(o=10).build()

    shown = [one for one in overhead.fixed_overhead(anatomy, Stall()) if one.subject.endswith("CLAUDE.md")]

    (finding,) = shown
    assert finding.exposure == 4_000 * (LARGE.write_5m + LARGE.read)
    assert saving(anatomy, finding.claim) == 0
    assert finding.fix.endswith("Every 1,000 tokens less: $0.0041 less")


def with_tools(*servers: str, called: str = "") -> Anatomy:
    """A session with the tools of these servers, one of which may be called."""
    body = Body()
    for server in servers:
        body.enter("tools", 3_000, server)
    body.prompt().call()
    if called:
        body.use("mcp", 50, server=called)
    return body.call(o=10).build()


def test_tools_that_nobody_called_are_saved_whole() -> None:
    """in(tools:server), structural."""
    anatomy = with_tools("tickets", "browser", called="browser")

    finding = found(anatomy)["unused-tools"]

    assert finding.subject == "tickets"
    assert saving(anatomy, finding.claim) == 3_000 * (LARGE.write_5m + LARGE.read)
    assert finding.cause_grade == 2


def test_called_servers_and_built_in_tools_are_not_blamed() -> None:
    """The benign twins: one call is enough, and tools without a server are the harness's."""
    assert "unused-tools" not in found(with_tools("tickets", called="tickets"))
    assert "unused-tools" not in found(Body().enter("tools", 3_000).prompt().call(o=10).build())


def unlogged(tokens: int) -> Anatomy:
    """A prompt of 19,000 tokens, then one that is larger by so many than the log shows, after a hook."""
    body = Body().prompt(9_000).call().change("hook", "format-on-save")
    return body.call(r=19_000, w5=tokens).build()


def test_hidden_growth_is_exposure_and_names_what_was_active() -> None:
    """A twentieth of all prompts."""
    anatomy = unlogged(4_000)

    finding = found(anatomy)["unlogged-growth"]

    assert finding.exposure == 4_000 * LARGE.write_5m
    assert finding.title == "4,000 tokens entered the prompts that no log shows; active then: hook format-on-save"
    assert finding.size_grade == "D"


def test_a_little_hidden_growth_is_normal() -> None:
    """Below a twentieth of the tokens and of the bill."""
    assert found(unlogged(900)) == {}


def left_behind(calls: int, last: str = "") -> Anatomy:
    """A large file, then so many calls about something else; the first may come back to it."""
    body = Body().prompt().call().read("src/old/report.py", 2_000)
    for step in range(calls):
        body.call().run(last if last and step == calls - 1 else "git status", 40)
    return body.call(o=10).build()


def test_files_that_nothing_comes_back_to_are_exposure_after_their_last_use() -> None:
    """Carrying 2,000 tokens through ten calls."""
    anatomy = left_behind(10)

    finding = found(anatomy)["stale-context"]

    assert finding.exposure == 10 * 2_000 * LARGE.read
    assert (finding.subject, finding.cause_grade) == ("src/old/report.py", 4)


def test_files_in_use_or_left_lately_are_not_stale() -> None:
    """Near the threshold, and the benign twin: a command at the end names it."""
    assert found(left_behind(9)) == {}
    assert found(left_behind(15, last="python src/old/report.py")) == {}


def test_thinking_is_exposure_with_what_it_cost_to_carry() -> None:
    """Generation, and every prompt that it was in."""
    anatomy = Body().prompt().call().think(1_000).call().call(o=10).build()

    finding = found(anatomy)["thinking"]

    assert finding.exposure == 1_000 * (LARGE.reasoning + LARGE.write_5m + LARGE.read)
    assert finding.title == "1,000 tokens of reasoning in 1 call"


def test_thinking_that_only_counters_show_counts_too() -> None:
    """A harness that hides the text tells how much there was."""
    anatomy = Body().prompt().call(o=600, thinking=400).build()

    assert found(anatomy)["thinking"].exposure == 400 * LARGE.reasoning


# --- all of them


def test_a_clean_session_has_no_finding() -> None:
    """Ordinary reading, editing and testing."""
    body = Body().prompt(300)
    for path in ("src/cart.py", "src/shop.py", "tests/test_cart.py"):
        body.call().read(path, 2_500).call().edit(path).call().run("pytest -q", 400)

    assert found(body.call(o=200).build()) == {}


@given(
    st.lists(st.sampled_from(["read", "lines", "edit", "test", "search", "prompt", "compact", "pause"]), max_size=14)
)
def test_joint_savings_stay_within_the_bill(steps: list[str]) -> None:
    """Whatever happens in whatever order: 0 ≤ saving of each, and together they never exceed the cost."""
    body = Body().prompt().call(o=40)
    for step in steps:
        match step:
            case "read":
                body.read("uv.lock", 2_500, same=1)
            case "lines":
                body.read("src/cart.py", 900, (1, 90), same=2)
            case "edit":
                body.edit("src/cart.py")
            case "test":
                body.run("pytest", 3_000, same=3)
            case "search":
                body.use("search", 1_800, query="total", same=4)
            case "prompt":
                body.prompt()
            case "compact":
                body.compact(500)
        body.call(o=40, r=0) if step == "pause" else body.call(o=40)
    anatomy = body.build()

    joint = Savings(anatomy)
    for finding in (one for detect in detectors_of(content, duplicates) for one in detect(anatomy, Stall())):
        assert 0 <= joint.add(finding.claim) <= saving(anatomy, finding.claim)

    assert joint.total <= anatomy.cost < USD
