"""Audit messages as XML: what the schema asks for is there, and what a client sends stays text."""

from datetime import UTC, datetime
from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.audit import codes
from gateway.audit.ending import Ending
from gateway.audit.event import Action, Event, Outcome, Participant
from gateway.audit.events import events
from gateway.audit.message import Source, message
from gateway.clock import timestamp
from gateway.core.facts import RequestFacts
from tests.audit.structure import details, misshapen, query
from tests.core.making import asked

NOON = 1_767_268_800.0  # 1 January 2026, 12:00 UTC
ENDED = Ending("192.0.2.7", 200, True, "0b0e7c1e", NOON)
OURSELVES = Participant("4711", place="gw-1", name="pacs-gateway")
HERE = Source("gw-1", "radiology")
IN_STUDY = "/rs/studies/2.25.1"
INSTANCE = f"{IN_STUDY}/series/2.25.2/instances/2.25.3"


def told(request: RequestFacts, ending: Ending = ENDED) -> Element:
    (event,) = events(request, ending, OURSELVES)
    return fromstring(message(event, HERE))


def test_a_query_reads_as_the_standard_says() -> None:
    found = told(asked("GET", "/rs/studies?PatientName=DOE%5EJOHN&limit=5"))
    identification, client, archive, source, queried = found
    assert identification.attrib == {
        "EventActionCode": "E",
        "EventDateTime": "2026-01-01T12:00:00.000Z",
        "EventOutcomeIndicator": "0",
    }
    assert identification[0].attrib == {"csd-code": "110112", "codeSystemName": "DCM", "originalText": "Query"}
    assert client.attrib == {
        "UserID": "192.0.2.7",
        "UserIsRequestor": "true",
        "NetworkAccessPointID": "192.0.2.7",
        "NetworkAccessPointTypeCode": "2",
    }
    assert client[0].attrib["csd-code"] == "110153"
    assert archive.attrib == {"UserID": "pacs", "UserIsRequestor": "false"}
    assert archive[0].attrib["csd-code"] == "110152"
    assert source.attrib == {"AuditSourceID": "gw-1", "AuditEnterpriseSiteID": "radiology"}
    assert queried.attrib == {
        "ParticipantObjectID": "https://gw.example/rs/studies",
        "ParticipantObjectTypeCode": "2",
        "ParticipantObjectTypeCodeRole": "3",
    }
    assert query(found) == "/rs/studies?PatientName=DOE%5EJOHN&limit=5"


def test_a_retrieved_instance_is_named_below_its_study() -> None:
    found = told(asked("GET", INSTANCE))
    study = found.find("ParticipantObjectIdentification")
    assert study is not None
    assert study.attrib["ParticipantObjectID"] == "2.25.1"
    assert study[0].attrib["csd-code"] == "110180"
    assert [instance.attrib for instance in study.iter("Instance")] == [{"UID": "2.25.3"}]
    assert details(found) == {
        "Transaction": "studies.retrieve.dicom",
        "Archive": "pacs",
        "Exchange": "0b0e7c1e",
        "SeriesInstanceUID": "2.25.2",
    }


def test_a_query_in_a_study_names_it() -> None:
    found = told(asked("GET", f"{IN_STUDY}/series?Modality=CT"))
    assert [study.attrib for study in found.iter("StudyIDs")] == [{"UID": "2.25.1"}]


def test_a_site_that_is_not_configured_is_left_out() -> None:
    (event,) = events(asked(), ENDED, OURSELVES)
    source = fromstring(message(event, Source("gw-1"))).find("AuditSourceIdentification")
    assert source is not None
    assert source.attrib == {"AuditSourceID": "gw-1"}


@pytest.mark.parametrize(
    ("place", "type_"), [("192.0.2.7", "2"), ("2001:db8::7", "2"), ("fe80::1%eth0", "2"), ("gw-1", "1")]
)
def test_a_place_is_an_address_or_the_name_of_a_machine(place: str, type_: str) -> None:
    event = Event(codes.QUERY, Action.EXECUTE, Outcome.SUCCESS, NOON, (Participant("4711", place=place),))
    participant = fromstring(message(event, HERE)).find("ActiveParticipant")
    assert participant is not None
    assert participant.attrib["NetworkAccessPointTypeCode"] == type_


def test_a_moment_has_its_time_zone() -> None:
    assert datetime.fromisoformat(timestamp(NOON + 0.0625)) == datetime(2026, 1, 1, 12, 0, 0, 62_000, UTC)


@pytest.mark.parametrize("status", [200, 202, 401, 403, 404, 503, None])
@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/rs/studies?PatientID=1"),
        ("POST", "/rs/studies"),
        ("POST", IN_STUDY),
        ("GET", INSTANCE),
        ("GET", f"{INSTANCE}/frames/1"),
        ("GET", f"{IN_STUDY}/series?Modality=CT"),
        ("DELETE", IN_STUDY),
        ("DELETE", INSTANCE),
        ("POST", "/rs/workitems"),
        ("GET", "/wado?requestType=WADO&studyUID=2.25.1&seriesUID=2.25.2&objectUID=2.25.3"),
    ],
)
def test_every_message_has_the_shape_of_the_schema(method: str, target: str, status: int | None) -> None:
    stow = 'multipart/related; type="application/dicom"; boundary=b'
    request = asked(method, target, ("Content-Type", stow), ("Authorization", "Basic eA=="))
    found = events(request, Ending("192.0.2.7", status, status is not None, "0b0e7c1e", NOON), OURSELVES)
    assert found
    for event in found:
        assert misshapen(fromstring(message(event, HERE))) == []


def test_a_shape_that_the_schema_does_not_know_is_found() -> None:
    """A check that never fails proves nothing."""
    wrong = fromstring('<AuditMessage><AuditSourceIdentification AuditSourceID="" x="1"/></AuditMessage>')
    assert sorted(misshapen(wrong)) == [
        "AuditMessage holds ['AuditSourceIdentification']",
        "AuditSourceIdentification has AuditSourceID=''",
        "AuditSourceIdentification has x='1'",
    ]


# What a request line may hold: any byte but controls and spaces.
TARGETS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_characters="\x7f?"), max_size=40)


@given(TARGETS, TARGETS)
def test_whatever_a_client_writes_stays_text(path: str, search: str) -> None:
    target = f"/{path}/studies?{search}"
    found = told(asked("GET", target))
    assert misshapen(found) == []
    assert query(found) == target
