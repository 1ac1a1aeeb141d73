"""Which harnesses there are: the built-in ones, and what other packages register by entry point.

The built-in ones are entry points too, but their names stand here as well, so that a source checkout works without
installation and a third party cannot take a known name.
"""

from __future__ import annotations

import importlib
import os
import sys
from functools import cache
from typing import TYPE_CHECKING, cast

from whyburn.errors import SelectionError

if TYPE_CHECKING:
    from whyburn.harnesses.interface import Harness

BUILT_IN = {
    "claude": "whyburn.harnesses.claude:HARNESS",
    "codex": "whyburn.harnesses.codex:HARNESS",
}
GROUP = "whyburn.harnesses"


@cache
def _registered() -> dict[str, str]:
    """Name to target of every harness that some installed package registers.

    Every refresh asks this, so the entry points are looked for by hand first: only when some package names the group
    is `importlib.metadata` imported, which costs more than the refresh of ten thousand unchanged files.
    """
    if not any(map(_names_group, sys.path)):
        return dict(BUILT_IN)
    from importlib.metadata import entry_points  # noqa: PLC0415  see above

    found = {point.name: point.value for point in entry_points(group=GROUP)}
    return {**found, **BUILT_IN}


def _names_group(folder: str) -> bool:
    """Whether a package other than ours in a folder of the import path registers harnesses."""
    try:
        packages = [name for name in os.listdir(folder or ".") if name.endswith((".dist-info", ".egg-info"))]
    except OSError:
        return False
    for package in packages:
        if package.startswith("whyburn-"):
            continue
        try:
            with open(os.path.join(folder, package, "entry_points.txt"), "rb") as file:
                if GROUP.encode() in file.read():
                    return True
        except OSError:
            continue
    return False


def names() -> list[str]:
    """Canonical names of all harnesses, built-in ones first."""
    others = sorted(set(_registered()) - set(BUILT_IN))
    return [*BUILT_IN, *others]


def harness(name: str) -> Harness:
    """The harness of a name; `SelectionError` naming the known ones."""
    target = BUILT_IN.get(name) or _registered().get(name)
    if target is None:
        raise SelectionError(f"no harness is called {name!r}: known are {', '.join(names())}")
    module, _, attribute = target.partition(":")
    try:
        return cast("Harness", getattr(importlib.import_module(module), attribute))
    except (ImportError, AttributeError) as error:
        raise SelectionError(f"the harness {name!r} cannot be loaded from {target}: {error}") from error
