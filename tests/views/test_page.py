"""The page of a session as a file: its numbers, its texts, its links and what it may do."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING

import pytest

from postmortem.bodies import START_MS, Body
from views.reading import read
from views.sessions import SOURCES, a_long_session, a_report, a_shop_session
from whyburn.postmortem.redact import Redactor
from whyburn.views import words
from whyburn.views.page import numbers
from whyburn.views.page.session import render_session

if TYPE_CHECKING:
    from views.reading import Element
    from whyburn.postmortem.report import Report

HOSTILE = "<script>alert(1)</script></style></title>\"'><img src=x onerror=alert(2)>\u202egnp.exe\x1b[31m\u2066{{7*7}}"


def a_page(report: Report, **options: object) -> str:
    """The page of a report, made at the beginning of the session."""
    return render_session(report, generated_ms=START_MS, version="9.8.7", **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def report() -> Report:
    """An eventful session."""
    return a_report(a_shop_session().build())


@pytest.fixture(scope="module")
def page(report: Report) -> Element:
    """Its page, read back."""
    return read(a_page(report))


def pico(elements: list[Element]) -> int:
    """The sum of exact amounts that elements carry."""
    return sum(int(one.attributes["data-pico"]) for one in elements)


def stripes(page: Element) -> list[Element]:
    """All stripes of all plots."""
    return [one for group in page.all("svg", "stripes") for one in group.all("use")]


def bars(page: Element) -> list[Element]:
    """All bars of all plots."""
    return [one for group in page.all("g", "calls") for one in group.all("rect")]


# --- numbers ---------------------------------------------------------------------------------------------------------


def test_stripes_read_back_are_the_bill(report: Report, page: Element) -> None:
    """The exact amounts in the picture, with output and fees, sum to the bill of the JSON."""
    billed = report.as_dict()["billed"]["cost_pico_usd"]

    rest = sum(one["cost_pico_usd"] for one in report.as_dict()["attribution"]["by_how"]
               if one["kind"] in {"generation", "server"})  # fmt: skip
    assert billed == pico(stripes(page)) + rest
    assert billed == pico(bars(page))
    assert {str(billed)} == {one.attributes["data-pico"] for one in page.all("figure")}


def test_a_stripe_is_its_block_of_the_json(report: Report, page: Element) -> None:
    """Call, tokens and dollars of a block that is one stripe are those of `blocks` in the JSON."""
    blocks = {
        (one["enter_call"], one["tokens"], str(one["cost_pico_usd"])) for one in report.as_dict(blocks=True)["blocks"]
    }

    drawn = [one.attributes for one in stripes(page) if "largest" not in one.text]
    found = [one for one in drawn if (int(one["data-call"]), int(one["data-tokens"]), one["data-pico"]) in blocks]
    assert (2, 26_000, "281580000000") in {(int(a["data-call"]), int(a["data-tokens"]), a["data-pico"]) for a in found}
    assert len(found) >= 15


def test_geometry_is_numbers(page: Element) -> None:
    """A stripe lies its tokens over the layers below it, for as many columns as calls carried it."""
    lockfile = next(one for one in stripes(page) if one.text.startswith("package-lock.json"))

    given = {name: lockfile.attributes[name] for name in ("y", "width", "data-tokens", "data-sent")}
    assert given == {"y": "26000", "width": "14", "data-tokens": "26000", "data-sent": str(14 * 26_000)}
    assert lockfile.text == "package-lock.json · 26,000 tokens · calls 2–15 · $0.2816"


def test_the_highest_stripe_reaches_to_the_prompt(report: Report, page: Element) -> None:
    """Its curve, read from the end, and its own height over that are the prompt of each call that carried it."""
    plot = page.one("figure", id="plot-main").one("svg", "strata")
    top = plot.one("svg", "stripes").all("g")[0].children[0].attributes
    path = page.one("symbol", id=top["href"][1:]).one("path").attributes["d"]
    ground = int(plot.attributes["viewbox"].split()[3])

    found = re.fullmatch(r"M0 0V(\d+)((?:h\d+v-?\d+)*)h(\d+)V0z", path)
    assert found
    height, drawn = int(found[1]) - ground + int(top.get("y", 0)), []
    for width, change in re.findall(r"h(\d+)v(-?\d+)", found[2]):
        drawn += [height] * int(width)
        height += int(change)
    drawn += [height] * int(found[3])
    calls = [report.anatomy.calls[at] for at in report.anatomy.segments[0].calls]
    carried = [call.prompt for call in calls if call.index + 1 >= int(top["data-call"])]
    assert drawn[: int(top["width"])] == carried[::-1]


def test_bars_of_a_turn_are_its_row(report: Report, page: Element) -> None:
    """What the bars say of the calls of the main thread's turns is what the JSON says by turn."""
    by_call = {int(one.attributes["data-call"]): int(one.attributes["data-pico"]) for one in bars(page)}

    calls = [call for call in report.anatomy.billed if call.chain == 0 and call.turn == 1]
    row = next(one for one in report.as_dict()["attribution"]["by_when"] if one["label"] == "turn: turn 1")
    assert row["cost_pico_usd"] == sum(by_call[call.index + 1] for call in calls)


def test_every_picture_of_the_bill_sums_to_it(report: Report, page: Element) -> None:
    """The bar of causes, the first row of the icicle, and the table of what by how are the bill."""
    assert report.cost == pico([one for one in page.one("svg", "cause").all("rect") if "loss" not in one.classes])
    assert report.cost == pico(page.one("svg", "icicle").all("rect", "row0"))
    rows = page.one("table", id="what").one("tbody").all("tr")
    assert report.cost == sum(int(row.children[6].attributes["data-v"]) for row in rows)


def test_tables_show_the_reports_numbers(report: Report, page: Element) -> None:
    """Turns, cache events, files and findings are those of the report, exactly."""
    data = report.as_dict()

    turns = page.one("table", id="turns").one("tbody").all("tr")
    assert sorted(int(row.children[5].attributes["data-v"]) for row in turns) == sorted(
        one["cost_pico_usd"] for one in data["attribution"]["by_when"]
    )
    (event,) = page.one("table", id="events").one("tbody").all("tr")
    assert event.children[4].attributes["data-v"] == str(data["cache_events"][0]["premium_pico_usd"])
    files = {row.children[0].text: row for row in page.one("table", id="files").one("tbody").all("tr")}
    assert files["package-lock.jsonlockfile"].children[1].text == "1"
    assert len(page.all("article", "finding")) == sum(one["notable"] for one in data["findings"])


def test_the_answer_comes_first(report: Report, page: Element) -> None:
    """Under the headline with the bill stand the largest savings and what they are together."""
    assert page.one("h1").text == "Why did this session cost $0.71?"
    assert next(one.attributes["id"] for one in page.all("section") if "id" in one.attributes) == "top"
    first = page.one("ol", "top").all("li")[0]
    best = next(one for one in report.verdict.findings if one.incremental)
    assert best.finding.title in first.text
    assert words.money(report.verdict.avoidable) in page.one("p", "joint").text


def test_a_dollar_column_needs_no_more_places_than_it_says() -> None:
    """Amounts are rounded from integers; what is nothing on the scale of a column is told from nothing."""
    assert numbers.dollars(948_400_000_000, 3) == "$0.948"
    assert numbers.dollars(1_234_567_000_000_000, 2) == "$1,234.57"
    assert str(numbers.dollars(1, 3)) == "&lt;$0.001"
    assert numbers.dollars(0, 2) == "$0.00"
    assert numbers.dollars(-1_500_000_000_000, 2) == "-$1.50"
    assert numbers.dollars(None) == "—"


@pytest.mark.parametrize(
    ("most", "about", "expected"), [(0, 4, [0]), (7, 4, [0, 2, 4, 6]), (160_000, 4, [0, 50_000, 100_000, 150_000])]
)
def test_ticks_are_round(most: int, about: int, expected: list[int]) -> None:
    """Axes are labelled at round numbers."""
    assert numbers.ticks(most, about) == expected


# --- what is not there -----------------------------------------------------------------------------------------------


def test_an_unpriced_session_shows_no_dollars() -> None:
    """Without a price there is no bill of $0.00: tokens are shown and the gap is named."""
    page = read(a_page(a_report(Body(model="old").prompt(50).call().read("a.py", 900).call().say(10).build())))

    assert page.one("h1").text == "This session has no price"
    assert "2 calls" in page.one("p", "warn").text
    assert all("no price for old" in one.text for one in bars(page))
    assert "$0" not in page.one("header").text


def test_what_no_log_shows_is_not_nothing() -> None:
    """A harness without steps has files and commands that are not recorded, not none."""
    body = Body().prompt(50).call().say(10)
    anatomy = body.build()
    anatomy.has_steps = False

    page = read(a_page(a_report(anatomy, sources=(), missing=("1 of 1 log files of this session are gone",))))

    assert sum("not recorded by this harness" in one.text for one in page.all("p", "none")) >= 3
    assert "1 of 1 log files" in page.one("header").text
    assert "The logs of this session are gone." in page.one("section", id="method").text


def test_a_session_of_one_call_has_a_whole_page() -> None:
    """The smallest session has every part, and says that nothing was found."""
    page = read(a_page(a_report(Body(harness="codex").call().say(3).build(), title=None)))

    assert "Nothing avoidable was found" in page.one("p", "joint").text
    assert page.one("p", "name").text == "codex session 3d1f0a52"
    assert {"money", "picture", "findings", "questions", "work", "method"} <= {
        one.attributes.get("id") for one in page.all("section")
    }


# --- hostile and private texts ---------------------------------------------------------------------------------------


def a_hostile_report() -> Report:
    """A session in which every text that can come from a log is an attack."""
    body = Body().prompt(300).call().read(f"/work/{HOSTILE}.py", 9_000).call()
    for _ in range(3):
        body.call().run(f"pytest {HOSTILE}", 4_000, result={"failure": "failed", "fingerprint": 7, "error": HOSTILE})
    body.call(wait=1_200, r=0).event("expired", detail=HOSTILE).say(20).enter("skill", 900, HOSTILE)
    body.call(model=HOSTILE).call().use("spawn", 400, id="s").call().say(5)
    body.chain("agent-1", name=HOSTILE, request="s").prompt(40).call().say(9)
    hostile = dict.fromkeys(("title", "project", "cwd", "branch", "id", "key", "prices"), HOSTILE)
    return a_report(body.build(), **hostile, sources=(f"/logs/{HOSTILE}.jsonl",), missing=(HOSTILE,))


def test_hostile_text_stays_text() -> None:
    """No markup, no control and no direction character of a log reaches the page; what is printable is shown."""
    html = a_page(a_hostile_report())

    page = read(html)
    assert len(page.all("script")) == len(page.all("style")) == 1
    assert not page.all("img")
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f\x7f]", html)
    assert page.one("p", "name").text.startswith("<script>alert(1)</script></style>")
    assert "{{7*7}}" in page.one("p", "name").text
    assert not [key for one in page.all() for key in one.attributes if key == "style" or key.startswith("on")]


def test_secrets_do_not_reach_a_redacted_page() -> None:
    """Whatever text of the log holds a planted secret, the page at level default does not."""
    secret, mail = "sk-ant-" + "a1B2" * 8, "someone@example.org"
    body = Body().prompt(300).call().read(f"/home/someone/shop/{secret}.py", 9_000).call()
    for before in (0, 30, 60, 80, 120, 145):
        body.call().run(f"deploy {'x' * before} {secret} {mail}", 4_000, result={"failure": "failed", "fingerprint": 7})
        body.call().run(f"build {'x' * before} {secret}", 60)
    body.call(wait=1_200, r=0).event("expired", detail=secret).enter("skill", 900, mail).call()
    report = a_report(body.build(), title=f"use {secret}", cwd="/home/someone/shop", project="/home/someone/shop")

    html = a_page(report, redact=Redactor("default", "/home/someone/shop", "/home/someone"))

    assert secret[:12] not in html, "a text is masked whole before it is cut"
    assert mail not in html
    assert "/home/someone" not in html
    assert secret in a_page(report)


def test_a_shared_page_keeps_words_and_numbers(report: Report) -> None:
    """At level share paths, commands and titles are gone, and headings, levels, models and dollars are not."""
    html = a_page(report, redact=Redactor("share", "/work/shop", "/home/someone"))

    page = read(html)
    assert not [word for word in ("pytest", "cart", "package-lock", "3d1f0a52-aaaa-bbbb", "/work") if word in html]
    assert page.one("h1").text == "Why did this session cost $0.71?"
    assert "large + small" in page.one("p", "facts").text
    assert page.one("table", id="what").one("tbody").all("tr")[0].children[0].text == "file read"
    assert {one.text for one in page.all("article", "finding")[0].all("b")} & {"high", "medium", "low"}
    assert page.one("p", "name").text.startswith("text-")


# --- what the page may do --------------------------------------------------------------------------------------------


def test_a_page_is_one_file_that_asks_for_nothing(report: Report) -> None:
    """No address of the network stands in it, and its policy allows its own style and script by their hashes only."""
    html = a_page(report)

    page = read(html)
    policy = page.one("meta", **{"http-equiv": "Content-Security-Policy"}).attributes["content"]
    for kind in ("style", "script"):
        (text,) = page.one(kind).content
        digest = base64.b64encode(hashlib.sha256(str(text).encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")
    assert "connect-src" not in policy
    assert "unsafe" not in policy
    assert not re.findall(r"https?://|url\(|@import|src=", html)


def test_links_lead_somewhere(page: Element) -> None:
    """Every link is an anchor of the page, every anchor is there once, every place in the log is that of its file."""
    ids = [one.attributes["id"] for one in page.all() if "id" in one.attributes]

    links = {one.attributes["href"] for one in page.all("a")}
    assert len(ids) == len(set(ids))
    assert links <= {f"#{one}" for one in ids}
    assert {"#turn-1", "#agent-1", "#finding-1"} <= links
    spots = list(page.all("code", "spot"))
    assert spots
    assert all(re.fullmatch(r"0:\d+", one.attributes["data-spot"]) for one in spots)
    assert page.one("code", id="log-0").text == SOURCES[0]


def test_rows_that_are_summed_up_keep_their_anchors() -> None:
    """A turn too cheap for a row of its own can still be linked to, and its dollars are in the last row."""
    body = Body()
    for _ in range(180):
        body.prompt(20).call().say(5)
    report = a_report(body.build())

    page = read(a_page(report))

    table = page.one("table", id="turns")
    shown = sum(int(row.children[5].attributes["data-v"]) for row in table.one("tbody").all("tr"))
    assert report.cost == shown + int(table.one("tfoot").one("tr").children[5].attributes["data-v"])
    assert {f"turn-{turn}" for turn in range(1, 181)} <= {one.attributes.get("id") for one in page.all()}


def test_a_page_stays_small() -> None:
    """A session of a thousand calls with long names is at most 400 kB; 5,000 blocks are at most 4,000 nodes."""
    body = a_long_session(1_000, 5_000)
    for piece in body.anatomy.pieces:
        piece.label = piece.label and f"{piece.label} --with-a-long-option={'x' * 60}"
    html = a_page(a_report(body.build()))

    nodes = sum(len(one.all()) for one in read(html).all("svg") if one.parent and one.parent.tag != "svg")
    assert len(html.encode()) <= 400_000
    assert nodes <= 4_000


def test_a_page_is_the_same_each_time(report: Report) -> None:
    """The same report gives the same bytes."""
    assert a_page(report) == a_page(report)
