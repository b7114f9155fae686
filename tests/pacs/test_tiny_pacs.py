"""A second archive, of another mind: tiny_pacs says 204 where nothing matches, and takes its address from `Host` alone."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from dicomweb_client import DICOMwebClient

from tests.pacs.archives import TinyPacs
from tests.pacs.gateway_process import Gateway
from tests.pacs.samples import MULTIPART, UIDS, ct, multipart, part10
from tests.pacs.wire import ask, digest

Clients = Callable[..., DICOMwebClient]
Pair = tuple[TinyPacs, Gateway]

STUDY, SERIES, INSTANCE = _THESE = (f"{UIDS}.1", f"{UIDS}.1.1", f"{UIDS}.1.1.1")
OF_STUDY = f"/dicomweb/studies/{STUDY}"
WADO_URI = f"/dicomweb/wado?requestType=WADO&studyUID={STUDY}&seriesUID={SERIES}&objectUID={INSTANCE}"


@pytest.fixture(scope="module")
def pair(tiny_pacs: TinyPacs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """tiny_pacs with three CTs, and a gateway that lets it see the client's Host, to take its addresses from."""
    gateway = Gateway(tmp_path_factory.mktemp("gateway"), tiny_pacs.base, of_upstream=", host_header: client")
    content = multipart(*(part10(ct(STUDY, number)) for number in (1, 2, 3)))
    assert ask(tiny_pacs.base, "POST", "/dicomweb/studies", {"Content-Type": MULTIPART}, content).status == 200
    try:
        gateway.start()
        yield tiny_pacs, gateway
    finally:
        gateway.kill()


READS = {
    "search": ("/dicomweb/studies?PatientID=TEST-1", {}, 200),
    "search with an escape": ("/dicomweb/studies?PatientName=Test%5EOne", {}, 200),
    "search with a plus": ("/dicomweb/studies?PatientName=Test+One", {}, 204),
    "search without a hit": ("/dicomweb/studies?PatientID=NOBODY", {}, 204),
    "search series": (f"{OF_STUDY}/series", {}, 200),
    "study": (OF_STUDY, {}, 200),
    "series": (f"{OF_STUDY}/series/{SERIES}", {}, 200),
    "instance": (f"{OF_STUDY}/series/{SERIES}/instances/{INSTANCE}", {}, 200),
    "instance as multipart": (
        f"{OF_STUDY}/series/{SERIES}/instances/{INSTANCE}",
        {"Accept": 'multipart/related; type="application/dicom"'},
        200,
    ),
    "WADO-URI": (f"{WADO_URI}&contentType=application%2Fdicom", {}, 200),
    "WADO-URI as JPEG": (f"{WADO_URI}&contentType=image/jpeg", {}, 406),
    "WADO-URI of nothing": (f"{WADO_URI}.404", {}, 404),
    "metadata": (f"{OF_STUDY}/metadata", {}, 404),
    "an unacceptable type": ("/dicomweb/studies", {"Accept": "text/html"}, 406),
}


@pytest.mark.parametrize("read", READS)
def test_reads_are_answered_alike(pair: Pair, read: str) -> None:
    target, fields, status = READS[read]
    direct, through = (ask(server.base, "GET", target, fields) for server in pair)
    assert direct.status == through.status == status
    assert through.complete
    assert through.media_type == direct.media_type
    assert [(head, digest(content)) for head, content in through.parts()] == [
        (head, digest(content)) for head, content in direct.parts()
    ]


def test_a_search_without_a_hit_stays_204_without_content(pair: Pair) -> None:
    _, gateway = pair
    answer = ask(gateway.base, "GET", "/dicomweb/studies?PatientID=NOBODY")
    assert (answer.status, answer.content, answer.complete) == (204, b"", True)
    assert answer.fields.get("Content-Length") is None
    assert answer.fields.get("Proxy-Status") is None


def test_a_405_without_allow_gets_one(pair: Pair) -> None:
    """RFC 9110 15.5.6 wants the list; tiny_pacs does not give it, so it is what the standard offers on this path."""
    direct, through = (ask(server.base, "DELETE", "/dicomweb/studies") for server in pair)
    assert direct.status == through.status == 405
    assert direct.field("Allow") == ""
    assert {"GET", "POST"} <= set(through.field("Allow").split(", "))


def test_a_head_request_is_answered_as_by_the_archive(pair: Pair) -> None:
    """Its server ends the content of a HEAD answer that has none with the last chunk, which must not count as an answer."""
    for target in ("/dicomweb/studies", OF_STUDY):
        direct, through = (ask(server.base, "HEAD", target) for server in pair)
        assert (through.status, through.media_type) == (direct.status, direct.media_type)
        assert (through.content, through.complete) == (b"", True)


def test_stores_are_answered_alike(pair: Pair) -> None:
    """All stored, nothing stored because it is there already, and no part at all; in studies of their own."""
    answers = []
    for server, study in zip(pair, (f"{UIDS}.31", f"{UIDS}.32"), strict=True):
        file = part10(ct(study))
        for content in (multipart(file), multipart(file), b""):
            answer = ask(server.base, "POST", "/dicomweb/studies", {"Content-Type": MULTIPART}, content)
            told = answer.content.decode().replace(server.base, "BASE").replace(study, "STUDY")
            answers.append((answer.status, answer.media_type, told))
    assert [status for status, _, _ in answers[:3]] == [200, 409, 400]
    assert answers[3:] == answers[:3]
    assert "BASE/dicomweb/studies/STUDY" in answers[3][2]


def test_a_client_gets_the_same_through_the_gateway(pair: Pair, client_of: Clients) -> None:
    direct, through = (client_of(server, "/dicomweb") for server in pair)
    flows: tuple[Callable[[DICOMwebClient], Any], ...] = (
        lambda client: client.search_for_studies(search_filters={"PatientID": "TEST-1"}),
        lambda client: client.search_for_series(STUDY),
        lambda client: client.retrieve_study(STUDY),
        lambda client: client.retrieve_instance(*_THESE),
    )
    for flow in flows:
        assert flow(direct)
        assert flow(through) == flow(direct)
    assert through.search_for_studies(search_filters={"PatientID": "NOBODY"}) == []


def test_what_a_client_stores_through_the_gateway_is_in_the_archive(pair: Pair, client_of: Clients) -> None:
    tiny_pacs, gateway = pair
    image = ct(f"{UIDS}.20", size=1024)  # large enough for the client to send it in chunks
    client_of(gateway, "/dicomweb").store_instances([image])
    assert client_of(tiny_pacs, "/dicomweb").retrieve_study(f"{UIDS}.20") == [image]
