"""How large and how fast the page of a session is: bytes, nodes, CPU to render; first paint and frames in a browser.

    python bench/pages.py [BLOCKS ...]

The sessions are invented (the builders of the tests); the browser is Debian's chromium, without it the last three
columns are empty. A frame is the time between two animation frames while the page scrolls from its top to its end.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from views.reading import read
from views.sessions import a_long_session, a_report
from whyburn.views.page.session import render_session

CHROMIUM = os.environ.get("WHYBURN_CHROMIUM", "/usr/bin/chromium")
_SCROLL = """() => new Promise((done) => {
  const frames = [];
  let before = performance.now();
  const step = (now) => {
    frames.push(now - before);
    before = now;
    scrollBy(0, 60);
    const more = scrollY + innerHeight < document.documentElement.scrollHeight - 1;
    if (more && frames.length < 600) requestAnimationFrame(step);
    else done(frames.slice(1).sort((a, b) => a - b));
  };
  requestAnimationFrame(step);
})"""
_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"


def main() -> None:
    """Print a line for each size."""
    print("  calls  blocks  stripes   nodes      kB  render ms  first paint ms  frame ms: median, 99 %, worst")
    for blocks in map(int, sys.argv[1:] or ["500", "3000", "5000"]):
        calls = max(blocks // 5, 100)
        report = a_report(a_long_session(calls, blocks).build())
        html, cpu = "", []
        for _ in range(5):
            begun = time.process_time()
            html = render_session(report, generated_ms=0, version="bench")
            cpu.append(time.process_time() - begun)
        svgs = [one for one in read(html).all("svg") if one.parent and one.parent.tag != "svg"]
        nodes = sum(len(one.all()) for one in svgs)
        stripes = html.count("data-tokens=")
        print(
            f"{calls:7,} {len(report.anatomy.pieces):7,} {stripes:8,} {nodes:7,} {len(html.encode()) / 1000:7.0f}"
            f" {1000 * sorted(cpu)[2]:10.0f}  {_browser(html)}"
        )


def _browser(html: str) -> str:
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415  not everyone has it
    except ImportError:
        return "(no playwright)"
    if not os.path.exists(CHROMIUM):
        return f"(no {CHROMIUM})"
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        path = Path(folder, "page.html")
        path.write_text(html, encoding="utf-8")
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page: Any = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(path.as_uri())
        page.wait_for_timeout(500)
        paint, frames = page.evaluate(_PAINT), page.evaluate(_SCROLL)
        browser.close()
    middle, rare = frames[len(frames) // 2], frames[len(frames) * 99 // 100]
    return f"{paint or 0:14.0f}  {middle:.1f}, {rare:.1f}, {frames[-1]:.1f}  ({len(frames)} frames)"


if __name__ == "__main__":
    main()
