"""An audit event as a value: what a message of PS3.15 A.5.1 says, before it is XML. Every field keeps its name there."""

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from gateway.audit.codes import Code
from gateway.dicomweb.identifiers import NONE, Identifiers


class Action(StrEnum):
    """EventActionCode."""

    CREATE = "C"
    READ = "R"
    UPDATE = "U"
    DELETE = "D"
    EXECUTE = "E"


class Outcome(IntEnum):
    """EventOutcomeIndicator. 12, the action made unavailable for good, is nothing that a gateway can tell."""

    SUCCESS = 0
    MINOR_FAILURE = 4
    SERIOUS_FAILURE = 8


@dataclass(frozen=True, slots=True)
class Participant:
    """ActiveParticipant: `user` is a name in the sense of A.5.2.1, `place` an address or the name of a machine."""

    user: str
    role: Code | None = None
    requestor: bool = False
    place: str = ""
    name: str = ""

    @classmethod
    def client(cls, address: str, role: Code | None = None, *, requestor: bool = True) -> "Participant":
        """Whoever asked, by the address: the gateway knows no users."""
        return cls(address or "unknown", role, requestor, address)


@dataclass(frozen=True, slots=True)
class Subject:
    """ParticipantObjectIdentification of a system object. A `query`, where there is one, takes the place of `name`.

    `named` holds what lies below or above the object; `details` are pairs of a word and a value.
    """

    id: str
    type: Code
    name: str
    role: str
    query: bytes = field(default=b"", repr=False)
    named: Identifiers = NONE
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """One message. `moment` is in Unix seconds: the end of what happened."""

    id: Code
    action: Action
    outcome: Outcome
    moment: float
    participants: tuple[Participant, ...]
    subject: Subject | None = None
    type: Code | None = None
