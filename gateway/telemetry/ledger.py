"""What is counted of every exchange, in plain numbers until somebody wants to read them.

A series of prometheus-client takes a lock for each change, or writes to a file where several processes are counted
together, and every exchange changes five of them. So exchanges that are alike in all their labels share a page, on which
counting is an addition, and `settle` carries the pages over to the series.

A histogram takes one duration at a time in public. That many fell into one bucket can only be told to its parts, which
prometheus-client does not promise, nor how the value of a gauge is read: pyproject.toml bounds its version, and
`tests/telemetry/test_ledger.py` fails when they change.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.samples import Exemplar

from gateway.core.trace_context import Trace
from gateway.telemetry.labels import NONE, ClosedSets, Series, code_label
from gateway.telemetry.record import ExchangeRecord

# From a cached search to a study of some gigabytes.
DURATIONS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)


@dataclass(frozen=True, slots=True)
class Books:
    """The series that the pages are carried over to."""

    responses: Series[Counter]
    seconds: Series[Histogram]
    upstream_seconds: Series[Histogram]
    bytes: Series[Counter]
    undeclared: Series[Counter]
    first_seen: Series[Gauge]
    last_seen: Series[Gauge]


class Words(NamedTuple):
    """What a page is for; the names are those of the labels."""

    route: str
    transaction: str
    upstream: str
    upstream_code: str
    code: str
    rule: str


class Durations:
    """How many fell into each bucket of `DURATIONS`, the last of which has no upper bound, and their sum. Of those in a
    bucket that belong to a trace, the last is its example."""

    __slots__ = ("_buckets", "_examples", "_sum")

    def __init__(self) -> None:
        self._buckets, self._sum = [0] * (len(DURATIONS) + 1), 0.0
        self._examples: dict[int, Exemplar] = {}

    def add(self, seconds: float) -> None:
        self._buckets[bisect_left(DURATIONS, seconds)] += 1
        self._sum += seconds

    def exemplify(self, seconds: float, trace: Trace, moment: float) -> None:
        ids = {"trace_id": trace.trace_id, "span_id": trace.span_id}
        self._examples[bisect_left(DURATIONS, seconds)] = Exemplar(ids, seconds, moment)

    def settle(self, series: Series[Histogram], *words: str) -> None:
        """Without a duration no series is born."""
        if any(self._buckets):
            observe_many(series.of(*words), self._buckets, self._sum)
            for bucket, example in self._examples.items():
                show(series.of(*words), bucket, example)


class Page:
    """Exchanges that are alike in all their labels, since the last settling."""

    __slots__ = ("_bytes_in", "_bytes_out", "_exchanges", "_first", "_last", "_seconds", "_upstream_seconds", "_words")

    def __init__(self, words: Words, started: float) -> None:
        self._words = words
        self._first = self._last = started
        self._exchanges = self._bytes_in = self._bytes_out = 0
        self._seconds, self._upstream_seconds = Durations(), Durations()

    def add(self, record: ExchangeRecord) -> None:
        self._exchanges += 1
        self._last = record.started
        self._bytes_in += record.bytes_in
        self._bytes_out += record.bytes_out
        self._seconds.add(record.seconds)
        if record.upstream_seconds is not None:
            self._upstream_seconds.add(record.upstream_seconds)

    def exemplify(self, record: ExchangeRecord, trace: Trace) -> None:
        self._seconds.exemplify(record.seconds, trace, record.started + record.seconds)

    def settle(self, books: Books, declared: frozenset[str]) -> None:
        route, transaction, upstream, received, sent, rule = self._words
        books.responses.of(route, transaction, received, sent, rule).inc(self._exchanges)
        books.bytes.of("in").inc(self._bytes_in)
        books.bytes.of("out").inc(self._bytes_out)
        self._seconds.settle(books.seconds, route, transaction)
        self._upstream_seconds.settle(books.upstream_seconds, upstream, transaction)
        if sent not in declared:
            books.undeclared.of(sent).inc(self._exchanges)
        if received != NONE:
            note_first(books.first_seen.of(transaction, received), self._first)
            note_last(books.last_seen.of(transaction, received), self._last)


class Ledger:
    """The pages that are open, and the codes that are declared: what else leaves is counted apart."""

    def __init__(self, closed: ClosedSets, books: Books) -> None:
        self._closed, self._books = closed, books
        self._pages: dict[tuple[str, ...], Page] = {}
        self._declared = frozenset[str]()

    def declare(self, codes: Iterable[str]) -> None:
        """These codes may leave from now on; what was counted so far is judged by those before."""
        self.settle()
        self._declared = frozenset(codes)

    def add(self, record: ExchangeRecord) -> None:
        self._page_for(record).add(record)

    def exemplify(self, record: ExchangeRecord, trace: Trace) -> None:
        """This one, which was added before, belongs to a trace."""
        self._page_for(record).exemplify(record, trace)

    def _page_for(self, record: ExchangeRecord) -> Page:
        words = (
            record.route,
            record.transaction,
            record.upstream,
            code_label(record.received),
            code_label(record.status),
            record.rule,
        )
        return self._pages.get(words) or self._open(words, record.started)

    def _open(self, words: tuple[str, ...], started: float) -> Page:
        """Words from outside their sets share a page, or they would open pages without end."""
        closest = Words._make(map(self._closed.closest, Words._fields, words))
        return self._pages.setdefault(closest, Page(closest, started))

    def settle(self) -> None:
        """From now on the series say what was counted so far."""
        pages, self._pages = self._pages, {}
        for page in pages.values():
            page.settle(self._books, self._declared)


def observe_many(histogram: Histogram, buckets: Sequence[int], total: float) -> None:
    """What `histogram.observe` does for one duration, for all of them: so many in each bucket, and their sum."""
    histogram._sum.inc(total)
    for bucket, number in zip(histogram._buckets, buckets, strict=True):
        if number:
            bucket.inc(number)


def show(histogram: Histogram, bucket: int, example: Exemplar) -> None:
    """What `histogram.observe` does with an exemplar. Where several processes are counted together, it has no effect."""
    histogram._buckets[bucket].set_exemplar(example)


def note_first(gauge: Gauge, moment: float) -> None:
    """A series that is new stands at zero. One of a worker that has died is not new: its successor reads what it knew."""
    known = gauge._value.get()
    if not known or moment < known:
        gauge.set(moment)


def note_last(gauge: Gauge, moment: float) -> None:
    if moment > gauge._value.get():
        gauge.set(moment)
