"""The price book: the user's tables, then the dated snapshot, then nothing.

`tariff` answers for one provider, model and set of modifiers, and the caller keeps the answer for all calls that share
them. A gateway's price is never guessed from its lab's: only when costing asks for list prices may a lab's row stand
in, and then the rate says so. A model that nobody lists has no rate, which is not the same as costing nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.prices import snapshot
from whyburn.prices.modes import mode_of, place_of
from whyburn.prices.providers import LABS, clean, resolve_alias, seller
from whyburn.prices.tariff import Layer, Match, Tariff, snapshot_layer
from whyburn.prices.userrows import UserTable, group, user_layer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from whyburn.prices.ids import Found
    from whyburn.prices.modes import Mode
    from whyburn.prices.snapshot import ProviderTable
    from whyburn.prices.table import Listed
    from whyburn.settings.price_rows import PriceRow

__all__ = ["Book", "Match", "Tariff"]


class Book:
    """All prices that one report may use; cheap to make, tables are read as they are asked for."""

    def __init__(self, user: Sequence[PriceRow], provider_aliases: Mapping[str, str], list_prices: bool) -> None:
        self.user_rows: tuple[PriceRow, ...] = tuple(user)
        self._aliases = {raw.strip().lower(): target for raw, target in provider_aliases.items()}
        self._user = group(user)
        self._list_prices = list_prices

    @classmethod
    def load(
        cls,
        user: Sequence[PriceRow] = (),
        provider_aliases: Mapping[str, str] | None = None,
        list_prices: bool = False,
    ) -> Book:
        """A book of the snapshot below the user's rows."""
        return cls(user, provider_aliases or {}, list_prices)

    def tariff(
        self,
        provider: str | None,
        model: str,
        *,
        speed: str | None = None,
        service_tier: str | None = None,
        geo: str | None = None,
        table: str = "virtual",
    ) -> Tariff:
        """Everything that can apply to a raw provider and model id under these modifiers."""
        candidates, inferred = self._candidates(provider, model)
        ask = _Ask(model, speed, service_tier, geo, inferred)
        answers = list(self._from_user(candidates, ask, table))
        if table == "virtual":
            answers += self._from_snapshot(candidates, ask)
        priced = [answer for answer in answers if answer[1] is not None]
        listed = [(match, held) for match, _, held in priced or answers]
        reason = ""
        if not answers:
            reason = self._why_not(provider, candidates, model, table)
        elif not priced:
            reason = f"no price of {listed[0][0].provider}/{listed[0][0].model} for {ask.said}"
        return Tariff([layer for _, layer, _ in priced if layer is not None], listed, reason)

    def near(self, provider: str | None, model: str) -> list[str]:
        """Up to three listed names that look like an unpriced one; names only, never a price."""
        candidates, _ = self._candidates(provider, model)
        for candidate in candidates or LABS:
            table = snapshot.provider_table(candidate)
            names = table.names.near(model) if table is not None else []
            if names:
                return names
        return []

    def user_tables(self) -> Iterator[UserTable]:
        """The user's tables, one per table kind and provider."""
        yield from (self._user[key] for key in sorted(self._user))

    def _candidates(self, provider: str | None, model: str) -> tuple[list[str], bool]:
        """Price providers to ask, in order, and whether they were inferred from the id."""
        raw = clean(provider)
        if not raw:
            return self._inferred(model), True
        known = resolve_alias(raw, self._aliases)
        return list(dict.fromkeys((known, seller(known), raw, seller(raw)))), False

    def _inferred(self, model: str) -> list[str]:
        """The only lab that lists the exact id, or the only provider of the user's own rows that does."""
        labs = snapshot.labs_listing(model)
        if not labs:
            word = model.strip().lower()
            labs = tuple({name for (_, name), own in self._user.items() if own.names.exact(word)})
        return list(labs) if len(labs) == 1 else []

    def _from_user(
        self, candidates: Sequence[str], ask: _Ask, table: str
    ) -> Iterator[tuple[Match, Layer | None, Listed]]:
        for candidate in candidates:
            own = self._user.get((table, candidate))
            found = own.names.find(ask.model) if own is not None else None
            if own is not None and found is not None:
                listed = own.listed(found.model)
                match = ask.match(listed, found, "provider")
                yield match, None if ask.mode({}).name else user_layer(listed, match), listed
                return

    def _from_snapshot(self, candidates: Sequence[str], ask: _Ask) -> list[tuple[Match, Layer | None, Listed]]:
        for candidate in candidates:
            table = snapshot.provider_table(candidate)
            found = table.names.find(ask.model, shapes=table.shapes) if table is not None else None
            if table is not None and found is not None:
                return [ask.answer(table, found, "provider")]
        if self._list_prices and candidates:
            found_at = _at_list_price(ask.model)
            if found_at is not None:
                return [ask.answer(*found_at, "list")]
        return []

    def _why_not(self, provider: str | None, candidates: Sequence[str], model: str, table: str) -> str:
        if table != "virtual":
            return "no row of [[pricing.actual]] lists it"
        if not candidates:
            labs = ", ".join(snapshot.labs_listing(model))
            return f"no provider recorded, and several list it: {labs}" if labs else "no provider recorded"
        if any(snapshot.provider_table(candidate) for candidate in candidates):
            return f"{candidates[-1]} does not list it"
        return f"no price table for provider {clean(provider)}"


class _Ask:
    """One question to the tables: a raw id and its modifiers."""

    __slots__ = ("geo", "inferred", "model", "service_tier", "speed")

    def __init__(
        self, model: str, speed: str | None, service_tier: str | None, geo: str | None, inferred: bool
    ) -> None:
        self.model, self.speed, self.service_tier, self.geo, self.inferred = model, speed, service_tier, geo, inferred

    @property
    def said(self) -> str:
        return self.mode({}).said

    def mode(self, names: Mapping[str, str]) -> Mode:
        return mode_of(self.speed, self.service_tier, names)

    def match(self, listed: Listed, found: Found, basis: str, mode: str = "") -> Match:
        step, removed = found.step, found.removed
        return Match(listed.table, listed.provider, listed.model, step, removed, self.inferred, basis, mode)

    def answer(self, table: ProviderTable, found: Found, basis: str) -> tuple[Match, Layer | None, Listed]:
        """The layer of a listed model, or no layer when it has no prices for the mode."""
        listed = table.listed(found.model)
        mode = self.mode(table.mode_names)
        match = self.match(listed, found, basis, mode.name)
        periods = listed.periods.get(mode.name)
        if periods is None:
            return match, None, listed
        place = place_of(self.geo)
        uplifts = [uplift for uplift in listed.uplifts if uplift.when == place]
        region = f"region={found.region}" if found.region else ""
        said = (mode.said, place if uplifts else "", region)
        return match, snapshot_layer(listed, periods, match, uplifts, said), listed


def _at_list_price(model: str) -> tuple[ProviderTable, Found] | None:
    """The one lab that lists a gateway's model, its vendor part dropped."""
    vendor, slash, name = model.strip().lower().rpartition("/")
    labs = [seller(vendor.rpartition("/")[2])] if slash else LABS
    found = []
    for lab in labs:
        table = snapshot.provider_table(lab) if lab in LABS else None
        one = table.names.find(name) if table is not None else None
        if table is not None and one is not None and lab in snapshot.labs_listing(one.model):
            found.append((table, one))
    return found[0] if len(found) == 1 else None
