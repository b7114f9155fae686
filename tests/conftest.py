"""For all tests: Hypothesis without a stopwatch (the machine is not part of the promise), and repeatable in CI; and the event
loop of those that run in this process."""

import asyncio
import os

import pytest
import uvloop
from hypothesis import settings

from tests.support import lint

settings.register_profile("house", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "house")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--loop",
        choices=("asyncio", "uvloop"),
        default="asyncio",
        help="the event loop of the tests that run in this process; where TLS is spoken, the gateway uses asyncio's only",
    )
    parser.addoption("--image", help="run the gateway in front of Orthanc from this image (deploy/image/trial.sh)")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("loop") == "uvloop":
        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What speaks TLS never runs on uvloop (`gateway/loop.py`), so nothing is promised of it there."""
    if config.getoption("loop") == "uvloop":
        speaking = [item for item in items if item.get_closest_marker("tls")]
        items[:] = [item for item in items if item not in speaking]
        config.hook.pytest_deselected(items=speaking)


@pytest.fixture(autouse=True)
def archives_of_this_test_alone() -> None:
    """What an archive said in another test excuses nothing in this one."""
    lint.forget()
