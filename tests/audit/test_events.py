"""Which audit events a finished exchange is, as tables."""

import pytest

from gateway.audit import codes
from gateway.audit.codes import Code
from gateway.audit.ending import Ending
from gateway.audit.event import Action, Event, Outcome, Participant
from gateway.audit.events import AUDITED, events, outcome
from gateway.core.facts import RequestFacts
from gateway.dicomweb.identifiers import Identifiers
from gateway.dicomweb.transactions import TRANSACTIONS
from tests.core.making import asked

STUDY = "/rs/studies/2.25.1"
INSTANCE = f"{STUDY}/series/2.25.2/instances/2.25.3"
WADO = "/wado?requestType=WADO&studyUID=2.25.1&seriesUID=2.25.2&objectUID=2.25.3"
STOW = ("Content-Type", 'multipart/related; type="application/dicom"; boundary=b')
OURSELVES = Participant("4711", place="gw-1", name="pacs-gateway")

# Said of no patient (non-patient instances, what a server can do), of no single one (subscriptions), or in a body that is
# not read (SOAP, storage commitment).
NOT_AUDITED = {
    "capabilities.retrieve", "cors.preflight", "notification.open", "other", "ws.retrieve",
    "npi.retrieve", "npi.store", "npi.search", "stgcmt.request", "stgcmt.result",
    "worklist.subscribe", "worklist.unsubscribe", "worklist.suspend",
}  # fmt: skip


def ending(status: int | None = 200, *, complete: bool = True) -> Ending:
    return Ending("192.0.2.7", status, complete, "0b0e7c1e", 1_767_268_800.0)


def heard(request: RequestFacts, status: int | None = 200) -> tuple[Event, ...]:
    return events(request, ending(status), OURSELVES)


def only(request: RequestFacts, status: int | None = 200) -> Event:
    (event,) = heard(request, status)
    return event


def test_every_transaction_is_audited_or_left_out_on_purpose() -> None:
    assert AUDITED.keys() | NOT_AUDITED == TRANSACTIONS.keys()
    assert not AUDITED.keys() & NOT_AUDITED


@pytest.mark.parametrize(
    ("method", "target", "id_", "action"),
    [
        ("GET", "/rs/studies?PatientName=DOE", codes.QUERY, Action.EXECUTE),
        ("GET", f"{STUDY}/series", codes.QUERY, Action.EXECUTE),
        ("GET", "/rs/workitems?ScheduledStationNameCodeSequence=CT1", codes.QUERY, Action.EXECUTE),
        ("GET", "/rs/modality-scheduled-procedure-steps", codes.QUERY, Action.EXECUTE),
        ("POST", "/rs/studies", codes.INSTANCES_TRANSFERRED, Action.CREATE),
        ("GET", STUDY, codes.INSTANCES_TRANSFERRED, Action.READ),
        ("GET", f"{WADO}&contentType=application/dicom", codes.INSTANCES_TRANSFERRED, Action.READ),
        ("GET", WADO, codes.INSTANCES_ACCESSED, Action.READ),
        ("GET", f"{INSTANCE}/frames/1", codes.INSTANCES_ACCESSED, Action.READ),
        ("GET", f"{INSTANCE}/rendered", codes.INSTANCES_ACCESSED, Action.READ),
        ("GET", f"{STUDY}/thumbnail", codes.INSTANCES_ACCESSED, Action.READ),
        ("GET", f"{STUDY}/metadata", codes.INSTANCES_ACCESSED, Action.READ),
        ("GET", f"{INSTANCE}/bulkdata/7FE00010", codes.INSTANCES_ACCESSED, Action.READ),
        ("DELETE", STUDY, codes.STUDY_DELETED, Action.DELETE),
        ("DELETE", f"{STUDY}/series/2.25.2", codes.INSTANCES_ACCESSED, Action.DELETE),
        ("DELETE", INSTANCE, codes.INSTANCES_ACCESSED, Action.DELETE),
        ("POST", "/rs/workitems", codes.PROCEDURE_RECORD, Action.CREATE),
        ("GET", "/rs/workitems/2.25.9", codes.PROCEDURE_RECORD, Action.READ),
        ("PUT", "/rs/workitems/2.25.9/state", codes.PROCEDURE_RECORD, Action.UPDATE),
    ],
)
def test_what_was_done_has_its_event(method: str, target: str, id_: Code, action: Action) -> None:
    event = only(asked(method, target, *([STOW] if target == "/rs/studies" else [])))
    assert (event.id, event.action, event.outcome) == (id_, action, Outcome.SUCCESS)


@pytest.mark.parametrize("target", ["/index.html", "/rs/ws/subscribers/CT1", "/rs/commitment-requests/2.25.1"])
def test_what_is_not_in_the_table_is_not_told(target: str) -> None:
    assert heard(asked("GET", target)) == ()


@pytest.mark.parametrize(
    ("status", "complete", "lines", "expected"),
    [
        (200, True, [], Outcome.SUCCESS),
        (204, True, [], Outcome.SUCCESS),
        (304, True, [], Outcome.SUCCESS),
        (206, True, [("Range", "bytes=0-99")], Outcome.SUCCESS),
        (206, True, [], Outcome.MINOR_FAILURE),
        (404, True, [], Outcome.MINOR_FAILURE),
        (429, True, [], Outcome.MINOR_FAILURE),
        (500, True, [], Outcome.SERIOUS_FAILURE),
        (503, True, [], Outcome.SERIOUS_FAILURE),
        (200, False, [], Outcome.SERIOUS_FAILURE),
        (404, False, [], Outcome.SERIOUS_FAILURE),
        (None, False, [], Outcome.SERIOUS_FAILURE),
    ],
)
def test_only_what_came_whole_is_a_success(
    status: int | None, complete: bool, lines: list[tuple[str, str]], expected: Outcome
) -> None:
    assert outcome(asked("GET", STUDY, *lines), ending(status, complete=complete)) == expected


def test_a_store_in_part_is_no_success() -> None:
    store = asked("POST", "/rs/studies", STOW)
    assert only(store, 202).outcome == Outcome.MINOR_FAILURE
    assert only(store, 200).outcome == Outcome.SUCCESS


def test_a_deletion_that_was_accepted_is_a_success() -> None:
    assert only(asked("DELETE", STUDY), 202).outcome == Outcome.SUCCESS


def test_a_redirect_hands_nothing_out() -> None:
    assert heard(asked("GET", STUDY), 303) == ()


def test_not_modified_is_an_access_and_no_transfer() -> None:
    event = only(asked("GET", STUDY, ("If-None-Match", '"v1"')), 304)
    assert (event.id, event.action) == (codes.INSTANCES_ACCESSED, Action.READ)
    assert [participant.role for participant in event.participants] == [None]


CLIENT = Participant("192.0.2.7", requestor=True, place="192.0.2.7")


@pytest.mark.parametrize(
    ("request_", "of_client", "of_archive"),
    [
        (asked("GET", "/rs/studies"), codes.SOURCE, codes.DESTINATION),
        (asked("POST", "/rs/studies", STOW), codes.SOURCE, codes.DESTINATION),
        (asked("GET", STUDY), codes.DESTINATION, codes.SOURCE),
    ],
)
def test_data_and_queries_go_from_source_to_destination(
    request_: RequestFacts, of_client: Code, of_archive: Code
) -> None:
    client, archive = only(request_).participants
    assert client == Participant("192.0.2.7", of_client, requestor=True, place="192.0.2.7")
    assert archive == Participant("pacs", of_archive)


def test_who_accesses_is_the_client_alone() -> None:
    assert only(asked("GET", f"{STUDY}/metadata")).participants == (CLIENT,)


def test_a_client_without_an_address_is_still_somebody() -> None:
    (event,) = events(asked("GET", f"{STUDY}/metadata"), Ending("", 200, True, "0b0e7c1e", 0.0), OURSELVES)
    assert event.participants == (Participant("unknown", requestor=True),)


def test_the_study_is_what_it_is_about() -> None:
    subject = only(asked("GET", WADO)).subject
    assert subject is not None
    assert (subject.id, subject.type, subject.role) == ("2.25.1", codes.STUDY_INSTANCE_UID, "3")
    assert subject.named == Identifiers("2.25.1", "2.25.2", "2.25.3")
    assert ("Exchange", "0b0e7c1e") in subject.details


@pytest.mark.parametrize("target", ["/rs/studies", "/rs/workitems"])
def test_without_a_study_the_resource_is_what_it_is_about(target: str) -> None:
    subject = only(asked("POST", target, *([STOW] if target == "/rs/studies" else []))).subject
    assert subject is not None
    assert (subject.id, subject.type) == (f"https://gw.example{target}", codes.URI)


def test_a_query_is_kept_byte_for_byte() -> None:
    target = f"{STUDY}/series?Modality=CT&PatientName=M\xfcller%5E*"
    subject = only(asked("GET", target)).subject
    assert subject is not None
    assert subject.query == target.encode("latin-1")
    assert (subject.id, subject.type) == (f"https://gw.example{STUDY}/series", codes.URI)
    assert subject.named.study == "2.25.1"


def test_an_address_is_written_in_printable_characters() -> None:
    subject = only(asked("GET", "/m\xfcnchen/rs/studies?x")).subject
    assert subject is not None
    assert subject.id == "https://gw.example/m%FCnchen/rs/studies"


@pytest.mark.parametrize(
    ("status", "lines", "type_"),
    [
        (401, [("Authorization", "Basic eA==")], codes.NODE_AUTHENTICATION),
        (403, [], codes.RESTRICTED_FUNCTION),
        (403, [("Authorization", "Basic eA==")], codes.RESTRICTED_FUNCTION),
    ],
)
def test_who_is_turned_away_is_told(status: int, lines: list[tuple[str, str]], type_: Code) -> None:
    done, alert = heard(asked("GET", STUDY, *lines), status)
    assert (done.id, done.outcome) == (codes.INSTANCES_TRANSFERRED, Outcome.MINOR_FAILURE)
    assert (alert.id, alert.type, alert.action) == (codes.SECURITY_ALERT, type_, Action.EXECUTE)
    assert alert.participants == (OURSELVES, Participant("192.0.2.7", place="192.0.2.7"))
    assert alert.subject is not None
    assert alert.subject.details[0][0] == "Alert Description"


def test_the_challenge_that_begins_a_session_is_no_alert() -> None:
    assert only(asked("GET", STUDY), 401).id == codes.INSTANCES_TRANSFERRED


def test_who_is_turned_away_from_anything_at_all_is_told() -> None:
    assert only(asked("GET", "/admin/users"), 403).id == codes.SECURITY_ALERT


def test_what_found_no_route_is_not_told() -> None:
    assert heard(asked("GET", "/admin/users", route="", upstream=""), 403) == ()
