"""The policy: what an operator decided, compiled. Built once per generation by `config`, read by everybody, never changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from gateway.core.cors import Cors
from gateway.core.failures import FailureMeaning
from gateway.core.rule import Rule
from gateway.core.sieve import Sieve
from gateway.dicomweb.statuses import DICOM_SET, NEVER_FINAL, NEVER_SENT, reason_phrase


class Mode(StrEnum):
    """`observe` answers as the archive did and counts what `enforce` would change."""

    ENFORCE = "enforce"
    OBSERVE = "observe"


@dataclass(frozen=True, slots=True)
class Documented:
    """The status codes the site documents: one of two sets, plus rows of its own with their condition text."""

    name: Literal["dicom", "dcs"] = "dicom"
    codes: frozenset[int] = DICOM_SET
    edition: str = "2024e"
    added: Mapping[int, str] = field(default_factory=dict)
    strict: bool = False  # only the codes of each transaction's own table

    def allows(self, status: int) -> bool:
        """Whether this code may leave: interim codes and the two retired redirects never do, documented or not."""
        return (status in self.codes or status in self.added) and status not in NEVER_FINAL | NEVER_SENT

    def code_of(self, failure: FailureMeaning) -> int:
        """What HTTP at large would say of a failure, or else what Table N.7-88 offers for it."""
        return failure.status if self.allows(failure.status) else failure.documented

    def reason(self, status: int) -> str:
        return reason_phrase(status, self.name)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Retry-After where nobody said better. Seconds; `jitter` is a share of the value, added upwards only."""

    default: float = 10.0
    minimum: float = 1.0
    maximum: float = 300.0
    jitter: float = 0.2


@dataclass(frozen=True, slots=True)
class Quirks:
    """What no default can know about one archive."""

    unauthorized_challenge: str = ""
    empty_search: Literal["no_match", "error"] = "no_match"
    forbidden_as_not_found: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything `normalise` consults beside the exchange itself."""

    mode: Mode = Mode.ENFORCE
    documented: Documented = field(default_factory=Documented)
    fold: Mapping[int, int] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    retry: RetryPolicy = RetryPolicy()
    quirks: Mapping[str, Quirks] = field(default_factory=dict)
    peek: int = 16 * 1024
    document: int = 4 * 1024 * 1024
    cors: Cors | None = None
    sieve: Sieve = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sieve", Sieve(self.rules))

    def quirks_of(self, upstream: str) -> Quirks:
        return self.quirks.get(upstream, Quirks())
