"""The statusline on the short path: no click, no settings, no report engine; a stored row and a few words.

The row is prepared by every refresh. `run` is called by hand before anything heavy is imported; the usual options are
parsed here, and whatever else the command line holds (help, unknown options) goes to the click command.
"""

from __future__ import annotations

import os
import sys

from whyburn.cli.prompt_line import line

_FLAGS = {"--no-refresh": "no_refresh", "--json": "json"}
UNREADABLE = "whyburn: the ledger cannot be read (whyburn doctor)"
_UNREADABLE = (OSError, ValueError, LookupError, TypeError, AttributeError)
"""A damaged, locked or foreign file, and a prepared row in a form that is not ours: a prompt must not break on them."""


def can_answer(arguments: list[str]) -> bool:
    """Whether these arguments are a plain statusline call: `[usage] statusline` with known flags only."""
    rest = arguments[1:] if arguments[:1] == ["usage"] else arguments
    return rest[:1] == ["statusline"] and all(word in _FLAGS for word in rest[1:])


def run(arguments: list[str]) -> int:
    """Print the line for the newest session; always 0, also without data."""
    options = {_FLAGS[word] for word in arguments if word in _FLAGS}
    return show(db=None, refresh="no_refresh" not in options, as_json="json" in options)


def show(*, db: str | None, refresh: bool, as_json: bool, places: tuple[str, ...] = ()) -> int:
    """The statusline of a ledger; with `refresh` a detached refresh is started and not waited for.

    `places` are further options of the refresh: settings files at other places.
    """
    path = db or _default_path()
    prepared: dict[str, object] = {}
    refreshed_ms = 0
    try:
        prepared, refreshed_ms = _stored(path)
        said = line(prepared)
    except _UNREADABLE:
        said = UNREADABLE
    if refresh and prepared.get("refresh") != "never" and _now_ms() - refreshed_ms >= _due_ms(prepared):
        _start_refresh(path, places)
    _print(_as_json(prepared.get("row"), refreshed_ms, said) if as_json else said)
    return 0


def _due_ms(prepared: dict[str, object]) -> int:
    """How old the ledger has to be for a refresh, as the settings say."""
    seconds = prepared.get("interval")
    return seconds * 1000 if isinstance(seconds, int) else 5000


def _default_path() -> str:
    from whyburn.settings.paths import resolve_paths  # noqa: PLC0415

    return resolve_paths().db


def _stored(path: str) -> tuple[dict[str, object], int]:
    """(what was prepared, when the ledger was refreshed); nothing is created or written."""
    import sqlite3  # noqa: PLC0415

    if not os.path.exists(path):
        return {}, 0
    db = None
    try:
        db = sqlite3.connect(_uri(path), uri=True, timeout=0.2)
        meta = dict(db.execute("SELECT key, value FROM meta WHERE key IN ('statusline', 'refreshed_ms')"))
    except sqlite3.Error as error:
        raise OSError(str(error)) from error
    finally:
        if db is not None:
            db.close()
    import json  # noqa: PLC0415

    prepared = json.loads(meta.get("statusline", "{}"))
    if not isinstance(prepared, dict) or (prepared and "row" not in prepared):
        raise TypeError("not a prepared row")
    return prepared, int(meta.get("refreshed_ms", 0))


def _uri(path: str) -> str:
    """Read-only; in a folder where SQLite cannot make its shared memory, as a file that nobody changes."""
    from whyburn.settings.paths import sqlite_uri  # noqa: PLC0415

    place = os.path.abspath(path)
    shared = os.access(os.path.dirname(place), os.W_OK) or os.path.exists(place + "-shm")
    return sqlite_uri(place, "mode=ro", *([] if shared else ["immutable=1"]))


def _print(text: str) -> None:
    """Characters that the output's encoding lacks are replaced; nobody has to read to the end."""
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except UnicodeEncodeError:
        encoding = sys.stdout.encoding or "ascii"
        sys.stdout.write(text.replace("·", "|").encode(encoding, "replace").decode(encoding) + "\n")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _start_refresh(path: str, places: tuple[str, ...]) -> None:
    """A refresh in a process of its own that outlives us; one that finds the lock taken ends at once."""
    import subprocess  # noqa: PLC0415

    command = [sys.executable, "-m", "whyburn", "--db", path, *places, "refresh", "--if-idle", "--json"]
    try:
        subprocess.Popen(  # noqa: S603  our own program with a fixed argument list
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True, close_fds=True,
        )  # fmt: skip
    except OSError:
        return


def _as_json(row: object, refreshed_ms: int, said: str) -> str:
    import json  # noqa: PLC0415

    from whyburn import __version__  # noqa: PLC0415

    body: dict[str, object] = {"schema_version": 1, "version": __version__, "kind": "statusline", "type": "statusline"}
    body["line"] = said
    now = _now_ms()
    body["generated_at_ms"] = now
    body["stale_seconds"] = (now - refreshed_ms) // 1000 if refreshed_ms else None
    if isinstance(row, dict):
        get = row.get  # an older refresh may have left a row with fewer fields
        body.update(
            harness=get("harness"), source_session_id=get("session"), model_id=get("model"),
            provider_id=get("provider"), calls=get("calls"), last_ms=get("last_ms"), cwd=get("cwd"),
            tokens={"total": get("tokens"), "cache_read": get("cached"), "accounting_total": get("all_tokens")},
            costs={"virtual_cost_pico_usd": get("virtual_pico"), "actual_cost_pico_usd": get("actual_pico"),
                   "source_cost_pico_usd": get("source_pico")},
            unpriced_calls=get("unpriced_calls"),
        )  # fmt: skip
    return json.dumps(body)


def _now_ms() -> int:
    import time  # noqa: PLC0415

    return time.time_ns() // 1_000_000
