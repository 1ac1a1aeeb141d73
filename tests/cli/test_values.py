"""Wrong values and bad syntax are told apart by every command, also by those that are yet to be written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import pytest

from whyburn.cli.app import app
from whyburn.cli.values import AtLeast, OneOf
from whyburn.errors import SelectionError

if TYPE_CHECKING:
    from collections.abc import Iterator


def commands(group: click.Command = app, path: tuple[str, ...] = ("whyburn",)) -> Iterator[tuple[str, click.Command]]:
    """The whole tree of commands, by the words that call them."""
    yield " ".join(path), group
    if isinstance(group, click.Group):
        with click.Context(group) as ctx:
            for name in group.list_commands(ctx):
                found = group.get_command(ctx, name)
                assert found is not None
                yield from commands(found, (*path, name))


def test_no_command_uses_the_types_that_end_wrong_values_with_2() -> None:
    """click's own choices and ranges call a wrong value bad syntax: `OneOf` and `AtLeast` stand in their place."""
    tree = dict(commands())
    bare = [
        f"{words} {param.name}"
        for words, command in tree.items()
        for param in command.params
        if isinstance(param.type, click.Choice | click.IntRange | click.FloatRange)
    ]

    assert {"whyburn usage by", "whyburn prices import litellm", "whyburn config path"} <= tree.keys()
    assert bare == []


def test_a_word_is_read_in_any_letters() -> None:
    """`--sort Tokens` is `--sort tokens`."""
    assert OneOf(("last", "tokens"))("Tokens") == "tokens"


def test_a_wrong_word_names_the_right_ones() -> None:
    """The error can be acted on."""
    with pytest.raises(SelectionError, match="bogus is not one of last, tokens"):
        OneOf(("last", "tokens"))("bogus")


@pytest.mark.parametrize(("text", "error"), [("0", SelectionError), ("few", click.UsageError)])
def test_a_small_number_is_a_wrong_value_and_a_word_is_bad_syntax(text: str, error: type[Exception]) -> None:
    """Exit 1 and exit 2."""
    with pytest.raises(error):
        AtLeast(1)(text)
