"""A source: one way by which a status code comes to leave."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["archive", "reading", "fold", "rule", "observing", "failure", "strict", "preflight"]


@dataclass(frozen=True, slots=True)
class Source:
    """`label` is what the metrics call it: a rule, a built-in verdict, or a kind of failure. `text` is one sentence.
    Rules have the pack they come from, if any, and their conditions in words."""

    kind: Kind
    label: str
    text: str
    pack: str = ""
    conditions: tuple[str, ...] = ()

    @property
    def is_in_force(self) -> bool:
        """A rule that only observes sends nothing."""
        return self.kind != "observing"


Found = Iterator[tuple[int, Source]]
