"""Ids of exchanges: what they look like, and that no two are the same."""

import subprocess
import sys
from uuid import RFC_4122, UUID

from gateway.telemetry.exchange_ids import new_id

FORKED = """
import os
from gateway.telemetry.exchange_ids import new_id
new_id()
if os.fork():
    os.wait()
print(new_id(), flush=True)
"""


def test_an_id_is_a_random_uuid() -> None:
    for _ in range(500):
        id_ = new_id()
        assert str(UUID(id_)) == id_
        assert (UUID(id_).version, UUID(id_).variant) == (4, RFC_4122)


def test_no_two_exchanges_have_the_same() -> None:
    assert len({new_id() for _ in range(1000)}) == 1000


def test_all_that_is_not_prescribed_is_chance() -> None:
    """Over some hundred ids, every bit of 122 is seen both ways."""
    ids = [UUID(new_id()).int for _ in range(300)]
    always = ids[0]
    sometimes = 0
    for id_ in ids:
        always &= id_
        sometimes |= id_
    assert (always, sometimes.bit_count()) == (UUID("00000000-0000-4000-8000-000000000000").int, 128 - 4)


def test_a_child_process_does_not_use_the_ids_of_its_parent() -> None:
    done = subprocess.run([sys.executable, "-c", FORKED], capture_output=True, text=True, check=True)
    first, second = done.stdout.split()
    assert first != second
