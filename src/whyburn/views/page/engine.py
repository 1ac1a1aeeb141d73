"""From a template to a finished page: safe texts, the shared style and script, and a policy that forbids the rest.

A page is one file. Its content security policy names the hashes of its own style and script, so nothing that a log
smuggles in can run, and nothing can be fetched.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from markupsafe import Markup

from whyburn.views import words

if TYPE_CHECKING:
    from jinja2.runtime import Context

    from whyburn.postmortem.redact import Redactor


class Voice:
    """How a page says what comes from logs: cleaned and redacted, each text once."""

    def __init__(self, redact: Redactor) -> None:
        self._redact = redact
        self._texts: dict[str, str] = {}
        self._paths: dict[str, str] = {}

    def text(self, text: str) -> str:
        """A text as it may be shown, not yet escaped."""
        found = self._texts.get(text)
        if found is None:
            found = self._texts[text] = words.clean(self._redact.text(words.clean(text)))
        return found

    def path(self, path: str) -> str:
        """A path as it may be shown, not yet escaped."""
        found = self._paths.get(path)
        if found is None:
            found = self._paths[path] = words.clean(self._redact.path(words.clean(path)))
        return found

    def said(self, text: str) -> Markup:
        """A text as it may be shown, finished."""
        return text if isinstance(text, Markup) else Markup.escape(self.text(text))

    def place(self, path: str) -> Markup:
        """A path as it may be shown, finished."""
        return Markup.escape(self.path(path))


def own(text: str) -> Markup:
    """A word of whyburn's own, or one that names no work (a model, a level): shown as it is at every level."""
    return Markup.escape(words.clean(text))


@pass_context
def _finished(context: Context, value: object) -> object:
    """What `{{ … }}` prints: strings that are not finished go through the page's voice."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return context["voice"].text(value)


@cache
def _environment() -> Environment:
    found = Environment(
        loader=PackageLoader("whyburn.views.page"), autoescape=True, finalize=_finished, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    found.filters["own"] = own
    return found


@cache
def asset(name: str) -> Markup:
    """A style or script of this package, as it stands in every page."""
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    return Markup(text)  # noqa: S704  our own file


def policy(style: str, script: str) -> Markup:
    """The content security policy of a page with this style and script: nothing else may run, nothing be fetched."""
    parts = [
        "default-src 'none'", f"style-src {source_of(style)}", f"script-src {source_of(script)}", "img-src data:",
        "base-uri 'none'", "form-action 'none'",
    ]  # fmt: skip
    return Markup("; ".join(parts))  # noqa: S704  hashes and words of our own


def source_of(text: str) -> str:
    """How a policy names a style or script of the page itself: by its hash."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def render(template: str, *, voice: Voice, **context: Any) -> str:
    """A whole page from a template that extends `base.html`."""
    style, script = asset("style.css"), asset("page.js")
    found = _environment().get_template(template).render(
        voice=voice, style=style, script=script, policy=policy(style, script), **context,
    )  # fmt: skip
    return found if found.endswith("\n") else found + "\n"
