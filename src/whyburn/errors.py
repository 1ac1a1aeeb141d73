"""The exceptions that leave a public function of whyburn.

    WhyburnError            base: its message is one line that a person can act on
    ├── SettingsError       a configuration or price file cannot be used or written
    ├── LedgerError         the ledger cannot be opened, read or written
    │   ├── SchemaError     the ledger was written by a newer whyburn
    │   └── BusyError       another process holds the ledger's refresh lock
    ├── SourceError         a named log file or folder is missing or cannot be read
    ├── SelectionError      a harness, session, machine or model that was asked for does not exist, or several do
    ├── PeriodError         a date, period or time zone cannot be understood
    └── MissingExtraError   an optional dependency is not installed

Dirty log lines are not exceptions: they are `model.Problem` values, counted and shown. Only the command line turns
an exception into an exit code.
"""

from __future__ import annotations


class WhyburnError(Exception):
    """Anything that went wrong in a way that the person at the keyboard can understand and mend."""


class SettingsError(WhyburnError):
    """A configuration or price file cannot be used or written."""


class LedgerError(WhyburnError):
    """The ledger cannot be opened, read or written."""


class SchemaError(LedgerError):
    """The ledger was written by a newer whyburn; it is left untouched."""


class BusyError(LedgerError):
    """Another process holds the ledger's refresh lock for longer than we wait."""


class SourceError(WhyburnError):
    """A log file or folder that was named is missing or cannot be read."""


class SelectionError(WhyburnError):
    """What was asked for does not exist, or fits several things; the message names the nearest ones."""


class PeriodError(WhyburnError):
    """A date, period or time zone cannot be understood."""


class MissingExtraError(WhyburnError):
    """An optional dependency is not installed; the message is the install command."""

    def __init__(self, extra: str, what: str) -> None:
        super().__init__(f'{what} needs the "{extra}" extra: pip install "whyburn[{extra}]"')
