"""The words a metric label may hold: closed sets, known from the standard and from the configuration.

A path, a UID or an address can never become a label, and never a new series: a word from outside its set is counted under
one word for all of them. The sets only grow, since exchanges of the generation before a reload still end after it.
"""

from typing import Generic, TypeVar

from prometheus_client.metrics import MetricWrapperBase

from gateway.config.settings import Settings
from gateway.core.decision import RetrySource
from gateway.core.failures import FailureKind
from gateway.core.normalise import BUILT_IN
from gateway.core.store import SUSPICIONS
from gateway.dicomweb.transactions import TRANSACTIONS
from gateway.guard.breaker import BreakerState

NONE = "none"  # no status: the archive did not answer, or the client left first
NOWHERE = "-"  # no route fits, so there is no archive either
INVALID = "invalid"  # a status outside 100-599, which no HTTP status can be
OTHER = "other"  # no transaction of the standard
UNKNOWN = "unknown"  # any other word from outside its set

# Why content that should have been looked at passed unread: compressed, or longer than what is held of it.
UNINSPECTED = ("content_coding", "beyond_limit")
DIRECTIONS = ("in", "out")
# Why a request was not let through to an archive.
HELD_BACK = (
    FailureKind.MAINTENANCE,
    FailureKind.BREAKER_OPEN,
    FailureKind.RATE_LIMITED,
    FailureKind.RATE_EXHAUSTED,
    FailureKind.TOO_BUSY,
)
BEHAVIOURS = ("follow", "retry")
HEALTH = ("up", "down")
AUDIT_OUTCOMES = ("sent", "dropped")
RECORDED = ("written", "dropped")

_CODE_LABELS: dict[int | None, str] = {None: NONE, **{code: str(code) for code in range(100, 600)}}
_CODES = frozenset(_CODE_LABELS.values()) | {INVALID}
_FOR_OUTSIDERS = {"transaction": OTHER, "code": INVALID, "upstream_code": INVALID}


def code_label(status: int | None) -> str:
    return _CODE_LABELS.get(status, INVALID)


class ClosedSets:
    """The words each label may hold, by the name of the label."""

    def __init__(self) -> None:
        self._words: dict[str, frozenset[str]] = {
            "route": frozenset({NOWHERE}),
            "upstream": frozenset({NOWHERE}),
            "transaction": frozenset(TRANSACTIONS) | {OTHER},
            "code": _CODES,
            "upstream_code": _CODES,
            "rule": BUILT_IN,
            "kind": frozenset(FailureKind),
            "source": frozenset(RetrySource),
            "reason": frozenset((*UNINSPECTED, *SUSPICIONS, *HELD_BACK)),
            "state": frozenset(BreakerState),
            "behaviour": frozenset(BEHAVIOURS),
            "direction": frozenset(DIRECTIONS),
            "result": frozenset(RECORDED),
            "outcome": frozenset((*AUDIT_OUTCOMES, *HEALTH)),
        }

    def learn(self, settings: Settings) -> None:
        """Adds the ids that this configuration brings."""
        self._words["route"] |= {route.id for route in settings.routes}
        self._words["upstream"] |= settings.upstreams.keys()
        self._words["rule"] |= {rule.id for rule in settings.policy.rules}

    def closest(self, label: str, word: str) -> str:
        """The word itself if it belongs to the label, or the one that stands for all outsiders."""
        return word if word in self._words[label] else _FOR_OUTSIDERS.get(label, UNKNOWN)


M = TypeVar("M", bound=MetricWrapperBase)


class Series(Generic[M]):
    """The series of one metric. After its first exchange a series costs one look-up in a dictionary."""

    def __init__(self, metric: M, labels: tuple[str, ...], closed: ClosedSets) -> None:
        self._metric, self._labels, self._closed = metric, labels, closed
        self._known: dict[tuple[str, ...], M] = {}

    def of(self, *words: str) -> M:
        """The series with these label values, in the order of the labels; it starts at zero."""
        return self._known.get(words) or self._find(words)

    def _find(self, words: tuple[str, ...]) -> M:
        closest = tuple(map(self._closed.closest, self._labels, words))
        series = self._metric.labels(*closest) if closest else self._metric
        if closest == words:  # words from outside would let the dictionary grow without end
            self._known[words] = series
        return series
