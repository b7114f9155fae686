"""Orthanc through the gateway gives what Orthanc gives directly, byte for byte, but under the gateway's address.

Its labels are the exception: where one says something else than the content is, it is put right, and the content kept.
"""

import json

import pytest

from tests.pacs.archives import Orthanc
from tests.pacs.gateway_process import Gateway
from tests.pacs.samples import UIDS, ct, odd_objects, path_of
from tests.pacs.wire import Answer, ask, digest
from tests.support.servers import Server

STUDY, SERIES, INSTANCE = f"{UIDS}.1", f"{UIDS}.1.1", f"{UIDS}.1.1.1"
OF_STUDY = f"/dicom-web/studies/{STUDY}"
OF_SERIES = f"{OF_STUDY}/series/{SERIES}"
OF_INSTANCE = f"{OF_SERIES}/instances/{INSTANCE}"
WADO_URI = f"/wado?requestType=WADO&studyUID={STUDY}&seriesUID={SERIES}&objectUID={INSTANCE}"
OCTETS = 'multipart/related; type="application/octet-stream"'

# What a viewer asks for: target and Accept.
READS = {
    "search studies": ("/dicom-web/studies", ""),
    "search studies with all fields": (f"/dicom-web/studies?StudyInstanceUID={STUDY}&includefield=all", ""),
    "search series": (f"{OF_STUDY}/series", ""),
    "search instances": (f"{OF_STUDY}/instances?includefield=all", ""),
    "metadata of the study": (f"{OF_STUDY}/metadata", ""),
    "metadata of the series": (f"{OF_SERIES}/metadata", ""),
    "metadata of the instance": (f"{OF_INSTANCE}/metadata", "application/dicom+json"),
    "study": (OF_STUDY, ""),
    "series": (OF_SERIES, 'multipart/related; type="application/dicom"'),
    "instance": (OF_INSTANCE, 'multipart/related; type="application/dicom"; transfer-syntax=*'),
    "frames": (f"{OF_INSTANCE}/frames/1", OCTETS),
    "bulkdata": (f"{OF_INSTANCE}/bulk/7fe00010", ""),
    "rendered as JPEG": (f"{OF_INSTANCE}/rendered", "image/jpeg"),
    "rendered as PNG": (f"{OF_INSTANCE}/rendered", "image/png"),
    "rendered with a window": (f"{OF_INSTANCE}/rendered?window=100,200,linear", "image/jpeg"),
    "WADO-URI as DICOM": (f"{WADO_URI}&contentType=application/dicom", ""),
    "WADO-URI as PNG": (f"{WADO_URI}&contentType=image/png", ""),
    "Orthanc's own interface": ("/statistics", ""),
}


@pytest.mark.parametrize("read", READS)
def test_reads_give_the_same_bytes(orthanc: Orthanc, gateway: Gateway, read: str) -> None:
    target, accept = READS[read]
    fields = {"Accept": accept} if accept else {}
    direct, through = (ask(server.base, "GET", target, fields) for server in (orthanc, gateway))
    assert (through.status, through.complete) == (direct.status, True) == (200, True)
    assert through.media_type == direct.media_type
    assert payload(through, gateway) == payload(direct, orthanc)


def test_a_jpeg_that_orthanc_calls_png_gets_its_name_back(orthanc: Orthanc, gateway: Gateway) -> None:
    for target in (WADO_URI, f"{WADO_URI}&contentType=image/jpeg"):
        direct, through = (ask(server.base, "GET", target) for server in (orthanc, gateway))
        assert (direct.media_type, through.media_type) == ("image/png", "image/jpeg")
        assert (through.status, through.complete) == (direct.status, True) == (200, True)
        assert through.content.startswith(b"\xff\xd8\xff")
        assert digest(through.content) == digest(direct.content)


def payload(answer: Answer, server: Server) -> list[tuple[bytes, str]]:
    """Header section and hash of each part, the server's own address left out of what may hold one."""
    own = server.base.encode()
    if "json" in answer.media_type or "xml" in answer.media_type:
        return [(b"", digest(content.replace(own, b"BASE"))) for _, content in answer.parts()]
    return [(head.replace(own, b"BASE"), digest(content)) for head, content in answer.parts()]


@pytest.mark.parametrize("name", [name for name, _ in odd_objects()])
def test_odd_objects_come_back_as_they_were_stored(orthanc: Orthanc, gateway: Gateway, name: str) -> None:
    """Compressed, deflated, without an image: what the gateway passes on is the very file, whatever is in it."""
    file = dict(odd_objects())[name]
    target = "/dicom-web" + path_of(file)
    accept = {"Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'}
    (_, direct), (_, through) = (ask(s.base, "GET", target, accept).parts()[0] for s in (orthanc, gateway))
    assert digest(through) == digest(direct) == digest(file)
    metadata = [json.loads(ask(server.base, "GET", f"{target}/metadata").content) for server in (orthanc, gateway)]
    assert rebased(metadata[1], gateway) == rebased(metadata[0], orthanc)


def rebased(document: object, server: Server) -> str:
    return json.dumps(document, sort_keys=True).replace(server.base, "BASE")


@pytest.mark.parametrize("target", ["/dicom-web/studies", f"{OF_STUDY}/series", f"{OF_INSTANCE}/metadata"])
def test_addresses_in_documents_name_the_gateway(orthanc: Orthanc, gateway: Gateway, target: str) -> None:
    """A viewer follows RetrieveURL and BulkDataURI; they must not lead past the gateway."""
    found = ask(gateway.base, "GET", target).content.decode()
    assert f"{gateway.base}/dicom-web/studies/" in found
    assert str(orthanc.port) not in found


def test_a_bulk_data_uri_leads_to_the_bulk_data(gateway: Gateway) -> None:
    [metadata] = json.loads(ask(gateway.base, "GET", f"{OF_INSTANCE}/metadata").content)
    uri = metadata["7FE00010"]["BulkDataURI"]
    assert uri.startswith(gateway.base)
    [(_, pixels)] = ask(gateway.base, "GET", uri.removeprefix(gateway.base)).parts()
    assert pixels == ct(STUDY).PixelData


# Orthanc does not decode what it compares: another spelling of the same value finds something else, or nothing.
SPELLINGS = {
    "PatientName=Test^One": True,
    "PatientName=Test%5EOne": False,
    "PatientName=Test%5eOne": False,
    "PatientName=Test+One": False,
    "PatientName=Test*": True,
    "PatientName=Test%2A": False,
    f"StudyInstanceUID={STUDY}%2F": False,
    f"StudyInstanceUID={STUDY},{UIDS}.9": True,
    "PatientName=Test%5EOne,x": False,
    "0020000D=" + STUDY + "&limit=1&&offset=0": True,
}


@pytest.mark.parametrize("query", SPELLINGS)
def test_the_target_reaches_the_archive_byte_for_byte(orthanc: Orthanc, gateway: Gateway, query: str) -> None:
    direct, through = (ask(server.base, "GET", f"/dicom-web/studies?{query}") for server in (orthanc, gateway))
    assert bool(json.loads(direct.content)) is SPELLINGS[query]
    assert through.status == (200 if SPELLINGS[query] else 204)
    if SPELLINGS[query]:
        assert payload(through, gateway) == payload(direct, orthanc)
