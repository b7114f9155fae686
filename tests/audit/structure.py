"""What the schema of DICOM PS3.15 A.5.1 lets an audit message be: children in their order, and attributes."""

import re
from base64 import b64decode
from dataclasses import dataclass, field
from datetime import datetime
from xml.etree.ElementTree import Element

TEXT = r"[^\s](.*[^\s])?"
UID = r"[0-2]((\.0)|(\.[1-9][0-9]*))*"
BASE64 = r"[A-Za-z0-9+/]*={0,2}"


@dataclass(frozen=True)
class Shape:
    """`children` is a regular expression over the names of the children, each followed by a space. `text` likewise."""

    children: str = ""
    must: dict[str, str] = field(default_factory=dict)
    may: dict[str, str] = field(default_factory=dict)
    text: str = ""


CODED = Shape(must={"csd-code": TEXT, "codeSystemName": TEXT, "originalText": TEXT}, may={"displayName": TEXT})

SHAPES = {
    "AuditMessage": Shape(
        "EventIdentification (ActiveParticipant )+AuditSourceIdentification (ParticipantObjectIdentification )*"
    ),
    "EventIdentification": Shape(
        "EventID (EventTypeCode )*(EventOutcomeDescription )?",
        must={"EventDateTime": TEXT, "EventOutcomeIndicator": "0|4|8|12"},
        may={"EventActionCode": "[CRUDE]"},
    ),
    "ActiveParticipant": Shape(
        "(RoleIDCode )*(MediaIdentifier )?",
        must={"UserID": TEXT, "UserIsRequestor": "true|false"},
        may={
            "AlternativeUserID": TEXT,
            "UserName": TEXT,
            "NetworkAccessPointID": TEXT,
            "NetworkAccessPointTypeCode": "[1-5]",
        },
    ),
    "AuditSourceIdentification": Shape(
        "(AuditSourceTypeCode )*", must={"AuditSourceID": TEXT}, may={"AuditEnterpriseSiteID": TEXT}
    ),
    "AuditSourceTypeCode": Shape(must={"csd-code": "[1-9]"}),
    "ParticipantObjectIdentification": Shape(
        "ParticipantObjectIDTypeCode (ParticipantObjectName |ParticipantObjectQuery )"
        "(ParticipantObjectDetail )*(ParticipantObjectDescription )*",
        must={"ParticipantObjectID": TEXT},
        may={
            "ParticipantObjectTypeCode": "[1-4]",
            "ParticipantObjectTypeCodeRole": "[1-9]|1[0-9]|2[0-6]",
            "ParticipantObjectDataLifeCycle": "[1-9]|1[0-5]",
            "ParticipantObjectSensitivity": TEXT,
        },
    ),
    "ParticipantObjectName": Shape(text=TEXT),
    "ParticipantObjectQuery": Shape(text=BASE64),
    "ParticipantObjectDetail": Shape(must={"type": TEXT, "value": BASE64}),
    "ParticipantObjectDescription": Shape(
        "(MPPS )*(Accession )*(SOPClass )*(ParticipantObjectContainsStudy )?(Encrypted )?(Anonymized )?"
    ),
    "SOPClass": Shape("(Instance )*", must={"NumberOfInstances": "[0-9]+"}, may={"UID": UID}),
    "Instance": Shape(must={"UID": UID}),
    "ParticipantObjectContainsStudy": Shape("(StudyIDs )*"),
    "StudyIDs": Shape(must={"UID": UID}),
    **dict.fromkeys(("EventID", "EventTypeCode", "RoleIDCode", "ParticipantObjectIDTypeCode"), CODED),
}


def misshapen(element: Element) -> list[str]:
    """Everything about this element and those in it that the schema does not allow."""
    shape, name = SHAPES[element.tag], element.tag
    known = {**shape.must, **shape.may}
    found = [f"{name} lacks {attribute}" for attribute in shape.must.keys() - element.keys()]
    found += [
        f"{name} has {attribute}={value!r}"
        for attribute, value in element.items()
        if attribute not in known or not re.fullmatch(known[attribute], value)
    ]
    if not re.fullmatch(shape.children, "".join(f"{child.tag} " for child in element)):
        found.append(f"{name} holds {[child.tag for child in element]}")
    if not re.fullmatch(shape.text, element.text or ""):
        found.append(f"{name} says {element.text!r}")
    return found + [fault for child in element for fault in misshapen(child)]


def details(message: Element) -> dict[str, str]:
    """The pairs of all its objects, decoded."""
    pairs = message.iter("ParticipantObjectDetail")
    return {pair.attrib["type"]: b64decode(pair.attrib["value"]).decode() for pair in pairs}


def query(message: Element) -> str | None:
    text = message.findtext("ParticipantObjectIdentification/ParticipantObjectQuery")
    return None if text is None else b64decode(text, validate=True).decode("latin-1")


def code(message: Element) -> str:
    return message.find("EventIdentification/EventID").attrib["csd-code"]  # type: ignore[union-attr]


def outcome(message: Element) -> str:
    return message.find("EventIdentification").attrib["EventOutcomeIndicator"]  # type: ignore[union-attr]


def moment(message: Element) -> datetime:
    return datetime.fromisoformat(message.find("EventIdentification").attrib["EventDateTime"])  # type: ignore[union-attr]
