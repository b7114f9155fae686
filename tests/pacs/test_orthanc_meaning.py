"""What Orthanc's answers mean, where they say something else: each of its known slips, and what a client is told instead."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import BasicTextSRStorage

from tests.pacs.archives import Orthanc
from tests.pacs.gateway_process import Gateway
from tests.pacs.samples import MULTIPART, UIDS, ct, multipart, part10
from tests.pacs.wire import Answer, ask, digest
from tests.support.servers import Server

ROOT = "/dicom-web/studies"
STUDY = f"{ROOT}/{UIDS}.1"
SERIES = f"{STUDY}/series/{UIDS}.1.1"
INSTANCE = f"{SERIES}/instances/{UIDS}.1.1.1"
STORED, FAILED = "00081199", "00081198"
RETRIEVES = (STUDY, SERIES, INSTANCE, f"{INSTANCE}/metadata", f"{INSTANCE}/frames/1", f"{INSTANCE}/rendered")
Pair = tuple[Orthanc, Gateway]


def wado_uri(study: str, number: int = 1, more: str = "") -> str:
    return f"/wado?requestType=WADO&studyUID={study}&seriesUID={study}.1&objectUID={study}.1.{number}{more}"


def report(study: str) -> Dataset:
    """A structured report: an object without any frame."""
    ds = ct(study)
    for keyword in ("PixelData", "Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation", "BitsAllocated"):
        delattr(ds, keyword)
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = BasicTextSRStorage
    ds.Modality, ds.ValueType, ds.ContinuityOfContent = "SR", "CONTAINER", "SEPARATE"
    return ds


def of_both(pair: Pair, method: str, target: str, fields: dict[str, str] | None = None) -> tuple[Answer, Answer]:
    direct, through = (ask(server.base, method, target, fields) for server in pair)
    assert through.complete
    return direct, through


@pytest.fixture(scope="module")
def pair(orthanc: Orthanc, gateway: Gateway) -> Pair:
    stored = ask(orthanc.base, "POST", ROOT, {"Content-Type": MULTIPART}, multipart(part10(report(f"{UIDS}.60"))))
    assert stored.status == 200
    return orthanc, gateway


@pytest.mark.parametrize("accept", ["text/csv", "image/gif", "application/dicom"])
@pytest.mark.parametrize("target", RETRIEVES)
def test_what_cannot_be_served_is_not_acceptable(pair: Pair, target: str, accept: str) -> None:
    direct, through = of_both(pair, "GET", target, {"Accept": accept})
    assert (direct.status, through.status) == (400, 406)
    assert through.media_type == "application/json"


@pytest.mark.parametrize("accept", ["text/html", "image/png", 'multipart/related; type="application/dicom+xml"'])
def test_a_search_in_a_type_that_was_not_wanted_is_not_acceptable(pair: Pair, accept: str) -> None:
    """Orthanc 1.10.1 has only JSON, and sends it to everybody."""
    direct, through = of_both(pair, "GET", ROOT, {"Accept": accept})
    assert (direct.status, direct.media_type) == (200, "application/dicom+json")
    assert through.status == 406


REPORT = f"{ROOT}/{UIDS}.60/series/{UIDS}.60.1/instances/{UIDS}.60.1.1"
FAULTS_OF_THE_REQUEST = {
    "frames of a report": (f"{REPORT}/frames/1", 406),
    "a report as JPEG": (wado_uri(f"{UIDS}.60", more="&contentType=image/jpeg"), 406),
    "bulk data of no tag": (f"{INSTANCE}/bulk/zzz", 400),
    "less than no results": (f"{ROOT}?limit=-1", 400),
}


@pytest.mark.parametrize("fault", FAULTS_OF_THE_REQUEST)
def test_a_fault_of_the_request_is_not_the_archives(pair: Pair, fault: str) -> None:
    target, status = FAULTS_OF_THE_REQUEST[fault]
    direct, through = of_both(pair, "GET", target)
    assert (direct.status, through.status) == (500, status)
    assert through.field("Retry-After") == ""


@pytest.mark.parametrize("missing", ["requestType=WADO&", f"&objectUID={UIDS}.1.1.1"])
def test_wado_uri_without_a_mandatory_key_is_a_bad_request(pair: Pair, missing: str) -> None:
    direct, through = of_both(pair, "GET", wado_uri(f"{UIDS}.1").replace(missing, ""))
    assert (direct.status, through.status) == (404, 400)


def test_a_wado_uri_image_gets_its_right_name(pair: Pair) -> None:
    direct, through = of_both(pair, "GET", wado_uri(f"{UIDS}.1"))
    assert (direct.media_type, through.media_type) == ("image/png", "image/jpeg")
    assert digest(through.content) == digest(direct.content)


@pytest.mark.parametrize("target", [ROOT, STUDY, INSTANCE])
def test_patch_is_not_allowed(pair: Pair, target: str) -> None:
    direct, through = of_both(pair, "PATCH", target)
    assert (direct.status, through.status) == (400, 405)
    allowed = through.field("Allow").split(", ")
    assert "GET" in allowed
    assert "PATCH" not in allowed


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_an_unsupported_method_never_becomes_a_success(pair: Pair, method: str) -> None:
    direct, through = of_both(pair, method, STUDY)
    assert direct.status == through.status == 404


def good(number: int) -> bytes:
    return part10(ct(f"{UIDS}.61", number))


# Content, Content-Type, target; then what Orthanc says, what the client is told, and how many are stored and failed.
STORES = {
    "a good part and garbage": (multipart(good(1), b"garbage"), MULTIPART, ROOT, 400, 202, (1, 0)),
    "a good part and one of another study": (
        multipart(good(2), part10(ct(f"{UIDS}.62"))), MULTIPART, f"{ROOT}/{UIDS}.61", 409, 202, (1, 1),
    ),
    "a good part, and a last one without its end": (
        multipart(good(3), good(4), closed=False), MULTIPART, ROOT, 200, 202, (1, 0),
    ),
    "one part without its end": (multipart(good(5), closed=False), MULTIPART, ROOT, 200, 409, (0, 0)),
    "another boundary": (multipart(good(6)), MULTIPART.replace("boundary=b", "boundary=c"), ROOT, 200, 400, (0, 0)),
    "no content": (b"", MULTIPART, ROOT, 200, 400, (0, 0)),
    "garbage alone": (multipart(b"garbage"), MULTIPART, ROOT, 400, 400, (0, 0)),
}  # fmt: skip


@pytest.mark.parametrize("name", STORES)
def test_a_store_is_answered_by_what_was_stored(pair: Pair, name: str) -> None:
    """First directly, then through the gateway: Orthanc acknowledges what it holds already as it does what is new."""
    content, media_type, target, said, got, (stored, failed) = STORES[name]
    direct, through = (ask(s.base, "POST", target, {"Content-Type": media_type}, content) for s in pair)
    assert (direct.status, through.status, through.complete) == (said, got, True)
    assert through.media_type == "application/dicom+json"
    module = json.loads(through.content)
    assert [len(module[sequence].get("Value", ())) for sequence in (STORED, FAILED)] == [stored, failed]
    of_orthanc, own = (server.base.encode() for server in pair)
    assert through.content.replace(own, b"BASE") == direct.content.replace(of_orthanc, b"BASE")


def test_a_store_as_a_form_is_an_unsupported_media_type(pair: Pair) -> None:
    """Orthanc has a 200 for it, and stores nothing."""
    form = {"Content-Type": "multipart/form-data; boundary=b"}
    content = multipart(part10(ct(f"{UIDS}.63")))
    direct, through = (ask(server.base, "POST", ROOT, form, content) for server in pair)
    assert (direct.status, direct.content) == (200, b"")
    assert (through.status, through.media_type) == (415, "application/problem+json")
    assert ask(pair[0].base, "GET", f"{ROOT}/{UIDS}.63").status == 404


def test_a_search_without_a_hit_is_an_empty_list_in_the_later_edition(
    orthanc: Orthanc, start: Callable[[Server], None], tmp_path: Path
) -> None:
    later = Gateway(tmp_path, orthanc.base, more="documented: {edition: 2026a}\n")
    start(later)
    found = ask(later.base, "GET", f"{ROOT}?PatientID=NOBODY")
    assert (found.status, found.content, found.media_type) == (200, b"[]", "application/dicom+json")
