"""Where the ledger and the settings files are.

For each path: the option, then `WHYBURN_…`, then the same name with the older `TOKTRAIL_` prefix, then the file beside
the configuration file in use, then the XDG place (on macOS too; on Windows what `platformdirs` says).

A statusline runs this in every prompt, so the module imports nothing that costs a millisecond: no dataclasses, no
typing, no pathlib.
"""

from __future__ import annotations

import os
import sys
from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

APP = "whyburn"
PREFIXES = ("WHYBURN_", "TOKTRAIL_")
"""Environment prefixes in the order they are asked; the second is that of the older tool."""

# `typing.NamedTuple` would read better and costs 3 ms in every prompt.
_Fields = namedtuple("_Fields", "db config machine prices prices_dir subscriptions cache_dir")


class Paths(_Fields):
    """The places of one invocation, all absolute; that a file exists is not implied."""

    __slots__ = ()
    db: str
    config: str
    machine: str
    prices: str
    prices_dir: str
    subscriptions: str
    cache_dir: str
    """What can be deleted at any time."""


def env(environ: Mapping[str, str], name: str) -> str | None:
    """`WHYBURN_<name>`, else `TOKTRAIL_<name>`, else None. A variable that is set but empty is returned as ""."""
    for prefix in PREFIXES:
        value = environ.get(prefix + name)
        if value is not None:
            return value
    return None


def expand(path: str, environ: Mapping[str, str] = os.environ) -> str:
    """The path with a leading `~` replaced by the home folder that the environment names."""
    if path == "~" or path.startswith(("~/", "~" + os.sep)):
        return _home(environ) + path[1:]
    return os.path.expanduser(path)


def resolve_paths(
    *,
    db: str | None = None,
    config: str | None = None,
    machine_config: str | None = None,
    prices: str | None = None,
    prices_dir: str | None = None,
    subscriptions: str | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Paths:
    """All paths; an empty option or variable counts as not given."""

    def choose(option: str | None, variable: str, default: str) -> str:
        given = option or env(environ, variable)
        return os.path.abspath(expand(given, environ)) if given else default

    config_path = choose(config, "CONFIG", "") or os.path.join(_place("CONFIG", environ), "config.toml")
    beside = os.path.dirname(config_path)
    return Paths(
        db=choose(db, "DB", "") or os.path.join(_place("STATE", environ), f"{APP}.db"),
        config=config_path,
        machine=choose(machine_config, "MACHINE_CONFIG", os.path.join(beside, "machine.toml")),
        prices=choose(prices, "PRICES", os.path.join(beside, "prices.toml")),
        prices_dir=choose(prices_dir, "PRICES_DIR", os.path.join(beside, "prices")),
        subscriptions=choose(subscriptions, "SUBSCRIPTIONS", os.path.join(beside, "subscriptions.toml")),
        cache_dir=_place("CACHE", environ),
    )


_XDG = {"STATE": ".local/state", "CONFIG": ".config", "CACHE": ".cache"}


def _place(kind: str, environ: Mapping[str, str]) -> str:
    """This program's folder of a kind. The XDG standard says that a relative value is to be ignored."""
    base = environ.get(f"XDG_{kind}_HOME", "")
    if os.path.isabs(base):
        return os.path.join(base, APP)
    if sys.platform == "win32":
        import platformdirs  # noqa: PLC0415  installed on Windows only

        return str(getattr(platformdirs, f"user_{kind.lower()}_dir")(APP, appauthor=False))
    return os.path.join(_home(environ), _XDG[kind], APP)


def _home(environ: Mapping[str, str]) -> str:
    return environ.get("HOME") or os.path.expanduser("~")


def sqlite_uri(path: str, *options: str) -> str:
    """A file name as SQLite wants it in a URI; `urllib.parse` would cost more than opening the file."""
    place = os.path.abspath(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23").replace(os.sep, "/")
    return f"file:{'' if place.startswith('/') else '/'}{place}?{'&'.join(options)}"
