"""What Python's collector of cycles need not look at.

A full collection walks through all objects there are, and nobody is served meanwhile: some 50 ms for the program alone, and
several times that while a thousand rules are read. A configuration holds no cycles: its memory is freed the moment that the
last exchange which goes by it has ended, whether the collector knows of it or not.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_NEVER = 10**9


@contextmanager
def construction() -> Iterator[None]:
    """While something is built that stays: no full collection meanwhile, and none to come walks through what there is then.

    Cycles that are garbage at that moment would stay as well; so the young ones are collected first.
    """
    young, middle, old = gc.get_threshold()
    gc.set_threshold(young, middle, _NEVER)
    try:
        yield
    finally:
        gc.set_threshold(young, middle, old)
    gc.collect(1)
    gc.freeze()
