"""Fixtures of the settings tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from settings.homes import Home

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty settings folder."""
    return Home(tmp_path)
