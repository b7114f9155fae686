"""The life of one request, in the order it happens.

    arrival -> route -> admission -> the archive -> first bytes -> normalise -> compose -> the client -> record

Values move forward and nobody reaches back. Every status that leaves was decided by `normalise`: a malformed request, a
refused connection and an archive's answer differ in the outcome they bring, not in the way they take.
"""

import asyncio
import logging
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from random import random

from gateway.clock import http_date
from gateway.core.cors import preflight
from gateway.core.decision import Decision
from gateway.core.facts import Outcome, RequestFacts
from gateway.core.failures import Failure, FailureKind
from gateway.core.normalise import normalise
from gateway.core.reply import Moment, Reply, compose
from gateway.core.websocket import asks_for_channel, is_sound
from gateway.dicomweb.statuses import SWITCHING_PROTOCOLS
from gateway.guard.admission import Gate, Load
from gateway.guard.protection import Asking
from gateway.proxy.admission import Admission, Granted
from gateway.proxy.aiohttp_seam import Finished, Incoming
from gateway.proxy.delivery import deliver, tunnel
from gateway.proxy.downstream import Arrival, Client, arrival, routed
from gateway.proxy.express import Begun, get_acquainted
from gateway.proxy.faults import DownstreamFault
from gateway.proxy.generation import Generation
from gateway.proxy.hearing import Heard, hear
from gateway.proxy.tally import Tally, broken_off, record
from gateway.proxy.tunnel import Tunnels
from gateway.proxy.user_agent import Errand
from gateway.telemetry.redaction import described
from gateway.telemetry.seen import Seen
from gateway.telemetry.telemetry import Telemetry

_log = logging.getLogger("pacs_gateway")


class Holding(ExitStack):
    """What an exchange has to give back at its end: the archive's answer with its connection, and then permits."""

    def __init__(self) -> None:
        super().__init__()
        self.permits = self.enter_context(ExitStack())
        self.answers = self.enter_context(ExitStack())


@dataclass(frozen=True, slots=True)
class House:
    """What all exchanges of a process share."""

    admission: Admission
    tunnels: Tunnels
    telemetry: Telemetry


async def exchange(incoming: Incoming, generation: Generation, house: House, load: Load) -> Finished:
    """Serve one request, or what is left of one that came by the short way (`express`). Always ends in one record; raises
    only cancellation."""
    settings, telemetry = generation.settings, house.telemetry
    begun = incoming.begun if isinstance(incoming.begun, Begun) else None
    tally = begun.tally if begun else Tally()
    came = begun.came if begun else arrival(incoming, settings.server.limits, settings.server.trusted_proxies)
    if begun is None and telemetry.tracer is not None:
        tally.trace = telemetry.tracer.begin(came.facts.fields)
    client = Client(incoming, settings.server.limits, http10=came.http10, head_only=came.facts.method == "HEAD")
    facts, outcome, decision, reply = came.facts, None, None, None
    with Holding() as holding:
        try:
            if came.failure is not None:
                client.keep_alive = False  # where a request cannot be read, the next one cannot be found either
            if begun:
                leave: Granted | Outcome = begun.leave
                holding.permits.callback(begun.release)
            else:
                route = generation.route(facts.target) if came.failure is None else None
                facts = routed(facts, route) if route else facts
                leave = came.failure or await admitted(came, facts, client, generation, house, load, holding)
            if isinstance(leave, Granted):
                out = begun.asked if begun else None
                errand = Errand.begun(facts, settings.upstreams[facts.upstream], leave, out, tally.trace)
                heard = await hear(came, client, errand, generation, holding.answers, tally)
            else:
                heard = Heard(leave)
            outcome = heard.outcome
            decision = normalise(facts, outcome, generation.policy)
            closed_for = (
                leave.judged(tells(decision, heard), tally.upstream_seconds) if isinstance(leave, Granted) else 0.0
            )
            reply = composed(decision, facts, heard.outcome, generation, tally, closed_for)
            if reply.status == SWITCHING_PROTOCOLS:
                holding.permits.close()  # a channel stays open for days: its place is one of its own
                await tunnel(reply, heard, facts, client, house.tunnels, settings.server.limits.tunnel_idle, tally)
            else:
                await deliver(reply, heard, client, tally)
                if (
                    tally.ended == "complete"
                ):  # or the client has been cut off: its end is not awaited, nor is it to blame
                    await client.flushed()
                    if isinstance(leave, Granted) and client.keep_alive:
                        get_acquainted(incoming, came, errand, generation, heard, decision, reply)
        except DownstreamFault as fault:
            tally.ended, tally.fault = broken_off(client, fault.failure.kind)
            client.abort()
        except asyncio.CancelledError:
            tally.ended, tally.fault = broken_off(client, FailureKind.CLIENT_GONE)
            client.abort()
            raise
        except Exception as error:
            _log.error("an exchange failed: %s", described(error))
            decision, reply = last_resort(facts, client, generation, tally)
        finally:
            told = record(facts, decision, reply, client, tally)
            seen = (
                Seen(facts, decision.failure or outcome, decision, generation.policy) if decision and outcome else None
            )
            telemetry.judged(told, facts.target, seen)
            telemetry.audited(told, facts, came.peer.client)
            telemetry.traced(told, tally.trace)
    return Finished(client.keep_alive)


async def admitted(
    came: Arrival,
    facts: RequestFacts,
    client: Client,
    generation: Generation,
    house: House,
    load: Load,
    holding: Holding,
) -> Granted | Outcome:
    """Leave to talk to the archive until the last byte has passed, or what is answered in its place."""
    limits, admission = generation.settings.server.limits, house.admission
    if answer := preflight(facts, generation.policy.cors):
        return answer
    if not facts.route:
        return Failure(FailureKind.DESTINATION_NOT_FOUND)
    if refusal := admission.gate.admit(load, limits.connections):
        return refusal
    holding.permits.callback(admission.gate.leave)
    leave = await admission.admit(facts.upstream, Asking(facts.classification, came.peer.client))
    if isinstance(leave, Failure):
        return leave
    holding.permits.callback(leave.leave)
    holding.permits.enter_context(house.telemetry.metrics.guard.in_flight(facts.upstream))
    return channel_refusal(facts, client, admission.gate, load, limits.tunnels, holding) or leave


def channel_refusal(
    facts: RequestFacts, client: Client, gate: Gate, load: Load, most: int, holding: Holding
) -> Failure | None:
    """Why a notification channel may not be opened, where the request asks for one."""
    if not asks_for_channel(facts):
        return None
    if not (is_sound(facts) and client.offers_to_switch) or client.has_spoken_on:
        return Failure(FailureKind.HTTP_REQUEST_ERROR)
    refusal = gate.admit_channel(load, most)
    if refusal is None:
        holding.callback(gate.leave_channel)
    return refusal


def tells(decision: Decision, heard: Heard) -> bool | None:
    """Whether the archive is at work, None where this exchange says nothing about it."""
    if heard.is_foreign:
        return True  # it led to where the operator expects; what is wrong there is wrong elsewhere
    return decision.tells


def composed(
    decision: Decision, facts: RequestFacts, outcome: Outcome, generation: Generation, tally: Tally, closed_for: float
) -> Reply:
    now = time.time()
    moment = Moment(now, http_date(now), random(), tally.id, closed_for)  # noqa: S311 - jitter, not a secret
    upstream = generation.settings.upstreams.get(facts.upstream)
    return compose(decision, facts, outcome, generation.policy, moment, upstream.origin if upstream else "")


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
    reply = composed(decision, facts, failure, generation, tally, 0.0)
    client.keep_alive = False
    with suppress(DownstreamFault):  # the client may have left meanwhile
        client.start(reply, len(reply.content or b""), reply.content or b"")
    return decision, reply
