"""An audit event as the XML of DICOM PS3.15 A.5.1. Pure; what is put in is escaped by the library and never trusted."""

from base64 import b64encode
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from gateway.audit import codes
from gateway.audit.codes import Code
from gateway.audit.event import Event, Participant, Subject
from gateway.clock import timestamp
from gateway.core.addresses import is_address
from gateway.dicomweb.identifiers import Identifiers

_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>'
_WEB_SERVER = "3"  # AuditSourceTypeCode
_MACHINE_NAME, _IP_ADDRESS = "1", "2"  # NetworkAccessPointTypeCode
_SYSTEM_OBJECT = "2"  # ParticipantObjectTypeCode


@dataclass(frozen=True, slots=True)
class Source:
    """AuditSourceIdentification: who tells, and at which site."""

    id: str
    site: str = ""


def message(event: Event, source: Source) -> bytes:
    """One whole document in UTF-8, on one line."""
    root = Element("AuditMessage")
    _identify(root, event)
    for participant in event.participants:
        _participant(root, participant)
    _source(root, source)
    if event.subject is not None:
        _subject(root, event.subject)
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=False)
    return _DECLARATION + document


def _identify(root: Element, event: Event) -> None:
    attributes = {
        "EventActionCode": event.action.value,
        "EventDateTime": timestamp(event.moment),  # with its time zone (A.5.2.5)
        "EventOutcomeIndicator": str(event.outcome.value),
    }
    identification = SubElement(root, "EventIdentification", attributes)
    _coded(identification, "EventID", event.id)
    if event.type is not None:
        _coded(identification, "EventTypeCode", event.type)


def _participant(root: Element, participant: Participant) -> None:
    attributes = {"UserID": participant.user, "UserIsRequestor": str(participant.requestor).lower()}
    if participant.name:
        attributes["UserName"] = participant.name
    if participant.place:
        attributes["NetworkAccessPointID"] = participant.place
        attributes["NetworkAccessPointTypeCode"] = _IP_ADDRESS if is_address(participant.place) else _MACHINE_NAME
    element = SubElement(root, "ActiveParticipant", attributes)
    if participant.role is not None:
        _coded(element, "RoleIDCode", participant.role)


def _source(root: Element, source: Source) -> None:
    attributes = {"AuditSourceID": source.id}
    if source.site:
        attributes["AuditEnterpriseSiteID"] = source.site
    SubElement(
        SubElement(root, "AuditSourceIdentification", attributes), "AuditSourceTypeCode", {"csd-code": _WEB_SERVER}
    )


def _subject(root: Element, subject: Subject) -> None:
    attributes = {
        "ParticipantObjectID": subject.id,
        "ParticipantObjectTypeCode": _SYSTEM_OBJECT,
        "ParticipantObjectTypeCodeRole": subject.role,
    }
    element = SubElement(root, "ParticipantObjectIdentification", attributes)
    _coded(element, "ParticipantObjectIDTypeCode", subject.type)
    # The schema has one of the two.
    if subject.query:
        SubElement(element, "ParticipantObjectQuery").text = _base64(subject.query)
    else:
        SubElement(element, "ParticipantObjectName").text = subject.name
    series = (("SeriesInstanceUID", subject.named.series),) if subject.named.series else ()
    for word, value in (*subject.details, *series):
        SubElement(element, "ParticipantObjectDetail", {"type": word, "value": _base64(value.encode())})
    _description(element, subject.type, subject.named)


def _description(element: Element, type_: Code, named: Identifiers) -> None:
    """The instance, whose SOP class a request does not tell; and the study, where the object is another."""
    in_study = type_ != codes.STUDY_INSTANCE_UID and named.study
    if not named.instance and not in_study:
        return
    description = SubElement(element, "ParticipantObjectDescription")
    if named.instance:
        SubElement(SubElement(description, "SOPClass", {"NumberOfInstances": "1"}), "Instance", {"UID": named.instance})
    if in_study:
        study = SubElement(description, "ParticipantObjectContainsStudy")
        SubElement(study, "StudyIDs", {"UID": named.study})


def _coded(parent: Element, tag: str, code: Code) -> None:
    attributes = {"csd-code": code.value, "codeSystemName": code.system, "originalText": code.meaning}
    SubElement(parent, tag, attributes)


def _base64(value: bytes) -> str:
    return b64encode(value).decode("ascii")
