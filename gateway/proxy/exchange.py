"""The life of one request, in the order it happens.

    arrival -> route -> admission -> the archive -> first bytes -> normalise -> compose -> the client -> record

Values move forward and nobody reaches back. Every status that leaves was decided by `normalise`: a malformed request, a
refused connection and an archive's answer differ in the outcome they bring, not in the way they take.
"""

import asyncio
import logging
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from random import random
from uuid import uuid4

from gateway.config.settings import Route
from gateway.core.attention import is_coded, is_judged, wanted
from gateway.core.decision import Decision
from gateway.core.facts import Outcome, RequestFacts, Response, part_counter
from gateway.core.failures import Failure, FailureKind
from gateway.core.headers import request_lines
from gateway.core.normalise import normalise
from gateway.core.policy import Policy
from gateway.core.reply import Moment, Reply, compose
from gateway.core.request import KNOWN_METHODS
from gateway.dicomweb.statuses import FORBIDS_CONTENT
from gateway.guard.admission import Gate, Load, Permit
from gateway.proxy.aiohttp_seam import Finished, Incoming
from gateway.proxy.clock import http_date
from gateway.proxy.downstream import Arrival, Client, arrival, routed
from gateway.proxy.faults import DownstreamFault, UpstreamFault
from gateway.proxy.generation import Generation
from gateway.proxy.upstream import Answer, Upload
from gateway.telemetry.record import ExchangeRecord
from gateway.telemetry.redaction import described
from gateway.telemetry.telemetry import Telemetry

_log = logging.getLogger("pacs_gateway")


@dataclass(slots=True)
class Tally:
    """What is measured on the way; it decides nothing."""

    id: str = field(default_factory=lambda: str(uuid4()))
    wall: float = field(default_factory=time.time)
    began: float = field(default_factory=time.perf_counter)
    upstream_seconds: float | None = None
    attempts: int = 0
    ended: str = "complete"
    fault: str = ""
    uninspected: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """What came back: the outcome to judge, and the answer to read on from where there is one."""

    outcome: Outcome
    answer: Answer | None = None


async def exchange(
    incoming: Incoming, generation: Generation, gate: Gate, telemetry: Telemetry, load: Load
) -> Finished:
    """Serve one request. Always ends in one record; raises only cancellation."""
    settings = generation.settings
    tally = Tally()
    came = arrival(incoming, settings.server.limits, settings.server.trusted_proxies)
    client = Client(incoming, settings.server.limits, http10=came.http10, head_only=came.facts.method == "HEAD")
    facts, decision, reply = came.facts, None, None
    with ExitStack() as stack:
        try:
            if came.failure is not None or load.draining:
                client.keep_alive = False  # where a request cannot be read, the next one cannot be found either
            route = generation.route(facts.target) if came.failure is None else None
            facts = routed(facts, route) if route else facts
            refusal = came.failure or admitted(route, gate, load, telemetry, settings.server.limits.connections, stack)
            heard = Heard(refusal) if refusal else await hear(came, facts, client, generation, stack, tally)
            decision = normalise(facts, heard.outcome, generation.policy)
            reply = composed(decision, facts, heard.outcome, generation, tally)
            await deliver(reply, heard, client, tally)
            await client.flushed()
        except DownstreamFault as fault:
            tally.ended, tally.fault = "client_gone", fault.failure.kind.value
            client.abort()
        except asyncio.CancelledError:
            tally.ended, tally.fault = "client_gone", FailureKind.CLIENT_GONE.value
            client.abort()
            raise
        except Exception as error:
            _log.error("an exchange failed: %s", described(error))
            decision, reply = last_resort(facts, client, generation, tally)
        finally:
            telemetry.record(record(facts, decision, reply, client, tally))
    return Finished(client.keep_alive)


def admitted(
    route: Route | None, gate: Gate, load: Load, telemetry: Telemetry, most_connections: int, stack: ExitStack
) -> Failure | None:
    """Leave to talk to the archive until the last byte has passed, or why there is none."""
    if route is None:
        return Failure(FailureKind.DESTINATION_NOT_FOUND)
    permit = gate.admit(route.upstream, load, most_connections)
    if not isinstance(permit, Permit):
        return permit
    stack.callback(gate.leave, permit)
    telemetry.metrics.in_flight_changed(route.upstream, 1)
    stack.callback(telemetry.metrics.in_flight_changed, route.upstream, -1)
    return None


async def hear(
    came: Arrival, facts: RequestFacts, client: Client, generation: Generation, stack: ExitStack, tally: Tally
) -> Heard:
    """Ask the archive. Whatever fails is an outcome to judge, unless the client has left and nobody is there to tell."""
    pool = generation.pools[facts.upstream]
    sound = came.sound
    assert sound is not None
    upload, counter = None, None
    if sound.has_content:
        if sound.expects_continue:
            client.go_on()
        counter = part_counter(facts)
        upload = Upload(client.pieces(counter), sound.length)
    patience = pool.upstream.timeouts.response_for(facts.transaction.id)
    try:
        answer = stack.enter_context(
            await pool.ask(facts.method, request_head(came, facts, generation), upload, patience)
        )
    except UpstreamFault as fault:
        return Heard(fault.failure)
    except DownstreamFault as fault:
        if fault.failure.kind is FailureKind.CLIENT_GONE:
            raise
        return Heard(fault.failure)
    tally.upstream_seconds = time.perf_counter() - tally.began
    tally.attempts = answer.attempts
    return await first_look(answer, facts, generation.policy, tally, counter.parts if counter else None)


async def first_look(
    answer: Answer, facts: RequestFacts, policy: Policy, tally: Tally, parts_sent: int | None
) -> Heard:
    """The head, and as much of the content as the verdict needs. Of any content the first piece is awaited, and a short
    one to its end, so that an archive that breaks there can still be answered for."""
    head = held = Response(answer.status, answer.fields, reason=answer.reason, parts_sent=parts_sent)
    judged = is_judged(facts, head) and not is_coded(head)
    short = announced(answer, answer.status) or 0
    least = short if short <= policy.peek else 0
    content = bytearray()
    try:
        while not answer.ended and len(content) < (need := max(wanted(facts, held, policy) if judged else 1, least)):
            # Judged anew only once all that was asked for is there: an archive may send a document drop by drop.
            while not answer.ended and len(content) < need:
                content += await answer.read()
            held = replace(head, peek=bytes(content), whole=answer.ended) if judged else head
    except UpstreamFault as fault:
        answer.reusable = False
        return Heard(fault.failure)
    answer.held = bytes(content)
    if judged:
        held = replace(head, peek=answer.held, whole=answer.ended)
    tally.uninspected = uninspected(facts, held, policy, judged)
    return Heard(held, answer)


def uninspected(facts: RequestFacts, held: Response, policy: Policy, judged: bool) -> str:
    """Why a content that should have been read was not, or not to its end."""
    if is_judged(facts, held) and is_coded(held):
        return "content_coding"
    return "beyond_limit" if judged and not held.whole and wanted(facts, held, policy) > policy.peek else ""


def request_head(came: Arrival, facts: RequestFacts, generation: Generation) -> bytes:
    """The head of the request as it goes to the archive: the target byte for byte, the fields in their order and case."""
    upstream = generation.settings.upstreams[facts.upstream]
    sound, peer = came.sound, came.peer
    assert sound is not None
    lines = request_lines(
        facts.fields,
        host=upstream.authority if upstream.host_header == "upstream" or not peer.authority else peer.authority,
        peer=peer.address,
        scheme=peer.scheme,
        public_host=peer.authority or upstream.authority,
        trusted=peer.trusted,
        version="1.0" if came.http10 else "1.1",
    )
    if sound.chunked:
        lines.append(("Transfer-Encoding", "chunked"))
    elif sound.length is not None or facts.method in ("POST", "PUT", "PATCH"):
        lines.append(("Content-Length", str(sound.length or 0)))
    text = f"{facts.method} {facts.target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines)
    return (text + "\r\n").encode("latin-1")


def composed(decision: Decision, facts: RequestFacts, outcome: Outcome, generation: Generation, tally: Tally) -> Reply:
    now = time.time()
    moment = Moment(now, http_date(now), random(), tally.id)  # noqa: S311 - jitter, not a secret
    upstream = generation.settings.upstreams.get(facts.upstream)
    return compose(decision, facts, outcome, generation.policy, moment, upstream.origin if upstream else "")


async def deliver(reply: Reply, heard: Heard, client: Client, tally: Tally) -> None:
    """Send the reply. The content is ours, or the archive's byte for byte to its end, or cut so that the client can tell."""
    answer = heard.answer
    if reply.content is not None or answer is None:
        content = reply.content or b""
        if answer is not None:
            answer.reusable = answer.reusable and answer.ended
        client.start(reply, len(content), content)
        client.finish()
        return
    client.start(reply, announced(answer, reply.status), answer.held)
    if reply.status in FORBIDS_CONTENT:
        return
    try:
        await relay(answer, client)
    except UpstreamFault as fault:
        tally.ended, tally.fault = "truncated", fault.failure.kind.value
        answer.reusable = False
        client.abort()


async def relay(answer: Answer, client: Client) -> None:
    """Piece by piece, at the pace of the slower side."""
    if answer.held:
        await client.send(b"")
    while not answer.ended:
        piece = await answer.read()
        if piece:
            await client.send(piece)
    if not client.finish():
        raise UpstreamFault(FailureKind.HTTP_RESPONSE_INCOMPLETE)


def announced(answer: Answer, status: int) -> int | None:
    """The length of the content, where it is known before its end."""
    length = answer.fields.get("Content-Length")
    if length.isdecimal():
        return int(length)
    return len(answer.held) if answer.ended and status != 304 else None


def last_resort(
    facts: RequestFacts, client: Client, generation: Generation, tally: Tally
) -> tuple[Decision | None, Reply | None]:
    """A bug of ours: an honest 500 where nothing was sent, an abort where something was."""
    if client.started:
        tally.ended = "truncated"
        client.abort()
        return None, None
    failure = Failure(FailureKind.PROXY_INTERNAL_ERROR)
    decision = normalise(facts, failure, generation.policy)
    reply = composed(decision, facts, failure, generation, tally)
    client.keep_alive = False
    with suppress(DownstreamFault):  # the client may have left meanwhile
        client.start(reply, len(reply.content or b""), reply.content or b"")
    return decision, reply


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
    )
