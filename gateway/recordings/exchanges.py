"""What can be judged again: an exchange of a recording, or one that a browser has seen; and what cannot be read."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TypeAlias

from gateway.core.attention import is_read, look, wanted
from gateway.core.facts import RequestFacts, Response, classified, parts_in
from gateway.core.fields import Fields
from gateway.core.inspect import is_dicom_payload
from gateway.recordings.entry import Entry
from gateway.recordings.judging import Bench, Untold, Verdict

NO_ANSWER = "the browser got no answer"
NO_CONTENT = "the file does not hold its content"


@dataclass(frozen=True, slots=True)
class Outside:
    """An exchange that is none of the gateway's, and why."""

    why: str


Judged: TypeAlias = Verdict | Untold | Outside


class Exchange(Protocol):
    """What a policy may be asked about."""

    @property
    def received(self) -> str:
        """The archive's status, or the word of the failure."""
        ...

    @property
    def time(self) -> str: ...

    @property
    def recorded(self) -> Verdict | None:
        """What was made of it, where that is known."""
        ...

    def judged(self, bench: Bench) -> Judged: ...

    def transaction(self, bench: Bench) -> str: ...


@dataclass(frozen=True, slots=True)
class Bad:
    """What cannot be read, where it stands and why. `number` is that of a line, or of an entry in a HAR file; 0 is the file
    as a whole, or what stands before the first."""

    file: Path
    number: int
    why: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.number}" if self.number else str(self.file)
        return f"{place}: {self.why}"


@dataclass(frozen=True, slots=True)
class Recorded:
    """An exchange of a recording."""

    entry: Entry

    @property
    def received(self) -> str:
        exchange = self.entry.exchange
        if exchange.answer is not None:
            return str(exchange.answer.status)
        return exchange.failure.kind.value if exchange.failure else ""

    @property
    def time(self) -> str:
        return self.entry.time

    @property
    def recorded(self) -> Verdict | None:
        return self.entry.known.verdict

    def judged(self, bench: Bench) -> Judged:
        return bench.verdict(self.entry.exchange, self.entry.known)

    def transaction(self, _bench: Bench) -> str:
        return self.entry.exchange.request.transaction


@dataclass(frozen=True, slots=True)
class Seen:
    """An exchange as a browser saw it. `content` is None where the browser did not keep it, `sent` where it did not keep what
    went up; `outside` says why it never came to an archive."""

    method: str
    target: str
    fields: Fields
    answer: Response
    content: bytes | None
    sent: bytes | None = None
    has_content: bool = False
    time: str = ""
    outside: str = ""
    recorded: None = None

    @property
    def received(self) -> str:
        return str(self.answer.status)

    def judged(self, bench: Bench) -> Judged:
        request = self._request(bench)
        if self.outside or request is None:
            return Outside(self.outside or "no route leads there")
        if not self.answer.status:
            return Untold(NO_ANSWER)
        head = replace(self.answer, parts_sent=parts_in(request, self.sent))
        if self.content is not None:
            head = look(request, head, self.content, bench.policy)
        elif _is_needed(request, head, bench):
            return Untold(NO_CONTENT)
        return bench.decided(request, head)[1]

    def transaction(self, bench: Bench) -> str:
        request = self._request(bench)
        return request.transaction.id if request else "-"

    def _request(self, bench: Bench) -> RequestFacts | None:
        """The request on the route that covers its path; None where none does."""
        route = bench.route_of(self.target)
        if route is None:
            return None
        return RequestFacts(
            self.method,
            self.target,
            self.fields,
            classified(self.method, self.target, self.fields, route.service),
            route.id,
            route.upstream,
            opaque=route.service == "opaque",
            has_content=self.has_content,
        )


def _is_needed(request: RequestFacts, head: Response, bench: Bench) -> bool:
    """Whether the content has a say in the verdict. That of an object has none but by being there, and it was."""
    if not is_read(request, head):
        return False
    return wanted(request, head, bench.policy) > 1 or not is_dicom_payload(head)
