"""The one way in which whyburn changes a settings file.

A change is complete or did not happen: the new text is read by the loader's own checks first, then written to a file
beside the old one and renamed over it. Comments, order and everything else in the file stay as they are; so do its
mode, and a symbolic link stays a link.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from whyburn.errors import SettingsError
from whyburn.settings.config_file import ConfigFile, machine_name
from whyburn.settings.document import Document, parse
from whyburn.settings.rules import CONFIG, HARNESSES, HOMES, MACHINE, TABLES, UNSUPPORTED, Rule, nearest

if TYPE_CHECKING:
    from collections.abc import Collection

    from tomlkit import TOMLDocument

PRIVATE = 0o600


@dataclass(frozen=True, slots=True)
class Change:
    """What `set_value` did."""

    file: str
    key: str
    """As the schema spells it: "reports.week_start"."""
    old: object
    """The value that the file had, None if it had none."""
    new: object
    created: bool
    """Whether the file is new."""


def set_value(path: str, key: str, text: str, *, harness_names: Collection[str] | None = None) -> Change:
    """Set one key of `config.toml` (or `machine.name` of `machine.toml`) to what a person typed.

    Lists are comma separated. An unknown key, a value that is refused, or a file that is not TOML raises
    `SettingsError` and leaves the file as it was.
    """
    parts, rule = _known_key(key)
    _right_file(path, parts)
    new = _typed(text, rule)
    before = _read_text(path)
    edited = _edited(before or "", parts, new, path)
    _validate(edited.text, path, parts, harness_names)
    write_atomically(path, edited.text)
    return Change(path, ".".join(parts), edited.old, new, created=before is None)


def _known_key(key: str) -> tuple[tuple[str, ...], Rule]:
    """The path of a key and its rule; dashes may stand for underscores, except in names that the user chose."""
    section, _, rest = key.strip().partition(".")
    section = section.replace("-", "_")
    name = rest.replace("-", "_")
    sections = {**CONFIG, "imports": {**CONFIG["imports"], "harnesses": HARNESSES}, "machine": MACHINE}
    if name in sections.get(section, {}):
        return (section, name), sections[section][name]
    table, _, own = rest.partition(".")
    dotted = f"{section}.{table.replace('-', '_')}"
    if dotted in TABLES and own:
        return (section, table.replace("-", "_"), own), TABLES[dotted]
    if f"{section}.{name}" in UNSUPPORTED or section in UNSUPPORTED or dotted in UNSUPPORTED:
        raise SettingsError(f"{key} is not supported by this version of whyburn")
    known = [f"{one}.{word}" for one, rules in sections.items() for word in rules] + [f"{one}.NAME" for one in TABLES]
    raise SettingsError(f"{key} is not a setting — {nearest(key, known)}")


def _right_file(path: str, parts: tuple[str, ...]) -> None:
    """`machine.name` does not go into config.toml, and nothing else into machine.toml."""
    home = next(file for file, sections in HOMES.items() if parts[0] in sections)
    name = os.path.basename(path)
    if name in HOMES and name != home:
        raise SettingsError(f"{'.'.join(parts)} belongs in {home}, not in {path}")


def _typed(text: str, rule: Rule) -> str | int | bool | list[str]:
    stripped = text.strip()
    if rule.kind == "boolean":
        return {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}.get(
            stripped.lower(), stripped
        )
    if rule.kind == "integer":
        return int(stripped) if stripped.isascii() and stripped.removeprefix("-").isdigit() else stripped
    if rule.kind == "list":
        return [one.strip() for one in stripped.split(",") if one.strip()]
    return stripped


def _read_text(path: str) -> str | None:
    """The file's text with its own line ends, None if there is no file."""
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read ({error}); nothing was changed") from None


@dataclass(frozen=True, slots=True)
class _Edited:
    text: str
    old: object


def _edited(text: str, parts: tuple[str, ...], new: object, path: str) -> _Edited:
    """The text with one value changed or added."""
    body = text.removeprefix("\ufeff")
    try:
        document = tomlkit.parse(body)
        old = _replace(document, parts, new)
    except (TOMLKitError, ValueError, RecursionError):
        problems = parse(body, path).problems
        raise SettingsError(f"{problems[0] if problems else path}; mend that first, nothing was changed") from None
    after = tomlkit.dumps(document)
    if body.count("\r\n") == body.count("\n") > 0:  # written on Windows: the new lines end like the old ones
        after = after.replace("\r\n", "\n").replace("\n", "\r\n")
    return _Edited(text[: len(text) - len(body)] + after, old)


def _replace(document: TOMLDocument, parts: tuple[str, ...], new: object) -> object:
    """Sets the value in the document and returns the one it had, as plain data."""
    table: Any = document
    for part in parts[:-1]:
        if part not in table:
            table[part] = tomlkit.table(is_super_table=None)
        table = table[part]
        if not hasattr(table, "get"):
            raise ValueError(f"{part} is not a table")
    old = table.get(parts[-1])
    table[parts[-1]] = new
    return old.unwrap() if hasattr(old, "unwrap") else old


def _validate(text: str, path: str, parts: tuple[str, ...], harness_names: Collection[str] | None) -> None:
    """Raises if the loader would not take the new value. Problems the file had elsewhere do not stand in the way."""
    document = parse(text.removeprefix("\ufeff"), path)
    if not document.problems:
        if parts[0] == "machine":
            machine_name(document)
        else:
            ConfigFile(document, harness_names)
    key = ".".join(parts)
    for problem in document.problems:
        if problem.key is None or problem.key in {key, "config_version"} or problem.key == parts[0]:
            raise SettingsError(f"{problem.message.rpartition('; ')[0] or problem.message}; nothing was changed")
    _must_hold(document, parts)


def _must_hold(document: Document, parts: tuple[str, ...]) -> None:
    table: object = document.data
    for part in parts:
        table = table.get(part) if isinstance(table, dict) else None
    if table is None:
        raise SettingsError(f"{'.'.join(parts)} cannot be set in {document.file}; nothing was changed")


def write_atomically(path: str, text: str) -> None:
    """Replace a file's content in one step; a new file is private, an old one keeps its mode, a link stays a link."""
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    temporary = None
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{os.path.basename(target)}.")
        with open(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, _mode_of(target))
        os.replace(temporary, target)
        _sync_folder(folder)
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise SettingsError(f"{path} cannot be written ({error.strerror}); nothing was changed") from None


def _mode_of(path: str) -> int:
    try:
        return stat.S_IMODE(os.stat(path).st_mode)
    except OSError:
        return PRIVATE


def _sync_folder(folder: str) -> None:
    """The rename itself survives a power cut only when the folder is flushed; Windows has no such call."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
