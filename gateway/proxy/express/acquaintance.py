"""What is remembered of a client's connection, so that what is said again need not be read again.

A viewer sends the same header section with every request, and the archive answers requests of one kind alike (`likeness`).
Both are kept with the connection they came on and go with it, for a section may hold a password; of the archive's answers
only lines are kept that name nobody.
"""

import re
from dataclasses import dataclass, field

from aiohttp.http import RawRequestMessage

from gateway.core.decision import Decision
from gateway.core.facts import Hints, Response, hints_in
from gateway.core.likeness import Head, likeness, read_head
from gateway.core.reply import Reply
from gateway.proxy.aiohttp_seam import Incoming
from gateway.proxy.downstream import Arrival
from gateway.proxy.express.usual import Usual, usual
from gateway.proxy.generation import Generation
from gateway.proxy.head_end import BLANK_LINE
from gateway.proxy.hearing import Heard, request_fields
from gateway.proxy.user_agent import Errand
from gateway.telemetry.seen import Memory, Seen

# A target that every reader of HTTP reads in the same way; `//` may be taken for an authority.
_REQUEST_LINE = re.compile(rb"GET (/(?!/)[0-9A-Za-z._~!$&'()*+,;=:@%/?-]*) HTTP/1\.1\r\n")
_MOST_SHAPES = 16  # of answers, for each connection
_CRLF = b"\r\n"


@dataclass(slots=True)
class Acquaintance:
    """One header section on one connection. `sendable` are the fields that go to each archive."""

    section: bytes
    came: Arrival
    message: RawRequestMessage
    generation: Generation
    hints: Hints
    sendable: dict[str, bytes] = field(default_factory=dict)
    usual: dict[tuple[str, str], dict[tuple[bytes, ...], Usual]] = field(default_factory=dict)
    shapes: int = 0
    _last: tuple[bytes, Head | None] = (b"", None)

    def read(self, head: bytes) -> Head | None:
        """The head of an answer. Within a second many are the same to the byte."""
        if head != self._last[0]:
            self._last = head, read_head(head)
        return self._last[1]

    def target(self, data: bytes) -> str | None:
        """The target of a request with this section; None where these bytes are anything else."""
        if not data.endswith(self.section):
            return None
        line = _REQUEST_LINE.fullmatch(data[: -len(self.section)])
        return line[1].decode("ascii") if line else None


def get_acquainted(
    incoming: Incoming,
    came: Arrival,
    errand: Errand,
    generation: Generation,
    heard: Heard,
    decision: Decision,
    reply: Reply,
) -> None:
    """After an exchange that went well: remember the section of its request and, when that comes a second time, how it is
    answered."""
    before = incoming.protocol.acquaintance
    known = before if incoming.begun else acquainted(before, incoming.head, came, incoming.message, generation)
    if known is None:
        return
    if known is before and heard.answer is not None and isinstance(heard.outcome, Response):
        assert isinstance(known, Acquaintance)
        learn(known, errand, heard.outcome, heard.answer.head, decision, reply)
    incoming.protocol.acquaintance = known


def acquainted(
    before: object, head: bytes, came: Arrival, message: RawRequestMessage, generation: Generation
) -> Acquaintance | None:
    """What is known of the section of this request, if it is of a kind to be remembered: one that has no content and
    leaves the connection open."""
    end = head.find(_CRLF) + 2
    section = head[end:]
    if isinstance(before, Acquaintance) and before.section == section and before.generation is generation:
        return before
    sound = came.sound
    if sound is None or came.http10 or sound.has_content or sound.expects_continue or "Upgrade" in came.facts.fields:
        return None
    if message.should_close or message.upgrade or section.find(BLANK_LINE) != len(section) - len(BLANK_LINE):
        return None
    if not _REQUEST_LINE.fullmatch(head[:end]):
        return None
    return Acquaintance(section, came, message, generation, hints_in(came.facts.fields))


def learn(
    known: Acquaintance, errand: Errand, response: Response, head: bytes, decision: Decision, reply: Reply
) -> None:
    """Remember this answer, if others like it will be judged alike."""
    facts, upstream = errand.facts, errand.upstream
    if known.shapes >= _MOST_SHAPES or upstream.on_status.get(response.status, "pass") != "pass" or errand.hops:
        return
    read = read_head(head)
    kind = facts.route, facts.transaction.id
    if read is None or read.shape in known.usual.get(kind, {}):
        return
    known.shapes += 1
    policy = known.generation.policy
    alike = likeness(facts, response, decision, policy)
    closes = "close" in response.fields.combined("Connection").lower()
    if alike is None or closes or not head.startswith(b"HTTP/1.1 200 "):
        return
    left = Memory().keep(Seen(facts, response, decision, policy), closely=False)
    found = usual(alike, read, reply, left)
    if found is None:
        return
    if upstream.id not in known.sendable:
        known.sendable[upstream.id] = request_fields(known.came, errand, upstream.authority)
    known.usual.setdefault(kind, {})[read.shape] = found
