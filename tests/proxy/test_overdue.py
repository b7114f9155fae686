"""The one clock of all expresses."""

from dataclasses import dataclass

from gateway.proxy.express.overdue import Overdue
from tests.support.guarded import until


@dataclass(eq=False)
class Waiting:
    clock: Overdue
    struck: int = 0

    def is_overdue(self) -> None:
        self.struck += 1
        self.clock.remove(self)


async def test_an_answer_that_has_begun_has_a_whole_tick_to_go_on() -> None:
    """However soon the clock strikes next: it strikes for all, and at a moment that nobody chose."""
    clock = Overdue()
    begun, other = Waiting(clock), Waiting(clock)
    clock.add(begun, 60.0)
    clock.add(other, 60.0)
    clock.hurry(begun)
    clock._strike()
    assert begun.struck == 0
    await until(lambda: begun.struck == 1)
    assert other.struck == 0
    assert clock.remove(other)


async def test_who_is_due_sooner_is_not_put_off() -> None:
    clock = Overdue()
    begun = Waiting(clock)
    clock.add(begun, 0.0)
    clock.hurry(begun)
    clock._strike()
    assert begun.struck == 1
