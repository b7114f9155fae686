"""A Redis for the tests of what replicas share."""

from collections.abc import Iterator

import pytest

from tests.support.store import Redis


@pytest.fixture(scope="module")
def running_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    with Redis(tmp_path_factory.mktemp("redis")) as redis:
        yield redis


@pytest.fixture
def redis(running_redis: Redis) -> Redis:
    """Empty, whatever the test before has left."""
    running_redis.say("FLUSHALL")
    running_redis.say("CONFIG RESETSTAT")
    return running_redis
