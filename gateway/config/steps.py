"""Work in steps: a generator that yields wherever it may be interrupted, and returns what it has made.

Reading a thousand rules takes a second. Who has nothing else to do runs it through (`finished`); who has, such as a gateway
with traffic, runs some steps, sees to the rest, and comes back (`gateway.slices`).
"""

from collections.abc import Generator
from typing import TypeAlias, TypeVar

T = TypeVar("T")

Steps: TypeAlias = Generator[None, None, T]


def finished(steps: Steps[T]) -> T:
    """What comes out, without a pause."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            result: T = done.value
            return result
