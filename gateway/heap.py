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
    """While something large is built: no full collection meanwhile, which would walk through it again and again."""
    young, middle, old = gc.get_threshold()
    gc.set_threshold(young, middle, _NEVER)
    try:
        yield
    finally:
        gc.set_threshold(young, middle, old)


def keep() -> None:
    """What there is now stays: no collection looks at it any more.

    Only before traffic. What is under way at such a moment, and later ends in a cycle of references, would stay as well.
    """
    gc.collect(1)
    gc.freeze()
