"""The kinds of single values that stand in many sections."""

from functools import partial

from gateway.config import scalars as s
from gateway.config.kinds import One

TEXT, ID, BOOLEAN = One(s.text), One(s.identifier), One(s.boolean)
DURATION = One(s.duration, s.show_duration)
PERCENT = One(s.percent, s.show_percent)


def one_of(*known: str) -> One:
    return One(partial(s.word, known=known))


def whole(least: int, most: int) -> One:
    return One(partial(s.whole, least=least, most=most))


def size(least: int, most: int) -> One:
    return One(partial(s.size, least=least, most=most), s.show_size)


def duration(least: float) -> One:
    return One(partial(s.duration, least=least), s.show_duration)
