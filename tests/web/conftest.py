"""The browser that the tests of pages use."""

from pages.conftest import browser, opened

__all__ = ["browser", "opened"]
