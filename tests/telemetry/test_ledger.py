"""The ledger says what prometheus-client would have said, had it been told of each exchange by itself."""

import os
import subprocess
import sys
from itertools import count
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from gateway.telemetry.labels import ClosedSets, Series, code_label
from gateway.telemetry.ledger import DURATIONS, Books, Ledger, note_first, note_last
from gateway.telemetry.record import ExchangeRecord
from tests.telemetry.records import record, settings

LABELS = {
    "responses": ("route", "transaction", "upstream_code", "code", "rule"),
    "seconds": ("route", "transaction"),
    "upstream_seconds": ("upstream", "transaction"),
    "bytes": ("direction",),
    "undeclared": ("code",),
    "first_seen": ("transaction", "upstream_code"),
    "last_seen": ("transaction", "upstream_code"),
}
DECLARED = frozenset({"none", "200"})
# On a bucket's bound, beside it, behind the last; sums of such numbers are exact in any order.
SECONDS = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0, 2.5, 10.0, 600.0, 600.5, 5000.0])
RECORDS = st.builds(
    record,
    route=st.sampled_from(["dicomweb", "wado", "not a route"]),
    upstream=st.sampled_from(["pacs", "vna", "not an archive"]),
    transaction=st.sampled_from(["studies.search", "studies.store", "not a transaction"]),
    received=st.sampled_from([None, 200, 302, 999]),
    status=st.sampled_from([None, 200, 503]),
    rule=st.sampled_from(["-", "portal-login", "not a rule"]),
    seconds=SECONDS,
    upstream_seconds=st.none() | SECONDS,
    bytes_in=st.integers(0, 1000),
    bytes_out=st.integers(0, 1000),
)


class Counted:
    """A ledger, and the registry it is carried over to."""

    def __init__(self) -> None:
        self.registry, closed = CollectorRegistry(), ClosedSets()
        closed.learn(settings("dicomweb", "wado"))

        def counter(name: str) -> Series[Counter]:
            return Series(Counter(name, "", LABELS[name], registry=self.registry), LABELS[name], closed)

        def histogram(name: str) -> Series[Histogram]:
            metric = Histogram(name, "", LABELS[name], buckets=DURATIONS, registry=self.registry)
            return Series(metric, LABELS[name], closed)

        def gauge(name: str) -> Series[Gauge]:
            return Series(Gauge(name, "", LABELS[name], registry=self.registry), LABELS[name], closed)

        self.books = Books(
            counter("responses"), histogram("seconds"), histogram("upstream_seconds"), counter("bytes"),
            counter("undeclared"), gauge("first_seen"), gauge("last_seen"),
        )  # fmt: skip
        self.ledger = Ledger(closed, self.books)
        self.ledger.declare(DECLARED)

    def one_by_one(self, told: ExchangeRecord) -> None:
        """Without the ledger."""
        codes = code_label(told.received), code_label(told.status)
        self.books.responses.of(told.route, told.transaction, *codes, told.rule).inc()
        self.books.seconds.of(told.route, told.transaction).observe(told.seconds)
        if told.upstream_seconds is not None:
            self.books.upstream_seconds.of(told.upstream, told.transaction).observe(told.upstream_seconds)
        self.books.bytes.of("in").inc(told.bytes_in)
        self.books.bytes.of("out").inc(told.bytes_out)
        if codes[1] not in DECLARED:
            self.books.undeclared.of(codes[1]).inc()
        if told.received is not None:
            note_first(self.books.first_seen.of(told.transaction, codes[0]), told.started)
            note_last(self.books.last_seen.of(told.transaction, codes[0]), told.started)

    def text(self) -> list[str]:
        """In the order of the alphabet. When a series was born, and which was first, does not matter."""
        lines = generate_latest(self.registry).decode().splitlines()
        return sorted(line for line in lines if "_created" not in line)


@given(st.lists(st.lists(RECORDS, max_size=8), max_size=4))
def test_the_ledger_says_what_counting_one_by_one_says(turns: list[list[ExchangeRecord]]) -> None:
    expected, counted, clock = Counted(), Counted(), count(1_767_225_600)
    for told in turns:
        for one in (each._replace(started=float(next(clock))) for each in told):
            expected.one_by_one(one)
            counted.ledger.add(one)
        counted.ledger.settle()
        assert counted.text() == expected.text()


def test_what_is_settled_is_not_counted_again() -> None:
    counted = Counted()
    counted.ledger.add(record())
    counted.ledger.settle()
    before = counted.text()
    counted.ledger.settle()
    assert counted.text() == before


def test_words_from_outside_share_a_page() -> None:
    """A client that invents words must not fill the memory with them."""
    counted = Counted()
    for number in range(50):
        counted.ledger.add(record(route=f"1.2.840.{number}", rule=f"DOE^{number}", received=1000 + number))
    assert len(counted.ledger._pages) == 1


_SEEN = '_seen_timestamp_seconds{transaction="studies.search",upstream_code="200"}'
FIRST, LAST = f"pacs_gateway_upstream_code_first{_SEEN}", f"pacs_gateway_upstream_code_last{_SEEN}"

SEVERAL = """
import os
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from gateway.config.load import quick_start
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.record import ExchangeRecord

is_parent = bool(os.fork())  # both go on from here
counted = Metrics(quick_start("http://127.0.0.1:8042"), 0.0)
started = 2000.0 if is_parent else 1000.0
told = ExchangeRecord("", started, "pacs", "pacs", "studies.search", "GET", 200, 200, "-", "", bytes_out=7)
for seconds in (0.25, 0.5, 5000.0):
    counted.observe(told._replace(seconds=seconds))
counted.settle()
try:
    os.wait()
except ChildProcessError:
    os._exit(0)
registry = CollectorRegistry()
MultiProcessCollector(registry)
print(generate_latest(registry).decode())
"""


def test_where_several_processes_count_together_so_do_their_ledgers(tmp_path: Path) -> None:
    several = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", SEVERAL], capture_output=True, text=True, check=True, env=several)
    name, labels = "pacs_gateway_request_duration_seconds", 'route="pacs",transaction="studies.search"'
    for line in (
        f'{name}_bucket{{le="0.5",{labels}}} 4.0',
        f'{name}_bucket{{le="600.0",{labels}}} 4.0',
        f'{name}_bucket{{le="+Inf",{labels}}} 6.0',
        f"{name}_sum{{{labels}}} 10001.5",
        'pacs_gateway_bytes_total{direction="out"} 42.0',
        f"{FIRST} 1000.0",
        f"{LAST} 2000.0",
    ):
        assert line in done.stdout.splitlines()


SUCCESSOR = """
import sys
from pathlib import Path
from gateway.workers.summing import Sums, count_for_all
folder, started = Path(sys.argv[1]), float(sys.argv[2])
count_for_all(folder, 1)
from prometheus_client import generate_latest
from gateway.config.load import quick_start
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.record import ExchangeRecord
counted = Metrics(quick_start("http://127.0.0.1:8042"), 0.0, is_worker=True)
counted.observe(ExchangeRecord("", started, "pacs", "pacs", "studies.search", "GET", 200, 200, "-", ""))
counted.settle()
counted._ledger._books.first_seen.of("studies.search", "404")  # born, and without a value yet
from prometheus_client import values
values.ValueClass = values.MutexValue
sums = Sums(folder, quick_start("http://127.0.0.1:8042"), 0.0)
sums.ended(1)
print(sums.render().decode())
"""


def test_a_successor_of_a_worker_knows_when_a_code_was_first_seen(tmp_path: Path) -> None:
    """And a series that has no value yet is in no text: as the least of all it would hide what the others know."""
    for started, first, last in (
        ("2000", "2000.0", "2000.0"),
        ("1000", "1000.0", "2000.0"),
        ("3000", "1000.0", "3000.0"),
    ):
        run = [sys.executable, "-c", SUCCESSOR, str(tmp_path), started]
        lines = subprocess.run(run, capture_output=True, text=True, check=True).stdout.splitlines()
        seen = sorted(line for line in lines if "_seen_timestamp_seconds{" in line)
        assert seen == [f"{FIRST} {first}", f"{LAST} {last}"]
