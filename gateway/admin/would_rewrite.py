"""What enforcing would change, by transaction, and which word to change for it: `GET /-/would-rewrite`.

As values: one for each kind of change, the most frequent first. Counts are those of the metrics, since the start.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from gateway.config.settings import Settings
from gateway.core.policy import Mode
from gateway.core.verdicts import whys
from gateway.telemetry.snapshot import Answered, Snapshot

MOST = 200  # kinds of changes in one report; the metrics have them all


@dataclass(frozen=True, slots=True)
class Step:
    """What to change in the configuration: at `file:line`, these words into those; nothing as `to` takes the line away."""

    at: str
    change: str
    to: str


@dataclass(frozen=True, slots=True)
class Change:
    """So many answers of one transaction that a rule would have changed. `share` is of all its exchanges; without `steps`
    it is done already, or its rule is no more."""

    transaction: str
    archive_said: str
    client_would_get: str
    rule: str
    why: str
    count: int
    share: float
    steps: tuple[Step, ...]

    @property
    def same_code(self) -> bool:
        return self.archive_said == self.client_would_get


@dataclass(frozen=True, slots=True)
class Report:
    """`kinds` counts all kinds of changes, of which `changes` are the most frequent. `steps` switch the whole to enforce."""

    mode: Mode
    since: float
    exchanges: int
    would_change: int
    kinds: int
    changes: tuple[Change, ...]
    steps: tuple[Step, ...]


def report(settings: Settings, counts: Snapshot, started: float) -> Report:
    rows, why = counts.would_rewrite, whys(settings.policy)
    totals: Counter[str] = Counter()
    for one in counts.answered:
        totals[one.transaction] += one.count
    return Report(
        mode=settings.policy.mode,
        since=started,
        exchanges=counts.exchanges,
        would_change=sum(one.count for one in rows),
        kinds=len(rows),
        changes=tuple(_change(one, totals[one.transaction], why(one.rule), settings) for one in rows[:MOST]),
        steps=tuple(_whole(settings)),
    )


def as_json(found: Report) -> dict[str, object]:
    since = datetime.fromtimestamp(found.since, UTC).isoformat(timespec="seconds")
    return {
        **asdict(found),
        "since": since,
        "then": "save the file, which is read again by itself; or POST /-/reload, or SIGHUP",
    }


def _change(one: Answered, of: int, why: str, settings: Settings) -> Change:
    return Change(
        one.transaction, one.received, one.sent, one.rule, why, one.count,
        round(min(one.count / of, 1.0), 4) if of else 1.0, tuple(_steps(one.rule, settings)),
    )  # fmt: skip


def _steps(rule: str, settings: Settings) -> Iterator[Step]:
    """A rule that observes by itself needs both switches where the whole observes too."""
    if at := settings.switches.rules.get(rule):
        yield Step(at, "observe: true", "")
    yield from _whole(settings)


def _whole(settings: Settings) -> Iterator[Step]:
    if settings.switches.mode:
        yield Step(settings.switches.mode, "mode: observe", "mode: enforce")
