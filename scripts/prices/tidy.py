"""What holds for all providers: names, free models, lagging cache prices, rounded halves, mirrors.

Each function is one rule about the shape of a table. None of them knows a model or a price; what is particular is data
in `policy.toml`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from prices import fixes
from prices.rows import Model, Row, at, close, high, low, scaled

DATE = re.compile(r"(?:-20[2-4]\d-?\d{2}-?\d{2})$")


def tidy(book: dict[str, dict[str, Model]], settings: dict[str, Any]) -> None:
    """What holds for all providers: free models, lagging cache prices, rounded halves, dated names."""
    free = {(one["provider"], name) for one in settings.get("free", []) for name in one["models"]}
    free_suffix = {one["provider"]: one["suffix"] for one in settings.get("free_suffix", [])}
    for provider, models in book.items():
        for name in list(models):
            model = models[name]
            bound_modes(model)
            suffix = free_suffix.get(provider)
            is_free = (provider, name) in free or bool(suffix and name.endswith(suffix))
            for mode in list(model.rows):
                model.rows[mode] = finished(model, mode, is_free)
                if not model.rows[mode]:
                    del model.rows[mode]
            if "" not in model.rows:
                del models[name]
                continue
            for mode in model.rows:
                model.rows[mode] = close(halves(model, mode))
        for one in settings.get("threshold", []):
            if one["provider"] == provider:
                reword(models, one["listed"], one["above"])
        collapse(models)


def reword(models: dict[str, Model], listed: int, above: int) -> None:
    for model in models.values():
        for mode, rows in model.rows.items():
            model.rows[mode] = close(
                [
                    replace(row, tiers=tuple((above if start == listed else start, six) for start, six in row.tiers))
                    for row in rows
                ]
            )


def bound_modes(model: Model) -> None:
    """A mode has no price from before its model was sold."""
    start = fixes.model_start(model)
    if start is not None:
        for mode in set(model.rows) - {""}:
            model.rows[mode] = [
                replace(row, start=max(low(row), start)) for row in model.rows[mode] if high(row) > start
            ]


def finished(model: Model, mode: str, is_free: bool) -> list[Row]:
    rows = [replace(row, free=True) if is_free and not any(row.base) else row for row in model.rows[mode]]
    rows = [row for row in rows if row.free or any(row.base)]
    made: list[Row] = []
    for row in reversed(rows):
        following = made[0] if made else None
        filled = late_cache(row, following) if following and high(row) == low(following) else row
        made.insert(0, filled)
    return close(made)


def late_cache(row: Row, following: Row) -> Row:
    """A catalogue that learned of the cache prices late: same price before and after, cache prices only after."""
    if row.base[:2] != following.base[:2] or bool(row.tiers) != bool(following.tiers) or row.basis == "d":
        return row
    if row.base[2] is None and following.base[2] is not None:
        return replace(row, base=following.base, tiers=following.tiers)
    return row


def halves(model: Model, mode: str) -> list[Row]:
    """A mode whose latest price is half the standard one, cents rounded or not, is half of it at all times.

    Pages print halves rounded to cents ($0.13 for 0.125), and the catalogue dates them later than the standard price.
    The dates are those of the standard price, and nobody documents them for the mode.
    """
    rows, standard = model.rows[mode], model.rows.get("", [])
    beside = at(standard, low(rows[-1])) if rows else None
    if mode not in {"batch", "flex"} or beside is None or beside.until != rows[-1].until:
        return rows
    half, cent = scaled(beside.base, 1, 2), 10_000
    pairs = list(zip(rows[-1].base, half, strict=True))
    if any(one is not None and two is not None and abs(one - two) > cent // 2 for one, two in pairs) or any(
        (one is None) != (two is None) for one, two in pairs[:3]
    ):
        return rows
    last = rows[-1]
    keep_tiers = bool(last.tiers) or not beside.tiers
    return [
        replace(
            row,
            base=scaled(row.base, 1, 2),
            basis="o" if row.basis == "d" and (row.start, row.basis) != (last.start, last.basis) else row.basis,
            tiers=tuple((above, scaled(prices, 1, 2)) for above, prices in row.tiers) if keep_tiers else (),
            source=last.source,
            single=last.single,
        )
        for row in standard
    ]


def shorten(provider: str, models: dict[str, Model]) -> None:
    """Bedrock ids lose their version, Anthropic's moving names their `-latest`: the ladder finds both."""
    for name in list(models):
        short = name
        if provider == "amazon-bedrock":
            short = re.sub(r"(-v\d+(:\d+)?|:\d+)$", "", name)
        elif provider == "anthropic" and name.endswith("-latest"):
            short = name.removesuffix("-latest")
        if short == name:
            continue
        model = models.pop(name)
        if short not in models:
            models[short] = model
        models[short].seen_as.add(name)
        if provider == "anthropic":
            models[short].aliases.add(name)


def collapse(models: dict[str, Model]) -> None:
    """Drop a dated id whose prices are those of the same name without the date; the ladder takes the date off."""
    targets = {alias: name for name, model in models.items() for alias in model.aliases}
    for name in sorted(models):
        short = DATE.sub("", name)
        target = short if short in models else targets.get(short)
        if short == name or target is None or target == name:
            continue
        kept, gone = models[target], models[name]
        if prices(kept) == prices(gone):
            first = min((rows[0] for rows in (kept.rows[""], gone.rows[""])), key=low)
            if low(first) < low(kept.rows[""][0]):
                kept.rows[""] = [replace(kept.rows[""][0], start=first.start, basis=first.basis), *kept.rows[""][1:]]
            kept.seen_as.add(name)
            kept.aliases |= gone.aliases
            del models[name]
    folded = {fold(name) for name in models}
    for model in models.values():
        undated = {alias for alias in model.aliases if DATE.sub("", alias) == alias}
        reached = {
            alias
            for alias in model.aliases
            if fold(alias) in folded or (alias not in undated and fold(DATE.sub("", alias)) in folded | undated)
        }
        model.aliases -= reached
        model.seen_as |= reached


def fold(name: str) -> str:
    """As the ladder folds: an alias that it reaches by itself need not be listed."""
    return re.sub(r"(?<=\d)\.(?=\d)", "-", name.lower()).replace("_", "-")


def undate(dated: dict[str, Model], genai: dict[str, Model]) -> None:
    """Give the history's dated ids the undated name of the other list when all ids of that name cost the same."""
    owner = {alias.lower(): name for name, model in genai.items() for alias in (name, *model.aliases)}
    families: dict[str, list[str]] = {}
    for name in dated:
        short = owner.get(DATE.sub("", name).lower(), "")
        if short and short != name and DATE.sub("", name) != name:
            families.setdefault(short, []).append(name)
    for short, members in families.items():
        beside = [dated[short]] if short in dated else []
        if len({str(prices(model)) for model in (*beside, *(dated[name] for name in members))}) == 1:
            first = min((*beside, *(dated[name] for name in members)), key=lambda model: low(model.rows[""][0]))
            first.seen_as |= set(members).union(*(dated[name].seen_as for name in members))
            for name in members:
                del dated[name]
            dated[short] = first


def prices(model: Model) -> list[tuple[object, ...]]:
    return [(row.base, row.tiers) for row in model.rows[""]]


def mirrored(book: dict[str, dict[str, Model]], mirror: dict[str, Any]) -> dict[str, Model]:
    """A provider that states that it sells at a lab's list prices; the lab's dates are not documented for it."""
    made: dict[str, Model] = {}
    for lab in mirror["of"]:
        for name, model in book[lab].items():
            if not re.match(mirror["match"], name):
                continue
            rows = [
                replace(
                    row,
                    source=f"{mirror['source']} ({row.source})",
                    search=0,
                    basis="o" if row.basis == "d" else row.basis,
                )
                for row in model.rows[""]
            ]
            made[name] = Model(rows={"": rows}, aliases=set(model.aliases), seen_as=set(model.seen_as))
    return made
