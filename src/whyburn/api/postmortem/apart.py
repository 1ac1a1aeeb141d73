"""Logs that are not the user's usual ones, with a ledger of their own.

`--claude-home`, `--codex-home` and `--source PATH` ask about other logs; what is read there must not get into the
ledger of this user's work, and asking twice should read nothing twice. So each set of places has a ledger in the
cache folder, which can be deleted at any time.
"""

from __future__ import annotations

import os
from hashlib import blake2b
from typing import TYPE_CHECKING

from whyburn.api.workspace import Workspace
from whyburn.errors import SourceError
from whyburn.settings.schema import Imports

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_HOMES = {"claude": "CLAUDE_CONFIG_DIR", "codex": "CODEX_HOME"}
"""The variable by which each harness is told where its home is."""


def with_homes(workspace: Workspace, homes: Mapping[str, str]) -> Workspace:
    """A workspace over the logs of other home folders of harnesses: {"claude": "~/old/.claude"}."""
    return _over(workspace, {name: _roots_of_home(name, home) for name, home in homes.items()})


def with_source(workspace: Workspace, path: str, harness: str | None = None) -> Workspace:
    """A workspace over one file or folder, read as logs of a harness, or of whichever harness knows its lines."""
    from whyburn.harnesses import registry  # noqa: PLC0415

    place = _there(path)
    return _over(workspace, dict.fromkeys([harness] if harness else registry.names(), (place,)))


def _roots_of_home(name: str, home: str) -> tuple[str, ...]:
    from whyburn.harnesses import registry  # noqa: PLC0415
    from whyburn.harnesses.interface import Places  # noqa: PLC0415

    place = _there(home)
    return tuple(registry.harness(name).roots(Places({_HOMES[name]: place}, place)))


def _there(path: str) -> str:
    place = os.path.abspath(os.path.expanduser(path))
    if not os.path.exists(place):
        raise SourceError(f"{path} does not exist")
    return place


def _over(workspace: Workspace, roots: Mapping[str, Sequence[str]]) -> Workspace:
    named = repr(sorted((name, tuple(paths)) for name, paths in roots.items()))
    ledger = blake2b(named.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
    paths = workspace.paths._replace(db=os.path.join(workspace.paths.cache_dir, "places", f"{ledger}.db"))
    imports = Imports(tuple(roots), sources={name: tuple(places) for name, places in roots.items()})
    fresh = workspace.settings.reports._replace(refresh="always")  # who names a place wants what lies there now
    settings = workspace.settings._replace(imports=imports, reports=fresh)
    return Workspace(paths, settings, workspace.environ, workspace.notes, workspace.progress)
