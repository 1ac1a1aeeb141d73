"""Where the ledger and the settings files are looked for."""

from __future__ import annotations

import os
import sys
from subprocess import check_output

import pytest

import whyburn
from whyburn.settings.paths import env, resolve_paths

HOME = {"HOME": "/home/kim"}


def test_defaults() -> None:
    """Without anything said, paths are those of the XDG standard."""
    paths = resolve_paths(environ=HOME)

    assert paths.db == "/home/kim/.local/state/whyburn/whyburn.db"
    assert paths.config == "/home/kim/.config/whyburn/config.toml"
    assert paths.prices_dir == "/home/kim/.config/whyburn/prices"
    assert paths.cache_dir == "/home/kim/.cache/whyburn"


def test_xdg_variables() -> None:
    """XDG variables move the folders; a relative one is ignored, as the standard says."""
    paths = resolve_paths(environ={**HOME, "XDG_STATE_HOME": "/s", "XDG_CONFIG_HOME": "c", "XDG_CACHE_HOME": "/x"})

    assert (
        paths.db,
        paths.config,
        paths.cache_dir,
    ) == ("/s/whyburn/whyburn.db", "/home/kim/.config/whyburn/config.toml", "/x/whyburn")


def test_siblings_of_a_config() -> None:
    """The other files are looked for beside the configuration file in use."""
    paths = resolve_paths(config="/etc/w/config.toml", environ=HOME)

    assert (
        paths.machine,
        paths.prices,
        paths.prices_dir,
        paths.subscriptions,
    ) == ("/etc/w/machine.toml", "/etc/w/prices.toml", "/etc/w/prices", "/etc/w/subscriptions.toml")


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("DB", "db"),
        ("CONFIG", "config"),
        ("MACHINE_CONFIG", "machine"),
        ("PRICES", "prices"),
        ("PRICES_DIR", "prices_dir"),
        ("SUBSCRIPTIONS", "subscriptions"),
    ],
)
def test_order(name: str, field: str) -> None:
    """An option wins over WHYBURN_…, that over TOKTRAIL_…, that over the default."""
    old = {**HOME, f"TOKTRAIL_{name}": "/old"}
    new = {**old, f"WHYBURN_{name}": "/new"}
    option = {name.lower(): "/option"}

    assert [
        getattr(resolve_paths(environ=old), field),
        getattr(resolve_paths(environ=new), field),
        getattr(resolve_paths(environ=new, **option), field),  # type: ignore[arg-type]
    ] == ["/old", "/new", "/option"]


def test_home_and_relative_paths() -> None:
    """`~` is the home of the environment, and every path is absolute."""
    paths = resolve_paths(db="~/a.db", config="b.toml", environ={**HOME, "WHYBURN_PRICES": ""})

    assert ("/home/kim/a.db", os.path.abspath("b.toml")) == (paths.db, paths.config)
    assert os.path.abspath("prices.toml") == paths.prices


def test_env() -> None:
    """The new prefix is asked first; a variable that is set but empty is an answer."""
    environ = {"WHYBURN_A": "", "TOKTRAIL_A": "old", "TOKTRAIL_B": "old"}

    assert [env(environ, name) for name in "ABC"] == ["", "old", None]


def test_imports_nothing_heavy() -> None:
    """A statusline resolves its paths without dataclasses, typing, re or pathlib."""
    source = os.path.dirname(os.path.dirname(os.path.abspath(whyburn.__file__)))
    code = f"import sys; sys.path.insert(0, {source!r}); import whyburn.settings.paths as p; p.resolve_paths()"
    loaded = check_output([sys.executable, "-I", "-S", "-c", code + "; print(*sys.modules)"], text=True).split()

    assert not {"dataclasses", "typing", "re", "pathlib", "inspect", "tomllib", "json"} & set(loaded)
