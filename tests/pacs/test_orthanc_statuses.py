"""What Orthanc says beside what the client gets: codes, the fields they owe, contents, and the counts of all of them."""

import base64
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.pacs.archives import Orthanc
from tests.pacs.gateway_process import Gateway
from tests.pacs.samples import MULTIPART, UIDS, ct, multipart, odd_objects, part10, path_of
from tests.pacs.wire import ask
from tests.support.servers import Server, until

STUDY = f"/dicom-web/studies/{UIDS}.1"
INSTANCE = f"{STUDY}/series/{UIDS}.1.1/instances/{UIDS}.1.1.1"
WAVEFORM = "/dicom-web" + path_of(dict(odd_objects())["waveform_ecg.dcm"])
CSV = {"Accept": "text/csv"}
DICOM_JSON, PROBLEM = "application/dicom+json", "application/problem+json"


@dataclass(frozen=True)
class Case:
    """One request. `rule` is who decided, `-` where the archive's answer stands; `content_type` is of the answer.

    The content of the answer is Orthanc's own, but under `PROBLEM`, the gateway's, and under a 204, which has none.
    """

    method: str
    target: str
    transaction: str
    said: int
    got: int
    rule: str = "-"
    content_type: str = "application/json"
    fields: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None


CASES = {
    "metadata as a spreadsheet": Case(
        "GET", f"{INSTANCE}/metadata", "studies.retrieve.metadata", 400, 406, "orthanc-media-type", fields=CSV
    ),
    "a study as a spreadsheet": Case(
        "GET", STUDY, "studies.retrieve.dicom", 400, 406, "orthanc-media-type", fields=CSV
    ),
    "an instance without multipart": Case(
        "GET", INSTANCE, "studies.retrieve.dicom", 400, 406, "orthanc-media-type", fields={"Accept": "application/dicom"}
    ),
    "a frame of a waveform": Case(
        "GET", f"{WAVEFORM}/frames/1", "studies.retrieve.frames", 500, 406, "orthanc-no-frames"
    ),
    "frame number zero": Case("GET", f"{INSTANCE}/frames/0", "studies.retrieve.frames", 400, 400, "label"),
    "an unknown study": Case("GET", f"/dicom-web/studies/{UIDS}.404", "studies.retrieve.dicom", 404, 404, "label"),
    "an unknown study's metadata": Case(
        "GET", f"/dicom-web/studies/{UIDS}.404/metadata", "studies.retrieve.metadata", 404, 404, "label"
    ),
    "an attribute that is not there": Case(
        "GET", f"{INSTANCE}/bulk/00090099", "studies.retrieve.bulkdata", 404, 404, "label"
    ),
    "a limit that is no number": Case("GET", "/dicom-web/studies?limit=many", "studies.search", 400, 400, "label"),
    "a search": Case(
        "GET", "/dicom-web/studies?PatientID=TEST-1", "studies.search", 200, 200, content_type=DICOM_JSON
    ),
    "a search without a hit": Case(
        "GET", "/dicom-web/studies?PatientID=NOBODY", "studies.search", 200, 204, "empty-search", ""
    ),
    "a store without multipart": Case(
        "POST", "/dicom-web/studies", "studies.store", 415, 415, "label",
        fields={"Content-Type": "application/dicom"}, content=part10(ct(f"{UIDS}.41")),
    ),
    "a store into another study": Case(
        "POST", f"/dicom-web/studies/{UIDS}.42", "studies.store", 409, 409, "label", DICOM_JSON,
        fields={"Content-Type": MULTIPART}, content=multipart(part10(ct(f"{UIDS}.43"))),
    ),
    "a method that Orthanc lacks": Case("DELETE", STUDY, "studies.delete", 405, 405, "error-body", PROBLEM),
    "a method that nobody has": Case("DELETE", "/dicom-web/studies", "other", 405, 405, content_type=""),
    "no capabilities": Case(
        "OPTIONS", "/dicom-web/studies", "capabilities.retrieve", 404, 404, "error-body", PROBLEM
    ),
    "HEAD is not supported": Case("HEAD", "/dicom-web/studies", "studies.search", 404, 404, content_type=""),
    "the page for people": Case("GET", "/", "other", 301, 301, content_type=""),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_client_gets_the_right_code_for_what_orthanc_says(orthanc: Orthanc, gateway: Gateway, name: str) -> None:
    case = CASES[name]
    direct, through = (ask(s.base, case.method, case.target, case.fields, case.content) for s in (orthanc, gateway))
    assert (direct.status, through.status, through.complete) == (case.said, case.got, True)
    for owed in ("Allow", "WWW-Authenticate", "Location"):
        assert through.field(owed) == direct.field(owed)
    said = f'received-status={case.said}; details="rule={case.rule}"'
    assert through.field("Proxy-Status") == (f"pacs-gateway; {said}" if case.rule != "-" else "")
    assert through.media_type == case.content_type
    if case.got == 204:
        assert through.content == b""
    elif case.content_type != PROBLEM:
        own, of_orthanc = gateway.base.encode(), orthanc.base.encode()
        assert through.content.replace(own, b"BASE") == direct.content.replace(of_orthanc, b"BASE")


def test_every_answer_is_counted_by_what_was_said_and_what_was_sent(
    orthanc: Orthanc, start: Callable[[Server], None], tmp_path: Path
) -> None:
    """And by nothing else: the counts are exactly those of the requests above, some of them twice."""
    counted = Gateway(tmp_path, orthanc.base)
    start(counted)
    requests = [*CASES.values(), *list(CASES.values())[:4]]
    for case in requests:
        ask(counted.base, case.method, case.target, case.fields, case.content)
    expected = Counter(
        (
            "pacs_gateway_responses_total",
            f"code={case.got}",
            "route=pacs",
            f"rule={case.rule}",
            f"transaction={case.transaction}",
            f"upstream_code={case.said}",
        )
        for case in requests
    )
    metrics = counted.metrics()
    assert {series: n for series, n in metrics.items() if series[0] == "pacs_gateway_responses_total"} == expected
    assert metrics["pacs_gateway_bytes_total", "direction=in"] == sum(len(case.content or b"") for case in requests)
    assert not [
        series for series in metrics if series[0] in ("pacs_gateway_failures_total", "pacs_gateway_truncated_total")
    ]


@pytest.fixture
def guarded(start: Callable[[Server], None], tmp_path: Path) -> tuple[Orthanc, Gateway]:
    """An Orthanc that wants a password and explains nothing, and a gateway in front of it."""
    folders = [tmp_path / name for name in ("orthanc", "gateway")]
    for folder in folders:
        folder.mkdir()
    users = {"AuthenticationEnabled": True, "RegisteredUsers": {"user": "password"}, "HttpDescribeErrors": False}
    orthanc = Orthanc(folders[0], **users)
    start(orthanc)
    gateway = Gateway(folders[1], orthanc.base)
    start(gateway)
    return orthanc, gateway


def test_the_challenge_of_a_401_reaches_the_client_and_its_password_the_archive(
    guarded: tuple[Orthanc, Gateway],
) -> None:
    for wrong in ({}, {"Authorization": "Basic " + base64.b64encode(b"user:wrong").decode()}):
        direct, through = (ask(server.base, "GET", "/dicom-web/studies", wrong) for server in guarded)
        assert through.status == direct.status == 401
        assert (
            through.field("WWW-Authenticate") == direct.field("WWW-Authenticate") == 'Basic realm="Orthanc Secure Area"'
        )
    right = {"Authorization": "Basic " + base64.b64encode(b"user:password").decode()}
    direct, through = (ask(server.base, "GET", "/dicom-web/studies", right) for server in guarded)
    assert (direct.status, direct.content) == (200, b"[]")
    assert (through.status, through.content) == (204, b"")


def test_an_error_without_content_gets_a_report(guarded: tuple[Orthanc, Gateway]) -> None:
    right = {"Authorization": "Basic " + base64.b64encode(b"user:password").decode()}
    direct, through = (ask(server.base, "GET", f"/dicom-web/studies/{UIDS}.404", right) for server in guarded)
    assert (direct.status, direct.content) == (404, b"")
    assert (through.status, through.media_type) == (404, "application/problem+json")
    assert b'"status": 404' in through.content


def test_the_log_of_all_this_names_no_patient(gateway: Gateway) -> None:
    ask(gateway.base, "GET", f"{INSTANCE}/metadata")
    ask(gateway.base, "GET", "/dicom-web/studies?PatientName=Test^One&PatientID=TEST-1")
    until(lambda: "studies.search" in gateway.stdout, "the access log is written")
    for told in ("Test^One", "TEST-1", UIDS, "/dicom-web/studies"):
        assert told not in gateway.stdout + gateway.stderr
    assert '"level": "error"' not in gateway.stderr
