"""What is known of an exchange when it is judged: the request, and what became of it upstream.

Frozen values; nothing is computed twice and nothing is decided here.
"""

from dataclasses import dataclass, field
from typing import TypeAlias, TypedDict

from gateway.core.failures import Failure
from gateway.core.fields import Fields
from gateway.dicomweb.classify import Classification, classify
from gateway.dicomweb.multipart import PartCounter, boundary_of
from gateway.dicomweb.transactions import TRANSACTIONS, Transaction

UNKNOWN = Classification(TRANSACTIONS["other"], "", "", ())


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """One request as it will be sent upstream and as it is judged: the target is the same string for both.

    `public_base` is the scheme and authority under which the client knows the gateway, such as `https://gw.example`.
    `opaque` marks a route of which only the HTTP is judged: its bodies are never read.
    """

    method: str
    target: str
    fields: Fields
    classification: Classification
    route: str = ""
    upstream: str = ""
    public_base: str = ""
    opaque: bool = False
    has_content: bool = False

    @property
    def transaction(self) -> Transaction:
        return self.classification.transaction

    @property
    def is_conditional(self) -> bool:
        """Whether it asks if something has changed, so that 304 is an answer (RFC 9110 15.4.5)."""
        return "If-None-Match" in self.fields or "If-Modified-Since" in self.fields


class Hints(TypedDict):
    """What a header section tells of what is asked for."""

    accept: str
    content_type: str
    soap_action: bool
    websocket: bool
    preflight: bool


def classified(method: str, target: str, fields: Fields, service: str = "dicomweb") -> Classification:
    """What a request asks for, by everything in it that tells. `service` is what its route offers: no more is read in."""
    return classified_by(method, target, hints_in(fields), service)


def hints_in(fields: Fields) -> Hints:
    """The hints of one header section."""
    return Hints(
        accept=fields.combined("Accept"),
        content_type=fields.get("Content-Type"),
        soap_action="SOAPAction" in fields,
        websocket=fields.get("Upgrade").lower() == "websocket",
        preflight="Origin" in fields and "Access-Control-Request-Method" in fields,
    )


def classified_by(method: str, target: str, hints: Hints, service: str) -> Classification:
    """The same, where the header section has been looked at."""
    if service == "opaque":
        return UNKNOWN
    found = classify(method, target, **hints)
    only_uri = service == "wado-uri" and found.transaction.service != "uri"
    return UNKNOWN if only_uri else found


def part_counter(request: RequestFacts) -> PartCounter | None:
    """Counts the instances of a store as they go up: an archive lists a part it cannot read nowhere."""
    boundary = boundary_of(request.fields.get("Content-Type")) if request.transaction.id == "studies.store" else None
    return PartCounter(boundary) if boundary else None


def parts_in(request: RequestFacts, content: bytes | None) -> int | None:
    """The same of a store that is known as a whole; None where none are counted, or where nobody knows what went up."""
    counter = part_counter(request)
    if counter is None or content is None:
        return None
    counter.feed(content)
    return counter.parts


@dataclass(frozen=True, slots=True)
class Response:
    """What the archive said: the head, and as much of the content as the verdict needs.

    `peek` is None where the content was not looked at, which is not the same as empty. `whole` says that the peek is all
    there is. `reason` is the archive's reason phrase: read by rules, never sent on. `parts_sent` counts the parts of a
    multipart request as they went up, None where that was not counted. `ours` marks an answer that the gateway gives in
    the archive's place, such as that to a preflight.
    """

    status: int
    fields: Fields = field(default_factory=Fields)
    peek: bytes | None = field(default=None, repr=False)
    whole: bool = False
    reason: str = field(default="", repr=False)
    parts_sent: int | None = None
    ours: bool = False


Outcome: TypeAlias = Response | Failure
