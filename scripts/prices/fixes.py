"""The corrections: facts that neither package has, each with its reason and source, laid over the merged history.

Each says where it was seen, and that alone decides how its dates may be quoted: only a provider's own page documents a
date. An entry that claims more than was seen stops the build.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from prices.rows import FIELDS, Model, Row, Six, close, cut, high, low, ms, pico

REQUIRED = ("provider", "models", "field", "reason", "source", "seen")
NOTES = "the project's price notes, November 2026"
UNCONFIRMED = "not confirmed by a document"
_BASIS = {"page": "d", "secondary": "o", "notes": "o", "packages": "c", "unseen": "o"}
"""How the dates of an entry may be quoted, by where it was seen: documented, recorded by a catalogue, or observed."""
SEEN = tuple(_BASIS)
_CHECKED = ("page", "secondary")
_FIXED = {"notes": NOTES, "unseen": UNCONFIRMED}


def read(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The entries with their periods as instants; an entry that does not say why and whence stops the build."""
    made = []
    for entry in entries:
        entry.setdefault("models", [entry["model"]] if "model" in entry else [])
        lacking = [key for key in REQUIRED if not entry.get(key)]
        if lacking:
            raise SystemExit(f"correction lacks {', '.join(lacking)}: {entry}")
        wrong = unfounded(entry)
        if wrong:
            raise SystemExit(f"correction {wrong}: {entry}")
        made.append(
            {
                **entry,
                "basis": _basis(entry),
                "from_ms": ms(entry["from"]) if "from" in entry else 0,
                "until_ms": ms(entry["until"]) if "until" in entry else 1 << 62,
            }
        )
    return made


def unfounded(entry: dict[str, Any]) -> str:
    """What is wrong with the claim of an entry about where it was seen; empty when nothing is."""
    seen = entry["seen"]
    if seen not in _BASIS:
        return f"was seen in {seen!r}, which is none of {', '.join(_BASIS)}"
    if (seen in _CHECKED) != ("checked_on" in entry):
        return "needs a day of checking" if seen in _CHECKED else "was checked against no document, yet has a day"
    if entry["source"] != _FIXED.get(seen, entry["source"]):
        return f"seen in {seen!r} has the source {_FIXED[seen]!r}"
    if seen not in _FIXED and entry["source"] in _FIXED.values():
        return f"seen in {seen!r} names no document"
    allowed = {"page": ("observed",), "notes": ("documented",)}.get(seen, ())
    if entry.get("basis") not in {None, *allowed}:
        return f"seen in {seen!r} may not call its dates {entry['basis']}"
    return ""


def _basis(entry: dict[str, Any]) -> str:
    chosen = entry.get("basis")
    return chosen[0] if chosen else _BASIS[entry["seen"]]


def apply(models: dict[str, Model], entry: dict[str, Any]) -> None:
    for name in entry["models"]:
        if entry["field"] == "remove":
            models.pop(name)
            continue
        if name not in models and entry["field"] != "prices":
            raise SystemExit(f"correction for a model that nobody lists: {entry['provider']}/{name}")
        _FIELDS[entry["field"]](models.setdefault(name, Model()), entry)


def _prices(model: Model, entry: dict[str, Any]) -> None:
    """All prices of a period, a new row where there was none."""
    mode = entry.get("mode", "")
    start, until = entry["from_ms"], entry["until_ms"]
    base = _six(entry["value"])
    tiers = tuple((tier["above"], _six(tier)) for tier in entry.get("tiers", ()))
    kept = [row for row in cut(model.rows.get(mode, []), start, until) if high(row) <= start or low(row) >= until]
    near = next(iter(model.rows.get("", [])), None)
    search = entry.get("search_per_1000")
    made = Row(
        start,
        None if until == 1 << 62 else until,
        entry["basis"],
        entry["source"],
        base,
        tiers,
        search=(pico(search) or 0) * 1000 if search is not None else (near.search if near else 0),
    )
    model.rows[mode] = close([*kept, made])


def _tiers(model: Model, entry: dict[str, Any]) -> None:
    """The context tiers of a period; an empty list takes them away."""
    tiers = tuple((tier["above"], _six(tier)) for tier in entry["value"])
    _change(model, entry, tiers=tiers)


def _field(model: Model, entry: dict[str, Any]) -> None:
    """One price of a period, in the base tier."""
    index = FIELDS.index(entry["field"])
    rows = cut(model.rows[entry.get("mode", "")], entry["from_ms"], entry["until_ms"])
    model.rows[entry.get("mode", "")] = close(
        [
            replace(row, base=_put(row.base, index, pico(entry["value"])), source=entry["source"], basis=entry["basis"])
            if _inside(row, entry)
            else row
            for row in rows
        ]
    )


def _valid_from(model: Model, entry: dict[str, Any]) -> None:
    """The day on which a price began to hold, and with the first price every mode that began with it.

    A document that gives a model's first day says nothing of its modes: for them the day is observed.
    """
    start, first = ms(entry["value"]), model_start(model)
    chosen = [entry["mode"]] if "mode" in entry else [mode for mode, rows in model.rows.items() if _with(rows, first)]
    for mode in chosen:
        kept = [row for row in model.rows[mode] if high(row) > start]
        basis = entry["basis"] if mode == entry.get("mode", "") else "o"
        source = f"{kept[0].source}; first day: {entry['source']}"
        model.rows[mode] = [replace(kept[0], start=start, basis=basis, source=source), *kept[1:]]


def _with(rows: list[Row], first: int | None) -> bool:
    return bool(rows) and (rows[0].start is None or first is None or rows[0].start <= first)


def model_start(model: Model) -> int | None:
    rows = model.rows.get("", [])
    return rows[0].start if rows else None


def _valid_until(model: Model, entry: dict[str, Any]) -> None:
    end = ms(entry["value"])
    mode = entry.get("mode", "")
    rows = [row for row in model.rows[mode] if low(row) < end]
    model.rows[mode] = [*rows[:-1], replace(rows[-1], until=end)]


def _search(model: Model, entry: dict[str, Any]) -> None:
    fee = (pico(entry["value"]) or 0) * 1000
    for mode, rows in model.rows.items():
        model.rows[mode] = [replace(row, search=fee) for row in rows]


def _standard_after(model: Model, entry: dict[str, Any]) -> None:
    """From an instant on, asking for the mode serves and bills the standard one."""
    mode, start = entry["mode"], entry["from_ms"]
    after = [
        replace(row, start=max(low(row), start), source=entry["source"], basis=entry["basis"])
        for row in model.rows[""]
        if high(row) > start
    ]
    before = [row for row in cut(model.rows[mode], start) if high(row) <= start]
    model.rows[mode] = close([*before, *after])


def _aliases(model: Model, entry: dict[str, Any]) -> None:
    model.aliases |= set(entry["value"])


def _change(model: Model, entry: dict[str, Any], **values: Any) -> None:
    """Other values inside a period; a row that begins at one of its edges has the entry's word for that."""
    mode = entry.get("mode", "")
    edges = (entry["from_ms"], entry["until_ms"])
    made = []
    for row in cut(model.rows[mode], *edges):
        inside = _inside(row, entry)
        source = _changed_source(row, entry) if inside else row.source
        basis = entry["basis"] if row.start in edges else row.basis
        made.append(replace(row, **(values if inside else {}), source=source, basis=basis))
    model.rows[mode] = close(made)


def _changed_source(row: Row, entry: dict[str, Any]) -> str:
    """A page has the whole price; what another document says is named beside where the price is from."""
    source = str(entry["source"])
    return source if entry["seen"] == "page" else f"{row.source}; {entry['field']}: {source}"


def _inside(row: Row, entry: dict[str, Any]) -> bool:
    if entry.get("where_missing") and row.tiers:
        return False
    return bool(low(row) >= entry["from_ms"] and high(row) <= entry["until_ms"])


def _put(base: Six, index: int, value: int | None) -> Six:
    return (*base[:index], value, *base[index + 1 :])


def _six(value: dict[str, Any]) -> Six:
    return tuple(pico(value.get(name)) for name in FIELDS)


_FIELDS = {
    "prices": _prices,
    "tiers": _tiers,
    "valid_from": _valid_from,
    "valid_until": _valid_until,
    "search": _search,
    "standard_after": _standard_after,
    "aliases": _aliases,
    **dict.fromkeys(FIELDS, _field),
}
