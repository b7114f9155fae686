"""The two proxies, started once for the whole folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.oracle.proxies import HAProxy, Nginx, Oracle


@pytest.hookimpl(tryfirst=True)  # before `-m` selects
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.oracle)


def _running(oracle: Oracle) -> Iterator[Oracle]:
    oracle.start()
    yield oracle
    oracle.kill()


@pytest.fixture(scope="session")
def haproxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oracle]:
    yield from _running(HAProxy(tmp_path_factory.mktemp("haproxy")))


@pytest.fixture(scope="session")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oracle]:
    yield from _running(Nginx(tmp_path_factory.mktemp("nginx")))
