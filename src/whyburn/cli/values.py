"""Values of options, right and wrong.

Syntax (unknown, exclusive, malformed) ends with 2, a well-formed value that is wrong with 1 and one line that tells
what would be right: hence these types instead of click's own, which know only 2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from whyburn.errors import SelectionError

if TYPE_CHECKING:
    from collections.abc import Sequence


class OneOf(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4 only
    """One of some words; another one is a wrong value (exit 1), not bad syntax."""

    name = "word"

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ARG002  click's
        """The word in lower case."""
        if str(value).lower() not in self.words:
            raise SelectionError(f"{_option(param)} {value} is not one of {', '.join(self.words)}")
        return str(value).lower()

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str | None:  # noqa: ARG002
        """The words, if there are few."""
        return "|".join(self.words) if len(self.words) <= 8 else None


class AtLeast(click.ParamType):  # type: ignore[type-arg]
    """A whole number from `least` on; a smaller one is a wrong value (exit 1), no number is bad syntax."""

    name = "n"

    def __init__(self, least: int) -> None:
        self.least = least

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number."""
        try:
            found = int(value)
        except ValueError:
            self.fail(f"{value!r} is not a whole number", param, ctx)
        if found < self.least:
            raise SelectionError(f"{_option(param)} {value} is too small: at least {self.least}")
        return found


def refuse_if(wrong: bool, message: str) -> None:
    """Refuse options that contradict each other or would do nothing (exit 2)."""
    if wrong:
        raise click.UsageError(message, click.get_current_context())


def _option(param: click.Parameter | None) -> str:
    return param.opts[0] if param is not None and param.opts else "value"
