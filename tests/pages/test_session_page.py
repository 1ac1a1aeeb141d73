"""The page of a session in a browser: what a reader can do with it, on a desk and on a phone."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from postmortem.bodies import START_MS
from views.sessions import a_long_session, a_report, a_shop_session
from views.test_page import HOSTILE, a_hostile_report
from whyburn.postmortem.families import families_of
from whyburn.postmortem.stacks import ORDER
from whyburn.views.page.session import render_session

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from whyburn.postmortem.anatomy import Segment, Tile
    from whyburn.postmortem.report import Report

    Opened = Callable[..., AbstractContextManager[Any]]


def rendered(report: Report) -> str:
    """The page of a report."""
    return render_session(report, generated_ms=START_MS, version="1.0")


@cache
def shop() -> str:
    """The page of an eventful session."""
    return rendered(a_report(a_shop_session().build()))


@cache
def long() -> str:
    """The page of a session with more rows than tables show at first."""
    return rendered(a_report(a_long_session(120, 600).build()))


def column(page: Any, table: str, at: int) -> list[str]:
    """The visible cells of a column, from the top."""
    cells = page.locator(f"#{table} tbody tr:visible td:nth-child({at})")
    return cells.all_inner_texts()  # type: ignore[no-any-return]


def exact(page: Any, table: str, at: int) -> list[int]:
    """The values behind the visible cells of a column."""
    cells = page.locator(f"#{table} tbody tr:visible td:nth-child({at})")
    return [int(value) for value in cells.evaluate_all("cells => cells.map((cell) => cell.dataset.v)")]


def test_a_click_on_a_heading_sorts_by_exact_values(opened: Opened) -> None:
    """Numbers fall first and rise on the second click, names rise first."""
    with opened(long()) as page:
        page.click("#blocks th:nth-child(4) button")
        falling = exact(page, "blocks", 4)
        page.click("#blocks th:nth-child(4) button")
        rising = exact(page, "blocks", 4)
        page.click("#blocks th:nth-child(1) button")

        assert falling == sorted(falling, reverse=True) != rising == sorted(rising)
        assert page.locator("#blocks th:nth-child(1)").get_attribute("aria-sort") == "ascending"
        assert page.locator("#blocks th[aria-sort]").count() == 1
        names = column(page, "blocks", 1)
        assert names == sorted(names, key=str.lower)


def test_a_filter_looks_through_all_rows(opened: Opened) -> None:
    """Only rows with all of its words are left, also from those that were folded; an empty filter brings all back."""
    with opened(long()) as page:
        folded = len(column(page, "blocks", 1))
        page.fill("input[placeholder='filter blocks']", "ORDER file")
        found = column(page, "blocks", 1)
        page.fill("input[placeholder='filter blocks']", "")

        assert folded == 20 == len(column(page, "blocks", 1))
        assert found
        assert all("order" in name for name in found)
        page.click("#blocks >> xpath=../following-sibling::button")
        assert len(column(page, "blocks", 1)) == 100


def spot_in(page: Any, stripe: Any) -> tuple[float, float]:
    """A place where a stripe can be seen and pointed at, once it is scrolled to."""
    page.locator("#plot-main .strata").evaluate("plot => plot.scrollIntoView({ block: 'center' })")
    page.wait_for_timeout(100)  # scrolling takes a tooltip away
    x, y = stripe.evaluate("""stripe => {
        const box = stripe.closest('.strata').getBoundingClientRect();
        for (let x = box.left + 2; x < box.right; x += 4)
            for (let y = box.top + 1; y < box.bottom; y += 1)
                if (document.elementFromPoint(x, y) === stripe) return [x, y + 1];
        return null;
    }""")
    return x, y


def test_the_tooltip_names_the_block_and_its_money(opened: Opened) -> None:
    """Pointing at a stripe tells what it is, its tokens, its calls, its dollars and its kind."""
    with opened(shop()) as page:
        page.mouse.move(*spot_in(page, page.locator("#plot-main .stripes [data-tokens='26000']")))

        assert page.locator("#tip").is_visible()
        said = page.locator("#tip").inner_text()
        assert said == "package-lock.json · 26,000 tokens · calls 2–15 · $0.2816 · file read"
        page.mouse.move(5, 5)
        assert not page.locator("#tip").is_visible()


def test_the_picture_can_be_walked_by_keyboard(opened: Opened) -> None:
    """Arrow keys go from stripe to stripe, and the same words are shown to eyes and ears."""
    with opened(shop()) as page:
        page.focus("#plot-main .strata")
        page.keyboard.press("ArrowRight")
        first = page.locator("#tip").inner_text()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")

        assert first.startswith("system prompt and tools · 10,000 tokens")
        assert page.locator("#tip").inner_text() != first
        assert page.locator(".stripes .on").count() == 1
        assert page.locator("#tip").get_attribute("aria-live") == "polite"
        page.keyboard.press("Escape")
        assert page.locator(".stripes .on").count() == 0


SEEN = """plot => {
    const box = plot.getBoundingClientRect(), columns = plot.viewBox.baseVal.width, rows = Math.round(box.height);
    const stripes = [...plot.querySelectorAll('use')], seen = new Map();
    for (let column = 0; column < columns; column += 1)
        for (let row = 0; row < rows; row += 1) {
            const x = box.left + (column + .5) * box.width / columns, y = box.bottom - row - .5;
            const one = document.elementFromPoint(x, y).closest('use');
            if (one) seen.set(one, [...(seen.get(one) ?? []), [column, row]]);
        }
    return stripes.map((one) => ({ ...one.dataset, kind: one.classList[0], seen: seen.get(one) ?? [] }));
}"""
"""What each stripe of a plot is, and the (column, row of pixels from the ground) where it is on top."""


def seen(page: Any, view: str) -> list[dict[str, Any]]:
    """The stripes of the main thread in one view, with what can be seen of them."""
    page.click(f"[data-switch] [data-view={view}]")
    plot = page.locator("#plot-main .strata")
    plot.evaluate("plot => plot.scrollIntoView({ block: 'center' })")
    return plot.evaluate(SEEN)  # type: ignore[no-any-return]


def test_the_switch_makes_areas_dollars(opened: Opened) -> None:
    """What can be seen of a stripe is tokens times calls; in the other view its money, whatever it weighs."""
    with opened(shop()) as page:
        before, after = seen(page, "tokens"), seen(page, "dollars")
        shown = page.locator("#plot-main .ticks.dollars text").first.is_visible()
        again = seen(page, "tokens")

    assert shown
    assert before == again
    assert _spread([len(one["seen"]) / int(one["sent"]) for one in before if len(one["seen"]) > 200]) < 1.1
    assert _spread([len(one["seen"]) / int(one["pico"]) for one in after if len(one["seen"]) > 200]) < 1.1
    assert _spread([len(one["seen"]) / int(one["pico"]) for one in before if len(one["seen"]) > 200]) > 1.3


@pytest.mark.parametrize("view", ["tokens", "dollars"])
def test_what_is_on_top_is_the_block_that_lies_there(opened: Opened, view: str) -> None:
    """At any call and height the stripe under the pointer is the one that blocks stacked by kind put there."""
    expected = _stacked(view)
    top = max(sum(height for _, height in column) for column in expected)
    with opened(shop()) as page:
        found = {(column, row): one for one in seen(page, view) for column, row in one["seen"]}

    rows, compared = 340, 0
    for at, column in enumerate(expected):
        low = 0.0
        for (kind, tokens), height in column:
            high = low + height * rows / top
            for row in range(math.ceil(low + 1), math.floor(high - 1)):
                one = found[at, row]
                assert (one["kind"], int(one["tokens"])) == (f"k-{kind}", tokens), (at, row)
                compared += 1
            low = high
        assert (at, math.ceil(low) + 1) not in found
    assert compared > 2_000


def _stacked(view: str) -> list[list[tuple[tuple[str, int], float]]]:
    """For each call of the main thread its stripes from the bottom: (kind, tokens in the end), height there."""
    anatomy = a_shop_session().build()
    families, columns = families_of(anatomy), []
    least = max(call.prompt for call in anatomy.calls if not call.chain) // 600
    for call in (call for call in anatomy.calls if not call.chain):
        segment, column = anatomy.segments[call.segment], []
        tiles = [anatomy.tiles[at] for at in segment.tiles]
        for kind in ORDER:
            band = [tile for tile in tiles if families[tile.piece] == kind]
            small = [tile for tile in band if tile.tokens < least]
            for group in [*([one] for one in sorted(band, key=lambda one: one.enter) if one not in small), small]:
                height = sum(_height(tile, segment, view) for tile in group if tile.enter <= call.index)
                column.append(((kind, sum(tile.tokens for tile in group)), height))
        columns.append(column)
    return columns


def _height(tile: Tile, segment: Segment, view: str) -> float:
    carried = sum(at >= tile.enter for at in segment.calls)
    return tile.tokens if view == "tokens" else sum(tile.costs) / carried


def _spread(ratios: list[float]) -> float:
    return max(ratios) / min(ratios)


def test_stripes_of_both_views_fill_the_plot(opened: Opened) -> None:
    """The highest segment reaches the top in either view, and no stripe leaves the plot."""
    top = """plot => {
        const box = plot.getBoundingClientRect();
        const tops = [...plot.querySelectorAll('.stripes > g > *')].map((one) => one.getBoundingClientRect().top);
        return Math.min(...tops) - box.top;
    }"""
    with opened(long()) as page:
        tokens = page.locator("#plot-main .strata").evaluate(top)
        page.click("[data-switch] [data-view=dollars]")
        dollars = page.locator("#plot-main .strata").evaluate(top)

    assert tokens == pytest.approx(0, abs=1.5)
    assert dollars == pytest.approx(0, abs=1.5)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_scheme_is_the_systems_until_the_reader_chooses(opened: Opened, scheme: str) -> None:
    """The page follows the system, the button turns it, and the choice is there after a reload."""
    ground = "getComputedStyle(document.body).backgroundColor"
    with opened(shop(), scheme=scheme) as page:
        followed = page.evaluate(ground)
        page.click("#theme")
        chosen = page.evaluate(ground)
        kept = page.evaluate("localStorage.getItem('theme')")

        assert (sum(_rgb(followed)) > 380) == (scheme == "light") != (sum(_rgb(chosen)) > 380)
        assert kept == ("dark" if scheme == "light" else "light")


def _rgb(colour: str) -> list[int]:
    return [int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(",")[:3]]


@pytest.mark.parametrize("html", [shop, long])
def test_a_phone_shows_all_without_scrolling_sideways(opened: Opened, html: Callable[[], str]) -> None:
    """At 375 pixels the page is no wider than the screen; the bill, the savings and the picture are in it."""
    with opened(html(), width=375) as page:
        assert page.evaluate("document.documentElement.scrollWidth") == 375
        assert page.locator("h1").is_visible()
        assert page.locator("#plot-main .strata").bounding_box()["width"] > 280
        for table, at in (("what", 6), ("blocks", 5), ("files", 6), ("commands", 6), ("turns", 5)):
            cost = page.locator(f"#{table} tbody tr >> nth=0 >> td >> nth={at}").bounding_box()
            assert cost["x"] + cost["width"] <= 375, table


def test_hostile_text_stays_text_in_a_browser(opened: Opened) -> None:
    """Markup of a log runs nothing and loads nothing, also in tooltips, filters and links."""
    with opened(rendered(a_hostile_report()), width=375) as page:
        page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        assert page.locator("script").count() == 1
        assert page.locator("img").count() == 0
        assert page.locator(".name").inner_text().startswith(HOSTILE[:40])
        for stripe in page.locator("#plot-main .stripes > g > *").all()[:6]:
            stripe.dispatch_event("pointermove", {"bubbles": True, "clientX": 50, "clientY": 50})
        page.fill("input.filter >> nth=0", "<script>")
        assert "<img" in page.locator("#blocks tbody").inner_text()
        assert page.locator("#tip *").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") == 375


def test_the_page_is_readable_without_scripts(opened: Opened) -> None:
    """Without a script all rows are open, stripes have titles, and nothing that needs a script is offered."""
    with opened(long(), script=False) as page:
        assert len(column(page, "blocks", 1)) == 100
        assert page.locator(".stripes title").count() > 100
        assert not page.locator("[data-switch]").is_visible()
        assert page.locator("button:visible").count() == 0


def test_a_link_opens_the_row_that_it_leads_to(opened: Opened) -> None:
    """A turn that is folded away is shown when a link leads to it, from inside of the page and from outside."""
    body = a_long_session(60, 120)
    for _ in range(40):
        body.prompt(30).call().say(3)
    html = rendered(a_report(body.build()))
    with opened(html) as page:
        assert not page.locator("#turn-35").is_visible()
        page.evaluate("location.hash = '#turn-35'")
        page.wait_for_selector("#turn-35:visible")
    with opened(html, fragment="#turn-35") as page:
        page.wait_for_selector("#turn-35:visible")
        assert 0 <= page.locator("#turn-35").bounding_box()["y"] < 900


def test_a_place_in_the_log_is_copied_whole(opened: Opened) -> None:
    """A click on a place copies the path of the log and the line."""
    with opened(shop()) as page:
        page.evaluate("navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); }")
        page.click("#blocks .spot >> nth=0")

        assert page.evaluate("window.copied").endswith("000000000001.jsonl:6")


def test_print_opens_everything(opened: Opened) -> None:
    """On paper all rows and details are there, on white, without controls."""
    with opened(long(), scheme="dark") as page:
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        page.emulate_media(media="print")

        assert len(column(page, "blocks", 1)) == 100
        assert page.locator("details:not([open])").count() == 0
        assert not page.locator("#theme").is_visible()
        assert sum(_rgb(page.evaluate("getComputedStyle(document.querySelector('h1')).color"))) < 200


def test_low_bars_can_be_pointed_at(opened: Opened) -> None:
    """Anywhere above a bar its call is named, however little the call cost."""
    with opened(shop()) as page:
        bars = page.locator("#plot-main .bars")
        bars.scroll_into_view_if_needed()
        page.wait_for_timeout(100)
        box = bars.bounding_box()
        page.mouse.move(box["x"] + box["width"] * 9.5 / 24, box["y"] + 5)

        assert page.locator("#tip").inner_text().startswith("call 10 · $0.2")
        page.mouse.move(box["x"] + box["width"] * 13.5 / 24, box["y"] + 5)
        assert page.locator("#tip").inner_text().startswith("call 14 · ")
