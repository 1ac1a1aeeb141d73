"""Zones, periods, windows and buckets: wall clock time is cut where the zone's own clock cut it."""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from subprocess import check_output
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whyburn import clock
from whyburn.clock import PERIODS, Bucket, Window, Zone, buckets, instant, period, window, zone
from whyburn.errors import PeriodError

BERLIN = Zone("Europe/Berlin")
NEW_YORK = Zone("America/New_York")
LORD_HOWE = Zone("Australia/Lord_Howe")
KOLKATA = Zone("Asia/Kolkata")
HOUR = 3_600_000
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Cairo", "Asia/Beirut",
         "America/Santiago", "Africa/Casablanca", "Pacific/Chatham", "America/Havana", "UTC")  # fmt: skip


def ms(text: str) -> int:
    """An ISO time with offset as an instant."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def day_of(text: str, in_zone: Zone) -> Bucket:
    """The day bucket that holds an instant."""
    (found,) = buckets("day", ms(text), ms(text), zone=in_zone)
    return found


def hours_of_day(day: str, in_zone: Zone) -> list[Bucket]:
    """The hour buckets of a local day."""
    since = instant(day, zone=in_zone, option="")
    (found,) = buckets("day", since, since, zone=in_zone)
    return buckets("hour", found.since_ms, found.until_ms - 1, zone=in_zone)


class TestZones:
    """`zone` finds rules by name and the machine's own zone without one."""

    def test_named(self) -> None:
        """A zone is found by its IANA name."""
        assert Zone("Europe/Berlin") == zone("Europe/Berlin")
        assert ZoneInfo("Europe/Berlin") == zone("Europe/Berlin").tz

    @pytest.mark.parametrize("name", ["UTC", "utc", "Z"])
    def test_utc_needs_no_database(self, name: str) -> None:
        """UTC is itself in any spelling."""
        assert Zone("UTC") == zone(name) == zone(utc=True)
        assert UTC is zone(name).tz

    def test_other_letters(self) -> None:
        """Case and blanks are forgiven."""
        assert Zone("America/New_York") == zone("america/new york")

    @pytest.mark.parametrize(
        ("name", "near"),
        [("Berlin", "Europe/Berlin"), ("Europe/Berln", "Europe/Berlin"), ("New York", "America/New_York")],
    )
    def test_unknown_names_near_ones(self, name: str, near: str) -> None:
        """An unknown zone is refused in one line that names a near one."""
        with pytest.raises(PeriodError, match=near) as caught:
            zone(name)

        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize("name", ["", "../../etc/passwd", "/etc/passwd", "Europe", "nowhere", "a\0b", "x" * 300])
    def test_nonsense(self, name: str) -> None:
        """Whatever is given as a name, the answer is a PeriodError and never another exception."""
        with pytest.raises(PeriodError):
            zone(name)

    def test_utc_and_name_exclude_each_other(self) -> None:
        """Two answers to one question are refused."""
        with pytest.raises(PeriodError, match="exclude"):
            zone("Europe/Berlin", utc=True)

    @pytest.mark.parametrize(
        ("variable", "name"),
        [
            ("Europe/Berlin", "Europe/Berlin"),
            (":Asia/Kolkata", "Asia/Kolkata"),
            ("/usr/share/zoneinfo/America/New_York", "America/New_York"),
            ("", "UTC"),
            ("UTC0", "UTC"),
        ],
    )
    def test_variable(self, monkeypatch: pytest.MonkeyPatch, variable: str, name: str) -> None:
        """TZ wins over everything and is read as the C library reads it."""
        monkeypatch.setenv("TZ", variable)

        assert Zone(name) == zone()

    def test_localtime_link(self, monkeypatch: pytest.MonkeyPatch, tmp_path: os.PathLike[str]) -> None:
        """The link /etc/localtime tells the name, also with the prefix that macOS uses."""
        link = os.path.join(tmp_path, "localtime")
        os.symlink("/var/db/timezone/zoneinfo/Europe/Berlin", link)
        monkeypatch.delenv("TZ", raising=False)
        monkeypatch.setattr(clock, "_LOCALTIME", link)

        assert zone() == BERLIN

    def test_timezone_file(self, monkeypatch: pytest.MonkeyPatch, tmp_path: os.PathLike[str]) -> None:
        """/etc/timezone is believed where it agrees with the clock, and only there."""
        name_file = os.path.join(tmp_path, "timezone")
        monkeypatch.delenv("TZ", raising=False)
        monkeypatch.setattr(clock, "_LOCALTIME", os.path.join(tmp_path, "none"))
        monkeypatch.setattr(clock, "_TIMEZONE", name_file)
        with local_zone(monkeypatch, "Europe/Berlin"):
            monkeypatch.delenv("TZ")
            found = []
            for name in ("Europe/Berlin", "Asia/Kolkata", "Nowhere/Atall", ""):
                with open(name_file, "w", encoding="utf-8") as file:
                    file.write(name + "\n")
                found.append(zone().name)

        assert found == ["Europe/Berlin", "local", "local", "local"]

    def test_posix_rule(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A zone without a name still has exact days: the system's own rules are used, clock changes included."""
        with local_zone(monkeypatch, "CET-1CEST,M3.5.0,M10.5.0/3"):
            local = zone()
            days = [day_of(f"2026-{month}T12:00+01:00", local) for month in ("03-29", "07-01", "10-25")]

        assert local.name == "local"
        assert [(day.until_ms - day.since_ms) // HOUR for day in days] == [23, 24, 25]


class local_zone:  # noqa: N801
    """The process's own zone for a while."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        monkeypatch.setenv("TZ", name)

    def __enter__(self) -> None:
        time.tzset()

    def __exit__(self, *_: object) -> None:
        os.environ.pop("TZ", None)
        time.tzset()


class TestPeriods:
    """Named periods are days, weeks, months and years of the zone."""

    @pytest.mark.parametrize(
        ("name", "since", "until"),
        [
            ("today", "2026-11-21T00:00+01:00", "2026-11-22T00:00+01:00"),
            ("yesterday", "2026-11-20T00:00+01:00", "2026-11-21T00:00+01:00"),
            ("this-week", "2026-11-16T00:00+01:00", "2026-11-23T00:00+01:00"),
            ("last-week", "2026-11-09T00:00+01:00", "2026-11-16T00:00+01:00"),
            ("this-month", "2026-11-01T00:00+01:00", "2026-12-01T00:00+01:00"),
            ("last-month", "2026-10-01T00:00+02:00", "2026-11-01T00:00+01:00"),
            ("last-24h", "2026-11-20T14:30+01:00", "2026-11-21T14:30+01:00"),
            ("last-7d", "2026-11-15T00:00+01:00", "2026-11-22T00:00+01:00"),
            ("last-30d", "2026-10-23T00:00+02:00", "2026-11-22T00:00+01:00"),
            ("this-year", "2026-01-01T00:00+01:00", "2027-01-01T00:00+01:00"),
        ],
    )
    def test_berlin_on_a_saturday_in_november(self, name: str, since: str, until: str) -> None:
        """Each period has the boundaries that a Berlin calendar shows, summer time where it was summer."""
        found = period(name, now_ms=ms("2026-11-21T14:30+01:00"), zone=BERLIN)

        assert Window(ms(since), ms(until), name) == found

    def test_all(self) -> None:
        """All is without bounds."""
        assert Window(None, None, "all") == period("all", now_ms=0, zone=BERLIN)

    @pytest.mark.parametrize("name", PERIODS)
    def test_every_period_holds_now_or_ends_before(self, name: str) -> None:
        """All names of PERIODS are understood, and no window is empty."""
        found = period(name, now_ms=ms("2026-03-01T00:30+01:00"), zone=BERLIN)

        assert name == found.label
        assert found.since_ms is None or found.until_ms is None or found.since_ms < found.until_ms

    def test_week_start(self) -> None:
        """Weeks begin on the day they are told to, also named ones."""
        found = period("this-week", now_ms=ms("2026-11-22T12:00Z"), zone=Zone("UTC"), week_start="sunday")

        assert Window(ms("2026-11-22T00:00Z"), ms("2026-11-29T00:00Z"), "this-week") == found

    def test_january(self) -> None:
        """Last month of January is December of the year before."""
        found = period("last-month", now_ms=ms("2026-01-31T12:00Z"), zone=Zone("UTC"))

        assert Window(ms("2025-12-01T00:00Z"), ms("2026-01-01T00:00Z"), "last-month") == found

    def test_leap_february(self) -> None:
        """The month before 31 March 2028 has 29 days."""
        found = period("last-month", now_ms=ms("2028-03-31T12:00Z"), zone=Zone("UTC"))

        assert Window(ms("2028-02-01T00:00Z"), ms("2028-03-01T00:00Z"), "last-month") == found

    @pytest.mark.parametrize("name", ["bogus", "", "Today", "last-31d"])
    def test_unknown(self, name: str) -> None:
        """An unknown period is refused with the list of known ones."""
        with pytest.raises(PeriodError, match="this-week"):
            period(name, now_ms=0, zone=BERLIN)

    def test_unknown_week_start(self) -> None:
        """A week cannot start on a day that does not exist."""
        with pytest.raises(PeriodError, match="sunday"):
            period("this-week", now_ms=0, zone=BERLIN, week_start="funday")


class TestWindows:
    """`window` understands what a command's period options mean together."""

    NOW = ms("2026-11-21T14:30+01:00")

    def ask(self, **options: object) -> Window:
        """The window of these options in Berlin, now."""
        return window(now_ms=self.NOW, zone=BERLIN, **options)  # type: ignore[arg-type]

    def test_none(self) -> None:
        """Without options there are no bounds and no label."""
        assert Window(None, None, None) == self.ask()

    def test_period(self) -> None:
        """A named period is the period."""
        assert period("today", now_ms=self.NOW, zone=BERLIN) == self.ask(period="today")

    def test_until_is_exclusive(self) -> None:
        """--since 2026-05-01 --until 2026-06-01 is May."""
        found = self.ask(since="2026-05-01", until="2026-06-01")

        assert Window(ms("2026-05-01T00:00+02:00"), ms("2026-06-01T00:00+02:00"), None) == found

    def test_through_is_inclusive(self) -> None:
        """--through 2026-05-31 ends where June begins."""
        assert self.ask(since="2026-05-01", until="2026-06-01") == self.ask(since="2026-05-01", through="2026-05-31")

    def test_last_days(self) -> None:
        """--last-days counts today as one, and 7 of them are last-7d."""
        seven, named = self.ask(last_days=7), self.ask(period="last-7d")

        assert (named.since_ms, named.until_ms) == (seven.since_ms, seven.until_ms)
        assert seven.label == "last 7 days"

    @pytest.mark.parametrize(
        "options",
        [
            {"period": "today", "since": "2026-01-01"},
            {"period": "today", "last_days": 3},
            {"last_days": 3, "through": "2026-01-01"},
            {"until": "2026-01-01", "through": "2026-01-01"},
            {"since": "2026-02-01", "until": "2026-01-01"},
            {"since": "2026-02-01", "until": "2026-02-01"},
            {"since": "2026-02-02", "through": "2026-02-01"},
            {"last_days": 0},
            {"last_days": 10**9},
            {"through": "2026-02-01T10:00"},
            {"through": "bogus"},
            {"until": "bogus"},
            {"last_days": 99_999_999},
            {"through": "9999-12-31"},
            {"since": "0001-01-01T00:00+14:00"},
            {"until": "9999-12-31T23:59-14:00"},
        ],
    )
    def test_refused(self, options: dict[str, object]) -> None:
        """Options that contradict each other or say nothing are refused in one line."""
        with pytest.raises(PeriodError) as caught:
            self.ask(**options)

        assert "\n" not in str(caught.value)

    @pytest.mark.skipif(sys.platform == "win32", reason="time.tzset is not there")
    @pytest.mark.parametrize("rule", ["EST5EDT,M3.2.0,M11.1.0", "XXX-14", "YYY12"])
    @pytest.mark.parametrize("option", ["since", "until", "through"])
    @pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31", "0001-01-01T00:00", "9999-12-31T23:59"])
    def test_ends_of_the_calendar(self, monkeypatch: pytest.MonkeyPatch, rule: str, option: str, text: str) -> None:
        """A first or last day that a zone cannot show is refused in one line, also where only the system knows it."""
        monkeypatch.setenv("TZ", rule)
        time.tzset()
        try:
            for known in (Zone("local"), BERLIN, Zone("Pacific/Kiritimati"), Zone("UTC")):
                with contextlib.suppress(PeriodError):
                    found = window(now_ms=self.NOW, zone=known, **{option: text})  # type: ignore[arg-type]
                    assert (found.since_ms is None) is (option != "since")
        finally:
            monkeypatch.undo()
            time.tzset()


class TestInstants:
    """`instant` reads dates and times as people and programs write them."""

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("2026-07-02", "2026-07-02T00:00+02:00"),
            ("20260702", "2026-07-02T00:00+02:00"),
            (" 2026-07-02 ", "2026-07-02T00:00+02:00"),
            ("2026-07-02T00:30", "2026-07-02T00:30+02:00"),
            ("2026-07-02 00:30:15.25", "2026-07-02T00:30:15.250+02:00"),
            ("2026-07-02T00:30Z", "2026-07-02T00:30+00:00"),
            ("2026-07-02T00:30:00-04:00", "2026-07-02T00:30-04:00"),
            ("20260702T003000Z", "2026-07-02T00:30+00:00"),
            ("2026-10-25T02:30", "2026-10-25T02:30+02:00"),  # shown twice: the first
            ("2026-03-29T02:30", "2026-03-29T03:30+02:00"),  # never shown: as far after the change
        ],
    )
    def test_in_berlin(self, text: str, expected: str) -> None:
        """A time without an offset is what the zone's clock showed."""
        assert ms(expected) == instant(text, zone=BERLIN, option="--since")

    @pytest.mark.parametrize(
        "text",
        ["", "bogus", "2026-13-01", "2026-02-30", "2026", "2026-05", "1.5.2026", "2026-W10-1", "20261301", "١٢٣٤٥٦٧٨",
         "0000-01-01", "2026-01-01T25:00", "2026-01-01T", "99999999", "T" * 99, "\0", "0001-01-01T00:00+14:00x"],
    )  # fmt: skip
    def test_refused(self, text: str) -> None:
        """What is not a date is refused in the words of the option."""
        with pytest.raises(PeriodError) as caught:
            instant(text, zone=BERLIN, option="--until")

        assert f"--until {text} is not a date (YYYY-MM-DD, or an ISO time)" == str(caught.value)

    def test_midnight_that_never_was(self) -> None:
        """Where the clock jumps from 0:00 to 1:00, the day begins at one o'clock."""
        found = instant("2026-09-06", zone=Zone("America/Santiago"), option="")

        assert ms("2026-09-06T01:00-03:00") == found

    def test_jump_across_midnight(self) -> None:
        """A jump from 23:30 to 0:30 begins the new day, though midnight was not its edge (Toronto, 1919)."""
        found = instant("1919-03-31", zone=Zone("America/Toronto"), option="")

        assert ms("1919-03-31T00:30-04:00") == found

    @given(st.text(max_size=40))
    def test_any_text(self, text: str) -> None:
        """Any text is an instant or a PeriodError."""
        with contextlib.suppress(PeriodError):
            assert isinstance(instant(text, zone=BERLIN, option="--since"), int)


class TestBuckets:
    """`buckets` tiles time without gaps, exactly as the wall clock did."""

    def test_july_seen_from_november(self) -> None:
        """A call at 0:30 on 2 July in Berlin belongs to 2 July whenever the report runs."""
        assert day_of("2026-07-02T00:30+02:00", BERLIN).key == "2026-07-02"

    @pytest.mark.parametrize(
        ("day", "in_zone", "hours"),
        [
            ("2026-03-29", BERLIN, 23),
            ("2026-10-25", BERLIN, 25),
            ("2026-03-08", NEW_YORK, 23),
            ("2026-11-01", NEW_YORK, 25),
            ("2026-10-04", LORD_HOWE, 23.5),
            ("2026-04-05", LORD_HOWE, 24.5),
            ("2026-10-25", KOLKATA, 24),
        ],
    )
    def test_length_of_days(self, day: str, in_zone: Zone, hours: float) -> None:
        """Days of a clock change are shorter or longer by what the clock changed."""
        since = instant(day, zone=in_zone, option="")
        (found,) = buckets("day", since, since, zone=in_zone)

        assert (day, hours) == (found.key, (found.until_ms - found.since_ms) / HOUR)

    def test_labels(self) -> None:
        """Keys sort, labels read."""
        at = ms("2026-11-21T14:30+01:00")
        found = {unit: buckets(unit, at, at, zone=BERLIN)[0] for unit in ("hour", "day", "week", "month")}

        assert {unit: (one.key, one.label) for unit, one in found.items()} == {
            "hour": ("2026-11-21T14:00+01:00", "Sat 2026-11-21 14:00"),
            "day": ("2026-11-21", "Sat 2026-11-21"),
            "week": ("2026-11-16", "week of 2026-11-16"),
            "month": ("2026-11", "Nov 2026"),
        }

    def test_doubled_hour(self) -> None:
        """The hour that Berlin has twice is two buckets that can be told apart."""
        found = hours_of_day("2026-10-25", BERLIN)

        assert len(found) == 25
        assert [one.label for one in found[2:4]] == ["Sun 2026-10-25 02:00+02:00", "Sun 2026-10-25 02:00+01:00"]

    def test_skipped_hour(self) -> None:
        """The hour that Berlin skips has no bucket."""
        found = [one.label[-5:] for one in hours_of_day("2026-03-29", BERLIN)]

        assert found[:3] == ["00:00", "01:00", "03:00"]

    def test_half_hour(self) -> None:
        """Lord Howe's half hour is a bucket of thirty minutes."""
        found = [one for one in hours_of_day("2026-04-05", LORD_HOWE) if one.until_ms - one.since_ms < HOUR]

        assert [(one.key, one.until_ms - one.since_ms) for one in found] == [("2026-04-05T01:30+10:30", HOUR // 2)]

    def test_quarter_zones(self) -> None:
        """Hours of Kolkata begin on its own full hours."""
        (found,) = buckets("hour", ms("2026-05-01T10:00Z"), ms("2026-05-01T10:00Z"), zone=KOLKATA)

        assert ("2026-05-01T15:00+05:30", ms("2026-05-01T09:30Z")) == (found.key, found.since_ms)

    def test_week_start(self) -> None:
        """A week begins on the chosen day."""
        at = ms("2026-11-22T12:00Z")
        found = [buckets("week", at, at, zone=Zone("UTC"), week_start=day)[0].key for day in ("monday", "sunday")]

        assert found == ["2026-11-16", "2026-11-22"]

    def test_skipped_day(self) -> None:
        """Samoa had no 30 December 2011, so there is no bucket for it and no gap either."""
        apia = Zone("Pacific/Apia")
        found = buckets("day", ms("2011-12-29T12:00-10:00"), ms("2011-12-31T12:00+14:00"), zone=apia)

        assert [one.key for one in found] == ["2011-12-29", "2011-12-31"]
        assert found[0].until_ms == found[1].since_ms

    def test_reversed_range(self) -> None:
        """A range that ends before it begins has no buckets."""
        assert buckets("day", 1, 0, zone=BERLIN) == []

    @pytest.mark.parametrize("unit", ["hour", "day", "week", "month"])
    def test_beyond_the_calendar(self, unit: clock.Unit) -> None:
        """Instants outside the years 1 to 9999 are a PeriodError."""
        with pytest.raises(PeriodError):
            buckets(unit, 10**15, 10**15, zone=BERLIN)

    @given(
        st.sampled_from(ZONES),
        st.sampled_from(["hour", "day", "week", "month"]),
        st.integers(0, 2_000_000_000_000),
        st.integers(0, 90 * 24 * HOUR),
    )
    def test_tiles(self, name: str, unit: clock.Unit, first_ms: int, length_ms: int) -> None:
        """Buckets touch, are not empty, differ in key and label, and cover exactly the range asked for."""
        found = buckets(unit, first_ms, first_ms + length_ms, zone=Zone(name))

        assert all(one.until_ms == two.since_ms for one, two in itertools.pairwise(found))
        assert all(one.since_ms < one.until_ms for one in found)
        assert len(found) == len({one.key for one in found}) == len({one.label for one in found})
        assert found[0].since_ms <= first_ms < found[0].until_ms
        assert found[-1].since_ms <= first_ms + length_ms < found[-1].until_ms

    @given(st.sampled_from(ZONES), st.integers(1_500_000_000_000, 2_200_000_000_000))
    def test_own_date(self, name: str, at_ms: int) -> None:
        """Every instant lies in the day, month, week and hour that its own local date and clock say."""
        local = datetime.fromtimestamp(at_ms / 1000, ZoneInfo(name))
        found = {unit: buckets(unit, at_ms, at_ms, zone=Zone(name))[0].key for unit in ("hour", "day", "week", "month")}

        assert local.date().isoformat() == found["day"]
        assert local.strftime("%Y-%m") == found["month"]
        assert (local.date() - timedelta(days=local.weekday())).isoformat() == found["week"]
        assert f"{local:%Y-%m-%dT%H}" == found["hour"][:13]


class TestCost:
    """Start-up and series are cheap."""

    def test_no_zone_database_at_import(self) -> None:
        """Importing the module loads neither zoneinfo nor difflib."""
        code = "import sys, whyburn.clock as c; c.buckets('day', 0, 9**12, zone=c.zone(utc=True)); print(*sys.modules)"
        loaded = check_output([sys.executable, "-c", code], env={"PYTHONPATH": source_folder()}, text=True).split()

        assert not {"zoneinfo", "difflib"} & set(loaded)

    def test_a_year_of_days(self) -> None:
        """A year of days is a matter of milliseconds (the limit is ten times what it takes)."""
        since = ms("2026-01-01T00:00+01:00")
        begin = time.process_time()
        found = buckets("day", since, since + 365 * 24 * HOUR - 1, zone=BERLIN)

        assert len(found) == 365
        assert time.process_time() - begin < 0.03

    def test_now(self) -> None:
        """The clock counts milliseconds."""
        assert abs(clock.now_ms() - time.time() * 1000) < 1000


def source_folder() -> str:
    """The folder that holds the package."""
    return os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(clock.__file__))))
