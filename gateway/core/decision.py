"""The verdict on one exchange: `normalise` makes it, `compose` turns it into a reply, nobody alters it in between."""

from dataclasses import dataclass
from enum import StrEnum

from gateway.core.failures import Failure, Origin

UNCHANGED = "-"  # the rule label of an exchange in which the archive's own status and content stand


class BodyPlan(StrEnum):
    """What becomes of the content: byte for byte as it came, dropped, or ours in its place: a report, or the empty list
    of a search without a hit."""

    KEEP = "keep"
    EMPTY = "empty"
    PROBLEM = "problem"
    EMPTY_LIST = "empty_list"


class RetrySource(StrEnum):
    """Who says when to come back: the archive, a rule, what the gateway holds back with and knows the end of, or nobody."""

    UPSTREAM = "upstream"
    RULE = "rule"
    BREAKER = "breaker"
    LIMITER = "limiter"
    QUEUE = "queue"
    MAINTENANCE = "maintenance"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class RetryAdvice:
    """When to come back: a valid upstream value verbatim, or seconds of ours. The reply adds jitter and bounds to ours."""

    source: RetrySource
    verbatim: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class FieldEdits:
    """Field lines to remove, set and add in the reply, in that order."""

    remove: tuple[str, ...] = ()
    set: tuple[tuple[str, str], ...] = ()
    add: tuple[tuple[str, str], ...] = ()

    def then(self, later: "FieldEdits") -> "FieldEdits":
        return FieldEdits(self.remove + later.remove, self.set + later.set, self.add + later.add)


NO_EDITS = FieldEdits()


@dataclass(frozen=True, slots=True)
class Observed:
    """What a rule would have sent, had it not been told to observe."""

    rule: str
    status: int


@dataclass(frozen=True, slots=True)
class Decision:
    """The status to send and everything the reply needs to know. `status` is in the documented set unless the policy
    only observes; `received` is what the archive said, None where it said nothing."""

    status: int
    rule: str = UNCHANGED
    why: str = ""
    body: BodyPlan = BodyPlan.KEEP
    edits: FieldEdits = NO_EDITS
    retry: RetryAdvice | None = None
    healthy: bool = True
    received: int | None = None
    failure: Failure | None = None
    observed: tuple[Observed, ...] = ()
    suspicion: str = ""  # what looks wrong and cannot be repaired, as a word for the metric
    untouched: bool = False  # observe mode: what the archive sent goes out as it is, owed or not

    @property
    def tells(self) -> bool | None:
        """Whether the archive is at work, None where this exchange says nothing about it."""
        if self.failure is not None and self.failure.origin is not Origin.UPSTREAM:
            return None
        return self.healthy
