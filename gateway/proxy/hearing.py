"""Asking the archive and hearing it out: its head, and as much of its content as the verdict needs.

An answer may be asked for again or somewhere else before anything of it has gone to the client, where the operator says so
for its code (Table N.7-89): only GET and HEAD, only within a budget, only to places that are listed.
"""

import time
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass, replace

from gateway.core.attention import is_coded, is_judged, is_read, wanted
from gateway.core.facts import Outcome, RequestFacts, Response, part_counter
from gateway.core.failures import Failure, FailureKind
from gateway.core.headers import request_lines, without_secrets
from gateway.core.policy import Policy
from gateway.core.redirect import resolved
from gateway.core.websocket import UPGRADE_LINES, asks_for_channel
from gateway.dicomweb.statuses import SWITCHING_PROTOCOLS
from gateway.proxy.downstream import Arrival, Client
from gateway.proxy.faults import DownstreamFault, UpstreamFault
from gateway.proxy.generation import Generation
from gateway.proxy.tally import Tally
from gateway.proxy.upstream import Answer, Upload
from gateway.proxy.user_agent import Errand


@dataclass(frozen=True, slots=True)
class Heard:
    """What came back: the outcome to judge, and the answer to read on from where there is one. `is_foreign` where a
    redirect of the archive led to another host."""

    outcome: Outcome
    answer: Answer | None = None
    is_foreign: bool = False


async def hear(
    came: Arrival, client: Client, errand: Errand, generation: Generation, answers: ExitStack, tally: Tally
) -> Heard:
    """Ask the archive until there is an outcome to judge. Whatever fails is one too, unless the client has left and nobody
    is there to tell. The answer that is judged stays open in `answers`; those before it are closed."""
    while True:
        heard = await ask(came, client, errand, generation, answers, tally)
        if not errand.goes_on(heard.outcome):
            return at_home(heard, errand)
        if heard.answer is not None:
            heard.answer.reusable = heard.answer.reusable and heard.answer.ended
        answers.close()
        if refusal := await errand.pause():
            return Heard(refusal)


def at_home(heard: Heard, errand: Errand) -> Heard:
    """What came back, as if it had come from where the client asked."""
    if not errand.hops:
        return heard
    heard = replace(heard, is_foreign=errand.is_elsewhere)
    if not isinstance(heard.outcome, Response):
        return heard
    fields = resolved(heard.outcome.fields, errand.asked)
    if heard.is_foreign:
        fields = fields.without("Set-Cookie")  # the client would keep it for the archive
    return replace(heard, outcome=replace(heard.outcome, fields=fields))


async def ask(
    came: Arrival, client: Client, errand: Errand, generation: Generation, answers: ExitStack, tally: Tally
) -> Heard:
    """Ask once, where the errand leads."""
    facts, sound = errand.facts, came.sound
    assert sound is not None
    pool = generation.pool(facts.upstream, errand.asked.origin)
    upload, counter = None, None
    if sound.has_content:
        if sound.expects_continue:
            client.go_on()
        counter = part_counter(facts)
        upload = Upload(noting_the_end(client.pieces(counter), tally), sound.length)
    patience = pool.upstream.timeouts.response_for(facts.transaction.id)
    head = request_head(came, errand, pool.upstream.authority)
    out, errand.out = errand.out, None
    if out is None:
        tally.asks(of_the_archive=not errand.is_elsewhere)
    try:
        answer = await pool.ask(facts.method, head, upload, patience, may_switch=asks_for_channel(facts), asked=out)
    except UpstreamFault as fault:
        return Heard(fault.failure)
    except DownstreamFault as fault:
        if fault.failure.kind is FailureKind.CLIENT_GONE:
            raise
        return Heard(fault.failure)
    answers.enter_context(answer)
    tally.hears(answer.attempts, from_the_archive=not errand.is_elsewhere)
    if answer.status == SWITCHING_PROTOCOLS:
        return switched(answer, facts, client)
    return await first_look(answer, facts, generation.policy, tally, counter.parts if counter else None)


async def noting_the_end(pieces: AsyncIterator[bytes], tally: Tally) -> AsyncIterator[bytes]:
    """How long a client takes to send is not the archive's time."""
    async for piece in pieces:
        yield piece
    tally.asked = time.perf_counter()


def switched(answer: Answer, facts: RequestFacts, client: Client) -> Heard:
    """A 101 has no content to look at. A client that did not wait for it has spoken to nobody knows whom."""
    if asks_for_channel(facts) and client.has_spoken_on:
        return Heard(Failure(FailureKind.HTTP_REQUEST_ERROR))
    return Heard(Response(answer.status, answer.fields, reason=answer.reason), answer)


async def first_look(
    answer: Answer, facts: RequestFacts, policy: Policy, tally: Tally, parts_sent: int | None
) -> Heard:
    """The head, and as much of the content as the verdict needs. Of any content the first piece is awaited, and a short
    one to its end, so that an archive that breaks there can still be answered for."""
    head = held = Response(answer.status, answer.fields, reason=answer.reason, parts_sent=parts_sent)
    judged = is_read(facts, head)
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


def request_head(came: Arrival, errand: Errand, authority: str) -> bytes:
    """The head of the request as it goes to `authority`: the target byte for byte, the fields in their order and case."""
    line = f"{errand.facts.method} {errand.asked.target} HTTP/1.1\r\n".encode("latin-1")
    trace = errand.trace.line if errand.trace and not errand.is_elsewhere else b""
    return line + request_fields(came, errand, authority) + trace + b"\r\n"


def request_fields(came: Arrival, errand: Errand, authority: str) -> bytes:
    """Those fields, but for the one that names the trace: it is another one each time."""
    facts, upstream, sound, peer = errand.facts, errand.upstream, came.sound, came.peer
    assert sound is not None
    is_named_by_client = upstream.host_header == "client" and peer.authority and not errand.is_elsewhere
    lines = request_lines(
        facts.fields,
        host=peer.authority if is_named_by_client else authority,
        peer=peer.address,
        scheme=peer.scheme,
        public_host=peer.authority or upstream.authority,
        trusted=peer.trusted,
        version="1.0" if came.http10 else "1.1",
        unsaid=errand.trace.unsaid if errand.trace else frozenset(),
    )
    if errand.is_elsewhere:
        lines = without_secrets(lines)
    if asks_for_channel(facts):
        lines += UPGRADE_LINES
    if sound.chunked:
        lines.append(("Transfer-Encoding", "chunked"))
    elif sound.length is not None or facts.method in ("POST", "PUT", "PATCH"):
        lines.append(("Content-Length", str(sound.length or 0)))
    return "".join(f"{name}: {value}\r\n" for name, value in lines).encode("latin-1")


def announced(answer: Answer, status: int) -> int | None:
    """The length of the content, where it is known before its end."""
    length = answer.fields.get("Content-Length")
    if length.isdecimal():
        return int(length)
    return len(answer.held) if answer.ended and status != 304 else None
