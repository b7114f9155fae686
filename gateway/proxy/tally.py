"""What is measured of one exchange on its way, and the record that is made of it. It decides nothing."""

import time
from dataclasses import dataclass, field

from gateway.core.decision import Decision
from gateway.core.facts import RequestFacts
from gateway.core.failures import FailureKind
from gateway.core.reply import Reply
from gateway.core.request import KNOWN_METHODS
from gateway.core.trace_context import Trace
from gateway.proxy.aiohttp_seam import DownstreamProtocol
from gateway.proxy.downstream import Client
from gateway.telemetry.exchange_ids import new_id
from gateway.telemetry.record import ExchangeRecord


@dataclass(slots=True)
class Tally:
    """Times, counts and words, filled in as the exchange goes on."""

    id: str = field(default_factory=new_id)
    wall: float = field(default_factory=time.time)
    began: float = field(default_factory=time.perf_counter)
    asked: float = 0.0  # when the request had gone out
    upstream_seconds: float | None = None
    attempts: int = 0
    ended: str = "complete"
    fault: str = ""
    uninspected: str = ""
    trace: Trace | None = None  # where traces are told of

    def asks(self, *, of_the_archive: bool) -> None:
        """A request goes out. Of several attempts the archive's last answer says how fast it is."""
        self.asked = time.perf_counter()
        self.attempts += 1
        if of_the_archive:
            self.upstream_seconds = None

    def hears(self, attempts: int, *, from_the_archive: bool) -> None:
        """The head of an answer is there, after so many attempts on one connection or another."""
        self.attempts += attempts - 1
        if from_the_archive and self.upstream_seconds is None:
            self.upstream_seconds = time.perf_counter() - self.asked


def broken_off(client: Client | DownstreamProtocol, kind: FailureKind) -> tuple[str, str]:
    """How an exchange ended of which the client can have no more, and why: the client left, or we did."""
    return ("draining", FailureKind.DRAINING.value) if client.is_cut else ("client_gone", kind.value)


def record(
    facts: RequestFacts, decision: Decision | None, reply: Reply | None, client: Client, tally: Tally
) -> ExchangeRecord:
    sent = decision is not None and client.started
    failure = decision.failure if decision else None
    return ExchangeRecord(
        id=tally.id,
        started=tally.wall,
        route=facts.route or "-",
        upstream=facts.upstream or "-",
        transaction=facts.transaction.id,
        method=facts.method if facts.method in KNOWN_METHODS else "other",
        status=decision.status if decision is not None and sent else None,
        received=decision.received if decision else None,
        rule=decision.rule if decision else "-",
        why=decision.why if decision else "",
        failure=failure.kind.value if failure else tally.fault,
        seconds=time.perf_counter() - tally.began,
        upstream_seconds=tally.upstream_seconds,
        bytes_in=client.received,
        bytes_out=client.sent,
        retry_source=reply.retry.source if reply and reply.retry else None,
        retry_seconds=reply.retry.seconds if reply and reply.retry else 0.0,
        ended=tally.ended,
        attempts=tally.attempts,
        uninspected=tally.uninspected,
        observed=decision.observed if decision else (),
        suspicion=decision.suspicion if decision else "",
        hint=failure.hint if failure else "",
    )
