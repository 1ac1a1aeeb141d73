"""What a seeded cause is made of, and the list in which its makers enter themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.script import Action
    from simulator.sessions import Bench, Harness


class Variant(NamedTuple):
    """What is put into a healthy session."""

    middle: tuple[Action, ...] = ()
    """A turn of its own after the first one (without its request and its last words)."""
    front: tuple[Action, ...] = ()
    """Before the first turn."""
    end: tuple[Action, ...] = ()
    """After the last turn."""
    after: int = 2
    """Healthy turns that follow."""
    options: dict[str, Any] = {}  # noqa: RUF012  never written to
    """Fields of the script."""


class Case(NamedTuple):
    """A cause, its twin, its near miss."""

    bad: Variant
    twin: Variant
    near: Variant
    removable: bool = True
    claim: Literal["saving", "exposure"] = "saving"
    also: frozenset[str] = frozenset()
    """Findings that may rightly appear beside it."""


class Maker(NamedTuple):
    """Makes a case with some chance in it."""

    make: Callable[[Bench], Case]
    harnesses: tuple[Harness, ...]


CASES: dict[str, Maker] = {}
"""By finding id."""


def case(name: str, *harnesses: Harness) -> Callable[[Callable[[Bench], Case]], Callable[[Bench], Case]]:
    """Enter the maker of a finding; without harnesses it happens with both."""

    def entered(make: Callable[[Bench], Case]) -> Callable[[Bench], Case]:
        CASES[name] = Maker(make, harnesses or ("claude", "codex"))
        return make

    return entered
