"""A request that went out the short way and goes on the usual one."""

from collections.abc import Callable
from dataclasses import dataclass

from aiohttp.http import RawRequestMessage

from gateway.core.facts import RequestFacts
from gateway.proxy.admission import Granted
from gateway.proxy.downstream import Arrival
from gateway.proxy.generation import Generation
from gateway.proxy.tally import Tally
from gateway.proxy.upstream import Asked


@dataclass(frozen=True, slots=True)
class Begun:
    """What it holds, and the answer that is awaited. `release` gives back all but the connection; `abandon` ends it where
    the client has left before anybody could take it up."""

    message: RawRequestMessage
    came: Arrival
    facts: RequestFacts
    generation: Generation
    leave: Granted
    tally: Tally
    asked: Asked
    release: Callable[[], None]
    abandon: Callable[[], None]
