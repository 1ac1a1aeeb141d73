"""Keeps the files of a site as fresh as the logs: looks when it is asked, reads only what has changed.

Nothing runs while nobody asks. A look lists the logs (a stat each); if none has changed it ends there. Otherwise the
ledger reads what is new, digests of unchanged sessions are taken as they are, and the overview is put together again; a
session's page is made when somebody wants it and its session has changed since. The costlier a look was, the longer
the next one waits, so a server of huge, busy logs stays small too.

All methods are meant for one thread: they share a workspace and its ledger.
"""

from __future__ import annotations

import os
import time
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from whyburn.api.postmortem import site
from whyburn.api.postmortem.digests import fingerprint
from whyburn.errors import WhyburnError
from whyburn.views.page import site as pages

if TYPE_CHECKING:
    from collections.abc import Callable

    from whyburn.api.postmortem.overview import Analysed, Overview
    from whyburn.api.workspace import Policy, Workspace
    from whyburn.views.page.site import Look

_SHORTEST_WAIT, _LONGEST_WAIT = 0.5, 30.0
"""Seconds between two looks."""
_PATIENCE = 4
"""A look that took a second is followed by a pause of so many."""


class Page(NamedTuple):
    """A page of the site, and what it was made from."""

    mark: str
    """Changes when the page would."""
    row: Analysed | None = None
    """The session it shows; None for the overview."""


class Keeper:
    """The site in one folder."""

    def __init__(
        self, workspace: Workspace, folder: str, look: Look, ask: Callable[[Policy], Overview], *,
        harness: str | None = None,
    ) -> None:  # fmt: skip
        self._workspace, self._look, self._ask, self._harness = workspace, look, ask, harness
        self.folder = os.path.abspath(os.path.expanduser(folder))
        self._seen: bytes | None = None
        self._pages: dict[str, Page] = {}
        self._made: dict[str, str] = {}
        """Name to the mark of the page that its file holds."""
        self._overview: Overview | None = None
        self._due = 0.0

    def start(self) -> Overview:
        """Analyse everything and write the index; pages of an earlier site that are not part of this one go."""
        self._seen = self._logs()
        self._take(self._ask("always"))
        assert self._overview is not None
        names = (site.DATA, site.INDEX)
        site.write_site(self.folder, [(name, self._text(name, self._pages[name])) for name in names])
        self._made = {name: self._pages[name].mark for name in names}
        return self._overview

    def close(self) -> None:
        """Close the ledger; the next look opens it again."""
        self._workspace.close()

    def names(self) -> list[str]:
        """All pages there are."""
        return list(self._pages)

    def mark(self, name: str) -> str | None:
        """What the page would be marked with now; None for a page that is not part of the site."""
        self._look_again()
        page = self._pages.get(name)
        return page.mark if page else None

    def page(self, name: str) -> tuple[str, str] | None:
        """(mark, text) of a page as its file holds it, made again first if it is not fresh."""
        self._look_again()
        page = self._pages.get(name)
        if page is None:
            return None
        if self._made.get(name) != page.mark:
            try:
                site.write_private(os.path.join(self.folder, name), self._text(name, page))
            except WhyburnError:
                return None
            self._made[name] = page.mark
        try:
            with open(os.path.join(self.folder, name), encoding="utf-8", newline="") as file:
                return page.mark, file.read()
        except OSError:  # somebody removed it: made again when it is asked for again
            self._made.pop(name, None)
            return None

    def _text(self, name: str, page: Page) -> str:
        workspace, look, overview = self._workspace, self._look, self._overview
        assert overview is not None
        if page.row is not None:
            return pages.session_page(workspace, workspace.reader("never"), page.row, look)
        if name == site.DATA:
            return pages.data_file(workspace, overview, look)
        return pages.index_page(workspace, overview, look, self._links())

    def _links(self) -> dict[str, str]:
        assert self._overview is not None
        return site.links(row.subject.key for row in self._overview.shown)

    def _look_again(self) -> None:
        began = time.monotonic()
        if began < self._due:
            return
        try:
            seen = self._logs()
            if seen != self._seen:
                self._take(self._ask("always"))
                self._seen = seen
        except (WhyburnError, OSError):
            pass  # a log or the ledger is in somebody else's hands: what was known before is served until the next look
        finally:
            now = time.monotonic()
            self._due = now + min(max(_SHORTEST_WAIT, _PATIENCE * (now - began)), _LONGEST_WAIT)

    def _logs(self) -> bytes:
        """A hash over path, size and time of every log."""
        found = blake2b(digest_size=16)
        for harness, roots in self._workspace.places((self._harness,) if self._harness else ()):
            for root in roots:
                for one in harness.sources(root):
                    found.update(repr((one.path, one.size, one.mtime_ns, one.ino)).encode("utf-8", "surrogatepass"))
        return found.digest()

    def _take(self, overview: Overview) -> None:
        db = self._workspace.reader("never")
        self._overview = overview
        names = self._links()
        whole = blake2b(repr(overview.as_dict()).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        found = {site.INDEX: Page(whole), site.DATA: Page(whole)}
        for row in overview.shown:
            mark = fingerprint(db, row.ident, self._workspace).hex()
            found[names[row.subject.key]] = Page(mark, row)
        self._pages = found
