"""From a static page to a served one."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

from whyburn.web import live

PAGE = """<!doctype html>
<head>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'sha256-own'; style-src 'sha256-s'">
</head>
<body><main>&lt;script&gt;</main>
<script>page()</script>
</body>
"""


def test_script() -> None:
    """The script that follows the logs comes before the page's own, which stays the last one."""
    text = live.served(PAGE, "abc").text

    assert re.findall(r"<script>(.*?)</script>", text, re.DOTALL) == [live.script(), "page()"]
    assert '<meta name="whyburn-mark" content="abc">' in text
    assert "&lt;script&gt;" in text


def test_policy() -> None:
    """The header allows exactly the page's own script and this one; the page carries no second policy."""
    found = live.served(PAGE, "abc")
    own = base64.b64encode(hashlib.sha256(live.script().encode()).digest()).decode()

    assert f"script-src 'sha256-{own}' 'sha256-own';" in found.policy
    assert found.policy.startswith("default-src 'none'")
    assert "Content-Security-Policy" not in found.text


def test_foreign() -> None:
    """What has no policy was not made here and is not served."""
    with pytest.raises(ValueError, match="not a page of whyburn"):
        live.served("<html>", "abc")
