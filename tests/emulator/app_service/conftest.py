"""A function app in the shared local Azure."""

from typing import Any

import pytest

from tests.emulator.app_service.local_site import LocalSite


@pytest.fixture
def site(emulator: Any) -> LocalSite:
    """Nothing is published to it yet."""
    made = LocalSite(emulator)
    made.make()
    return made
