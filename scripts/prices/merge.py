"""One history per model out of two packages and the corrections; every difference is settled by a written rule.

The dated history is the skeleton, because it alone knows when prices changed; the other list adds what the history does
not have (names, one-hour cache writes, web search fees, mode prices). Where both speak of the same period, model and
field and differ, a rule of `policy.toml` or an entry of `corrections.toml` decides, and the table that the build prints
says which. Nothing is averaged; a difference that no rule covers stops the build.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from prices.rows import FIELDS, Model, Row, at, close, cut, day, high, low, scaled

History = dict[str, dict[str, Model]]
COMPARED = (0, 1, 2, 3)


@dataclass(frozen=True)
class Difference:
    """One field of one model in one period on which the packages disagree."""

    provider: str
    model: str
    start: int | None
    until: int | None
    field: str
    dated: object
    genai: object
    current: bool
    same_price: bool = False
    """Input and output are equal in both: they speak of the same price."""
    late: bool = False
    """The history's date is a catalogue's commit, and the list names a day of its own for its price."""
    newer: bool = False
    """The list's price began after the history was closed."""
    settled: str = ""

    def line(self) -> str:
        span = f"{day(self.start)} .. {'now' if self.until is None else day(self.until)}"
        values = f"{self.dated!s:>28} {self.genai!s:>28}"
        return f"{self.provider:12} {self.model:36} {span:36} {self.field:10} {values}  {self.settled}"


class Merger:
    """Merges two histories under a policy and collects the differences."""

    def __init__(self, policy: list[dict[str, Any]], corrections: list[dict[str, Any]], now: int, closed: int) -> None:
        self.policy = policy
        self.corrections = corrections
        self.now = now
        self.closed = closed
        self.differences: list[Difference] = []

    def provider(self, name: str, dated: dict[str, Model], genai: dict[str, Model]) -> dict[str, Model]:
        owner = {alias.lower(): one for one, model in genai.items() for alias in (one, *model.aliases)}
        merged: dict[str, Model] = {}
        users: dict[str, list[str]] = {}
        for one, model in dated.items():
            twin = owner.get(one.lower())
            merged[one] = self._merged(name, one, model, genai[twin]) if twin else model
            users.setdefault(twin or "", []).append(one)
        known = {one.lower() for one in dated}
        for one in [one for one in genai if len(users.get(one, ())) == 1 and one.lower() not in known]:
            beside = merged[users[one][0]]
            if beside.rows[""][-1].base == genai[one].rows[""][-1].base:
                beside.aliases |= {one, *(alias for alias in genai[one].aliases if alias.lower() not in known)}
                genai = {other: model for other, model in genai.items() if other != one}
        lower = {one.lower() for one in merged}
        for one, model in genai.items():
            if one.lower() not in lower:
                merged[one] = replace_model(model)
            taken = {other.lower() for other in merged}
            target = merged[next(other for other in merged if other.lower() == one.lower())]
            target.aliases |= {alias for alias in model.aliases if alias.lower() not in taken}
        return merged

    def _merged(self, provider: str, name: str, dated: Model, genai: Model) -> Model:
        rows = self._standard(provider, name, dated.rows[""], genai.rows[""])
        model = Model(rows={"": rows}, aliases=set(dated.aliases), seen_as=dated.seen_as | genai.seen_as)
        for mode in sorted((set(dated.rows) | set(genai.rows)) - {""}):
            model.rows[mode] = self._mode(rows, dated.rows.get(mode, []), genai.rows.get(mode, []))
        return model

    def _standard(self, provider: str, name: str, dated: list[Row], genai: list[Row]) -> list[Row]:
        edges = [row.start for row in genai if row.start is not None]
        made = []
        for row in cut(dated, *edges):
            moment = max(low(row), min(high(row), self.now) - 1)  # a price announced for later is compared on its day
            other = at(genai, moment)
            made.append(row if other is None else self._settle(provider, name, row, other))
        return close(made)

    def _settle(self, provider: str, name: str, row: Row, other: Row) -> Row:
        base, basis = list(row.base), row.basis
        tiers, source = row.tiers, row.source
        for index in COMPARED:
            if row.base[index] != other.base[index]:
                taken = self._decide(provider, name, row, other, (FIELDS[index], row.base[index], other.base[index]))
                if taken == "genai":
                    base[index] = other.base[index]
                    source = other.source
                    basis = other.basis if other.start == row.start else basis
        if _tier_view(row.tiers) != _tier_view(other.tiers):
            taken = self._decide(provider, name, row, other, ("tiers", _tier_view(row.tiers), _tier_view(other.tiers)))
            if taken == "genai":
                tiers, source = other.tiers, other.source
        if base[4] is None and other.base[4] is not None and tuple(base[:4]) == other.base[:4]:
            base[4] = other.base[4]
        if base[5] is None and tuple(base[:2]) == other.base[:2]:
            base[5] = other.base[5]
        return replace(
            row, base=tuple(base), basis=basis, tiers=tiers, source=source, search=other.search, single=False
        )

    def _decide(self, provider: str, name: str, row: Row, other: Row, differing: tuple[str, object, object]) -> str:
        field, dated, genai = differing
        difference = Difference(
            provider, name, row.start, row.until, field, dated, genai,
            current=row.until is None,
            same_price=row.base[:2] == other.base[:2],
            late=row.basis != "d" and other.start is not None,
            newer=other.start is not None and other.start > self.closed,
        )  # fmt: skip
        if self._corrected(difference):
            self.differences.append(replace(difference, settled="correction"))
            return "dated"
        for rule in self.policy:
            if _applies(rule, difference):
                self.differences.append(replace(difference, settled=f"{rule['id']}: {rule['take']}"))
                return str(rule["take"])
        self.differences.append(replace(difference, settled=""))
        return "dated"

    def _corrected(self, difference: Difference) -> bool:
        for entry in self.corrections:
            fields = {"prices": {"input", "output", "cache_read", "write_5m", "tiers"}, "tiers": {"tiers"}}
            covered = fields.get(entry["field"], {entry["field"]})
            if (
                entry["provider"] == difference.provider
                and difference.model in entry["models"]
                and difference.field in covered
                and not entry.get("mode")
                and entry["from_ms"] <= (difference.start or 0)
                and entry["until_ms"] >= (difference.until or self.now)
            ):
                return True
        return False

    def _mode(self, standard: list[Row], dated: list[Row], genai: list[Row]) -> list[Row]:
        """The dated mode prices where there are any; the undated ones for as long as today's standard price holds."""
        last = at(standard, self.now) or (standard[-1] if standard else None)
        if last is None or not genai or (dated and dated[-1].until is not None):
            return dated
        now = replace(genai[0], start=last.start, until=last.until, basis="o", single=not dated, search=last.search)
        earlier = [row for row in cut(dated, low(last)) if high(row) <= low(last)] if last.start is not None else []
        return close([*(_with_tiers(row, standard, now, last) for row in earlier), now])


def replace_model(model: Model) -> Model:
    rows = {mode: list(rows) for mode, rows in model.rows.items()}
    return Model(rows=rows, aliases=set(model.aliases), seen_as=set(model.seen_as))


def _with_tiers(row: Row, standard: list[Row], now: Row, last: Row) -> Row:
    """A past mode row gets the tiers of its day when today's mode price is one exact multiple of the standard one."""
    beside = at(standard, low(row))
    if row.tiers or beside is None or not beside.tiers or not now.tiers:
        return row
    numerator, denominator = now.base[0], last.base[0]
    if not numerator or not denominator:
        return row
    exact = scaled(last.base, numerator, denominator)[:3] == now.base[:3]
    same = scaled(beside.base, numerator, denominator)[:3] == row.base[:3]
    if not (exact and same):
        return row
    return replace(row, tiers=tuple((above, scaled(six, numerator, denominator)) for above, six in beside.tiers))


def _tier_view(tiers: tuple[tuple[int, tuple[int | None, ...]], ...]) -> tuple[tuple[object, ...], ...]:
    return tuple((above, *six[:4]) for above, six in tiers)


def _applies(rule: dict[str, Any], difference: Difference) -> bool:
    fields, missing = rule.get("fields", ["*"]), rule.get("missing")
    value = {"dated": difference.dated, "genai": difference.genai}
    return (
        rule.get("provider", "*") in {"*", difference.provider}
        and ("*" in fields or difference.field in fields)
        and rule.get("period", "any") in {"any", "current" if difference.current else "past"}
        and (missing is None or value[missing] in {None, ()})
        and all(rule.get(trait, getattr(difference, trait)) == getattr(difference, trait) for trait in _TRAITS)
        and ("by" not in rule or _NEAR[rule["by"]](difference.dated, difference.genai))
        and difference.model in rule.get("models", [difference.model])
    )


def _rounded(one: Any, two: Any) -> bool:
    """One is the other, printed to whole cents."""
    return isinstance(one, int) and isinstance(two, int) and abs(one - two) <= 5_000 < min(one, two)


def _token_apart(one: Any, two: Any) -> bool:
    """The same tiers, whose thresholds differ by one token."""
    return len(one) == len(two) and all(abs(a[0] - b[0]) == 1 and a[1:] == b[1:] for a, b in zip(one, two, strict=True))


_TRAITS = ("same_price", "late", "newer")
_NEAR = {"a rounding": _rounded, "one token": _token_apart}
