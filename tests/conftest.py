"""For all tests: Hypothesis without a stopwatch (the machine is not part of the promise), and repeatable in CI."""

import os

import pytest
from hypothesis import settings

from tests.support import lint

settings.register_profile("house", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "house")


@pytest.fixture(autouse=True)
def archives_of_this_test_alone() -> None:
    """What an archive said in another test excuses nothing in this one."""
    lint.forget()
