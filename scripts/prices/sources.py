"""What the two packages say, in the generator's own shape; nothing is decided here.

Of genai-prices the rows and the names that are listed word by word are used, never its matcher: prefixes and patterns
give a longer name the price of a shorter one. Its start dates on modes are the day somebody looked and are ignored; its
time-of-day rows have no dates and are left to the schedules. Of model-prices the dated, corrected history is used.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from importlib.resources import files
from typing import Any

from prices.rows import Model, Row, close, ms, pico, six

GENAI = f"genai-prices {version('genai-prices')}"
DATED = f"model-prices {version('model-prices')}"

_GENAI_PROVIDERS = {
    "aws": "amazon-bedrock",
    "x-ai": "xai",
    "together": "togetherai",
    "fireworks": "fireworks-ai",
    "novita": "novita-ai",
    "typesafe": None,
    "elevenlabs": None,
    "voyageai": None,
    "openai-decisions": None,
    "doubleword": None,
    "quicksilverpro": None,
}
_DATED_MODES = {"standard": "", "batch": "batch", "fast": "fast", "flex": "flex", "ultrafast": "ultrafast"}
_RENAMED = {("openai", "fast"): "priority"}
"""OpenAI's priority tier is called fast in Codex and in the catalogue (trap 9); it is one price."""
_BASIS = {"documented": "d", "models.dev commit": "c", "first observed": "o"}
_ONE_HOUR = {"anthropic"}
"""model-prices states a one-hour multiple for other providers too, of which no provider page is known."""


def genai() -> dict[str, dict[str, Model]]:
    """Provider -> id -> model, as genai-prices lists them."""
    from genai_prices.data import providers  # noqa: PLC0415  thirty thousand lines, and `--help` needs none

    found: dict[str, dict[str, Model]] = {}
    for provider in providers:
        name = _GENAI_PROVIDERS.get(provider.id, provider.id)
        if name is None or name.startswith("huggingface_"):
            continue
        for one in provider.models:
            model = _genai_model(one, name)
            if model is not None:
                found.setdefault(name, {})[one.id] = model
    return found


def _genai_model(one: Any, provider: str) -> Model | None:
    conditional = one.prices if isinstance(one.prices, list) else None
    pairs = [(c.constraint, c.prices) for c in conditional] if conditional else [(None, one.prices)]
    rows = []
    for constraint, prices in pairs:
        if constraint is not None and not hasattr(constraint, "start_date"):
            continue
        start = ms(constraint.start_date.isoformat()) if constraint is not None else None
        row = _genai_row(prices, start)
        if row is not None:
            rows.append(row)
    if not rows and provider == "openrouter" and one.id.endswith(":free"):
        rows = [Row(None, None, "o", GENAI, (0, 0, 0), single=True)]  # listed without any price: free by its name
    if not rows:
        return None
    model = Model(rows={"": close(rows)}, aliases=set(_words(one.match)) - {one.id})
    for variant in one.price_variants or ():
        mode = _genai_mode(variant.when)
        mode = _RENAMED.get((provider, mode), mode)
        row = _genai_row(variant.prices, None)
        far_off = variant.constraint is not None and variant.constraint.start_date.year > 2026
        if mode and row is not None and mode not in model.rows and not far_off:
            model.rows[mode] = [row]
    return model


def _genai_mode(when: dict[str, str]) -> str:
    (key, value), *more = when.items()
    if more or value == "default" or key not in {"speed", "service_tier", "processing"}:
        return ""
    return value


def _genai_row(prices: Any, start: int | None) -> Row | None:
    listed = {key: value for key, value in vars(prices).items() if value is not None}
    names = {
        "input": "input_mtok",
        "output": "output_mtok",
        "cache_read": "cache_read_mtok",
        "write_5m": "cache_write_mtok",
        "write_1h": "cache_write_1h_mtok",
        "reasoning": "output_reasoning_mtok",
    }
    if "input_mtok" not in listed or "output_mtok" not in listed:
        return None
    values = {name: listed.get(key) for name, key in names.items()}
    starts = sorted({tier.start for value in values.values() for tier in getattr(value, "tiers", ())})
    fee = listed.get("web_searches_kcount")
    return Row(
        start,
        None,
        "o" if start is None else "d",
        GENAI,
        six(**{name: getattr(value, "base", value) for name, value in values.items()}),
        tuple((above, six(**{name: _above(value, above) for name, value in values.items()})) for above in starts),
        search=(pico(fee) or 0) * 1000,
        single=True,
    )


def _above(value: Any, above: int) -> Any:
    if not hasattr(value, "tiers"):
        return value
    return next((tier.price for tier in reversed(value.tiers) if tier.start <= above), value.base)


def _words(clause: Any) -> list[str]:
    """The names that a match rule lists word by word."""
    kind = type(clause).__name__
    if kind == "ClauseEquals":
        return [clause.equals]
    if kind == "ClauseOr":
        return [word for part in clause.or_ for word in _words(part)]
    return []


def dated() -> dict[str, dict[str, Model]]:
    """Provider -> id -> model, as model-prices records their history."""
    found: dict[str, dict[str, Model]] = {}
    for provider, models in _dated_body()["prices"].items():
        for name, timelines in models.items():
            model = Model()
            for theirs, ours in _DATED_MODES.items():
                rows = _timeline(provider, timelines.get(theirs, []))
                if rows and ours:
                    rows = _bounded(rows, model.rows.get(""))
                if rows:
                    model.rows[_RENAMED.get((provider, ours), ours)] = rows
            if "" in model.rows:
                found.setdefault(provider, {})[name] = model
    return found


def dated_schedules() -> dict[str, Any]:
    body: dict[str, Any] = _dated_body()["schedules"]
    return body


def _dated_body() -> dict[str, Any]:
    body: dict[str, Any] = json.loads(files("model_prices").joinpath("snapshot.json").read_bytes())
    return body


def _timeline(provider: str, intervals: list[dict[str, Any]]) -> list[Row]:
    """Rows from intervals; an interval without a start begins when its price was first recorded, not in the past."""
    rows: list[Row] = []
    for index, interval in enumerate(intervals):
        rates = interval["rates"]
        start = ms(interval["start"]) if interval["start"] else None
        if rates is None:
            if rows:
                rows[-1] = _ended(rows[-1], start)
            continue
        first = ms(rates["valid_from"])
        begin = first if start is None else max(start, min(first, start) if index else first)
        if rows and rows[-1].until is None:
            last = rows.pop()
            rows += [_ended(last, begin)] if (last.start or 0) < begin else []
        rows.append(_dated_row(provider, rates, begin))
    return close(rows)


def _bounded(rows: list[Row], standard: list[Row] | None) -> list[Row]:
    """A mode's rows from the model's first record on: the package dates a mode that it derives years before."""
    first = standard[0].start if standard else None
    if first is None:
        return []
    return [
        Row(max(row.start or 0, first), row.until, row.basis, row.source, row.base, row.tiers, single=True)
        for row in rows
        if row.until is None or row.until > first
    ]


def _ended(row: Row, until: int | None) -> Row:
    return Row(row.start, until, row.basis, row.source, row.base, row.tiers, row.search, row.single, row.free)


def _dated_row(provider: str, rates: dict[str, Any], start: int) -> Row:
    multiple = rates.get("cache_write_1h_multiple") if provider in _ONE_HOUR else None
    base = _dated_six(rates, multiple)
    tiers = []
    for tier in rates.get("tiers", ()):
        merged = {**{key: rates.get(key) for key in ("input", "output", "cache_read", "cache_write")}, **tier}
        tiers.append((tier["above"], _dated_six(merged, multiple)))
    equal = all(prices == base for _, prices in tiers)
    return Row(
        start,
        None,
        _BASIS[rates["valid_from_basis"]],
        f"{DATED}: {rates['source']}",
        base,
        () if equal else tuple(tiers),
        single=True,
    )


def _dated_six(rates: dict[str, Any], multiple: float | None) -> tuple[int | None, ...]:
    """Six prices; a cache price of 0 beside a real input price means that the catalogue had none."""
    paid = rates["input"] > 0
    read, write = rates.get("cache_read"), rates.get("cache_write")
    hour = rates["input"] * multiple if multiple is not None and write else None
    return six(
        input=rates["input"],
        output=rates["output"],
        cache_read=None if paid and read == 0 else read,
        write_5m=None if paid and write == 0 else write,
        write_1h=hour,
    )


def dated_until() -> int:
    """The instant at which the dated history was closed."""
    return ms(_dated_body()["updated_at"])
