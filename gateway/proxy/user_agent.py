"""What the gateway does, as a user agent of the archive, with the codes it receives (Table N.7-89): pass them on, follow a
redirect, or ask once more. Everything not listed passes.
"""

import asyncio
import time
from dataclasses import dataclass
from random import random

from gateway.config.settings import Upstream
from gateway.core.facts import Outcome, RequestFacts, Response
from gateway.core.failures import Failure
from gateway.core.redirect import Destination, destination
from gateway.core.retry_after import is_valid, seconds_until
from gateway.core.trace_context import Trace
from gateway.core.websocket import asks_for_channel
from gateway.guard.retry import wait_before_retry
from gateway.proxy.admission import Granted
from gateway.proxy.upstream import Asked


@dataclass(slots=True)
class Errand:
    """One request and where it has been sent so far. `leave` hears of each answer that is not passed on."""

    upstream: Upstream
    facts: RequestFacts
    leave: Granted
    asked: Destination
    hops: int = 0
    attempts: int = 1
    wait: float = 0.0  # seconds before it is sent again
    out: Asked | None = None  # the first request, where it has gone out before anybody awaits its answer
    trace: Trace | None = None

    @classmethod
    def begun(
        cls, facts: RequestFacts, upstream: Upstream, leave: Granted, out: Asked | None, trace: Trace | None
    ) -> "Errand":
        leave.budget.save()
        return cls(upstream, facts, leave, Destination(upstream.origin, facts.target), out=out, trace=trace)

    @property
    def is_elsewhere(self) -> bool:
        """Whether it has left the archive's own origin."""
        return self.asked.origin != self.upstream.origin

    def goes_on(self, outcome: Outcome) -> bool:
        """Whether this outcome is not the end of it: `asked` and `wait` then say what comes next."""
        behaviour = self.upstream.on_status.get(code_of(outcome), "pass")
        if behaviour == "pass" or self._goes_once or self.leave.is_observed:
            return False
        goes_on = self._follows(outcome) if behaviour == "follow" else self._repeats(outcome)
        if goes_on:
            self.leave.sent_on(behaviour)
        return goes_on

    async def pause(self) -> Failure | None:
        """The wait before the next attempt; a failure where the archive is left alone by the end of it."""
        if not self.wait:
            return None
        await asyncio.sleep(self.wait)
        return self.leave.recalled()

    @property
    def _goes_once(self) -> bool:
        """Content is gone once it has been sent, and behind a channel's request the client may have spoken already."""
        return self.facts.has_content or asks_for_channel(self.facts)

    def _follows(self, outcome: Outcome) -> bool:
        if not isinstance(outcome, Response) or self.hops >= self.upstream.follow.hops:
            return False
        hosts = (self.upstream.origin, *self.upstream.follow.hosts)
        there = destination(self.facts.method, self.asked.target, outcome, self.asked.origin, hosts)
        if there is None:
            return False
        self.asked, self.wait = there, 0.0
        self.hops += 1
        return True

    def _repeats(self, outcome: Outcome) -> bool:
        chance = random()  # noqa: S311 - spreads repetitions, guards nothing
        settings = self.upstream.protection.retry
        wait = wait_before_retry(settings, self.facts.method, self.attempts, wished(outcome), chance)
        if wait is None or not self.leave.budget.spend():
            return False
        self.wait = wait
        self.attempts += 1
        return True


def code_of(outcome: Outcome) -> int:
    """The code an operator would name: what the archive said, or what a gateway says for it (RFC 9110 15.6)."""
    return outcome.status if isinstance(outcome, Response) else outcome.meaning.status


def wished(outcome: Outcome) -> float | None:
    """The archive's own Retry-After in seconds, None where it sent none that can be read."""
    said = outcome.fields.get("Retry-After") if isinstance(outcome, Response) else ""
    return seconds_until(said, time.time()) if is_valid(said) else None
