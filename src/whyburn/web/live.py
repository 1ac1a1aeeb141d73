"""From a static page to a served one: the same bytes, one more script, and a policy that lets it ask this server.

The files of a site stay pages that need no server. What is added here stands in the head and before the page's own
script; the markers that it goes by are ours and come before any text from a log, or are escaped in such a text.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from whyburn.views.page.engine import source_of

_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">\n?')
_SCRIPT = "<script>"


class Served(NamedTuple):
    """A page as it goes out."""

    text: str
    policy: str
    """For the header."""


@cache
def script() -> str:
    """The script that notices news."""
    return files(__package__).joinpath("live.js").read_text(encoding="utf-8")


def served(page: str, mark: str) -> Served:
    """A page that follows its session or site; `mark` is what it was made from."""
    found = _POLICY.search(page)
    if found is None:
        raise ValueError("not a page of whyburn: it has no content policy")
    policy = found[1].replace("&#39;", "'").replace("script-src ", f"script-src {source_of(script())} ", 1)
    head = page[: found.start()] + f'<meta name="whyburn-mark" content="{mark}">\n' + page[found.end() :]
    before, last, after = head.rpartition(_SCRIPT)
    text = f"{before}{_SCRIPT}{script()}</script>\n{last}{after}"
    return Served(text, f"{policy}; connect-src 'self'; frame-ancestors 'none'")
