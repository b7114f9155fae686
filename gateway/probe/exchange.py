"""What is sent and what comes back, as values. Nothing here knows how either travels."""

from dataclasses import dataclass, field
from enum import StrEnum

from gateway.core.failures import FailureKind
from gateway.core.fields import Fields


class Ending(StrEnum):
    """How the content of an answer ended. `STOPPED`: we had read enough of it, and no more is known."""

    WHOLE = "whole"
    CUT = "cut"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. `shown` is its target with every identifier of the archive masked. With `cut`, the connection is dropped
    in the middle of the content."""

    method: str
    target: str
    shown: str
    fields: tuple[tuple[str, str], ...] = ()
    content: bytes | None = None
    cut: bool = False

    @property
    def accept(self) -> str:
        return next((value for name, value in self.fields if name == "Accept"), "*/*")

    def __str__(self) -> str:
        return f"{self.method} {self.shown}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, as far as it came. `failure` says why there is no answer at all; the status is then 0."""

    status: int = 0
    reason: str = field(default="", repr=False)
    fields: Fields = field(default_factory=Fields)
    content: bytes = field(default=b"", repr=False)
    ending: Ending = Ending.WHOLE
    failure: FailureKind | None = None
