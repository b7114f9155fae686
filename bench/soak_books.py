"""The clients' side of the soak's books, and how they must balance against the archive's and the gateway's."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from bench.soak_content import Study
from tests.support.client import Reply

_ACKNOWLEDGED = (200, 202)
MOST_TOLD = 20


@dataclass
class Books:
    """What clients did and what they were told."""

    answers: Counter[tuple[str, int]] = field(default_factory=Counter)  # kind of client and status
    cut: Counter[str] = field(default_factory=Counter)  # answers that visibly ended too early
    whole: int = 0  # contents that came whole and were the right ones
    unsure: int = 0  # requests of clients that left: the gateway may have heard of them, or not
    acknowledged: list[int] = field(default_factory=list)  # stores
    denied: list[int] = field(default_factory=list)  # stores of which the client was told that they did not happen
    abandoned: list[int] = field(default_factory=list)  # stores that the client did not send to the end
    deleted: list[int] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def enter(self, kind: str, method: str, study: Study, reply: Reply, *, reset: bool) -> None:
        """One request of a client that waited for its answer. A reset may overtake what it has not read yet: of an answer
        that is cut it may see no more than that."""
        if reply.status is None and reset and method == "GET":
            self.cut[kind] += 1
            self.unsure += 1
        elif reply.status is None:
            self.wrong.append(f"{kind}: {method} {study.number} was not answered{' but reset' * reset}")
        else:
            self._enter_answer(kind, method, study, reply, reply.status)

    def _enter_answer(self, kind: str, method: str, study: Study, reply: Reply, status: int) -> None:
        self.answers[kind, status] += 1
        if not reply.complete:
            self.cut[kind] += 1
        if method == "GET" and status == 200:
            self._compare(kind, study, reply)
        elif method == "POST":
            self._settle(study, status)
        elif method == "DELETE" and status in (200, 204):
            self.deleted.append(study.number)

    def _compare(self, kind: str, study: Study, reply: Reply) -> None:
        content = study.content()
        if reply.complete and reply.body == content:
            self.whole += 1
        elif reply.complete or not content.startswith(reply.body):
            self.wrong.append(f"{kind}: of study {study.number} came {len(reply.body)} bytes that are not its content")

    def _settle(self, study: Study, status: int) -> None:
        if status in _ACKNOWLEDGED:
            self.acknowledged.append(study.number)
        elif status == 503 or 400 <= status < 500:
            self.denied.append(study.number)

    @property
    def answered(self) -> int:
        return self.answers.total()


@dataclass(frozen=True)
class Evidence:
    """What the others say when all is over."""

    ledger: Counter[tuple[str, int]]  # the archive: what happened to which study, how often
    counted: int  # responses by /metrics
    logged: int  # lines of the access log
    in_flight: int
    descriptors: tuple[int, int]  # at the start and at the end
    memory: tuple[float, ...]  # MiB, once a second
    threads: tuple[int, int]
    errors: tuple[str, ...]  # lines of the log at level error that are not about a broken configuration
    canaries: int
    exit_code: int


def imbalances(books: Books, found: Evidence, most_growth: float) -> Iterator[str]:
    """Everything that does not add up, a sentence each."""
    yield from books.wrong[:MOST_TOLD]
    if len(books.wrong) > MOST_TOLD:
        yield f"and {len(books.wrong) - MOST_TOLD} more like these"
    yield from _stores(books, found.ledger)
    yield from _counts(books, found)
    yield from _leaks(found, most_growth)


def _stores(books: Books, ledger: Counter[tuple[str, int]]) -> Iterator[str]:
    stored = {number: times for (what, number), times in ledger.items() if what == "stored"}
    for (what, number), times in ledger.items():
        if times > 1:
            yield f"study {number} was {what} {times} times for one request"
    for number in books.acknowledged:
        if number not in stored:
            yield f"the store of study {number} was acknowledged and did not happen"
    for number in (*books.denied, *books.abandoned):
        if number in stored:
            yield f"study {number} was stored although its client was told otherwise or left before its end"
    for number in books.deleted:
        if ("deleted", number) not in ledger:
            yield f"study {number} was said to be deleted and was not"
    if damaged := [number for what, number in ledger if what == "damaged"]:
        yield f"{len(damaged)} contents arrived damaged, such as study {damaged[0]}"


def _counts(books: Books, found: Evidence) -> Iterator[str]:
    if found.counted != found.logged:
        yield f"/metrics counts {found.counted} exchanges, the access log has {found.logged}"
    if not books.answered <= found.counted <= books.answered + books.unsure:
        yield (
            f"clients had {books.answered} answers and left without one {books.unsure} times; "
            f"the gateway counts {found.counted}"
        )


def _leaks(found: Evidence, most_growth: float) -> Iterator[str]:
    if found.in_flight:
        yield f"{found.in_flight} exchanges are under way after the end"
    if found.descriptors[1] > found.descriptors[0]:
        yield f"file descriptors: {found.descriptors[0]} at the start, {found.descriptors[1]} at the end"
    if found.threads[1] > found.threads[0] + 5:  # one reads configurations, and libuv resolves names in four
        yield f"threads: {found.threads[0]} at the start, {found.threads[1]} at the end"
    if growth(found.memory) > most_growth:
        yield f"memory grew by {growth(found.memory):.1f} MiB over the second half"
    yield from (f"the gateway logged: {line}" for line in found.errors[:MOST_TOLD])
    if found.canaries:
        yield f"{found.canaries} lines that the gateway wrote name a patient"
    if found.exit_code:
        yield f"the gateway ended with exit code {found.exit_code}"


def growth(memory: tuple[float, ...]) -> float:
    """MiB between the third and the fourth quarter of the run, each by its median."""
    quarter = len(memory) // 4
    if not quarter:
        return 0.0
    third, fourth = sorted(memory[2 * quarter : 3 * quarter]), sorted(memory[3 * quarter :])
    return fourth[len(fourth) // 2] - third[len(third) // 2]
