"""Objects of up to a gibibyte pass in both directions, at the pace of the slower side, in little memory."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPResponse
from itertools import chain
from pathlib import Path

import pytest

from tests.pacs.archives import Orthanc
from tests.pacs.gateway_process import Gateway
from tests.pacs.raw_archive import RawArchive
from tests.pacs.samples import MULTIPART, UIDS, LargeObject, digest_of
from tests.pacs.wire import ask, opened
from tests.support.servers import Server, until

HUGE = LargeObject(f"{UIDS}.1024", 1024)
LARGE = LargeObject(f"{UIDS}.500", 500)
MEDIUM = LargeObject(f"{UIDS}.64", 64)
MOST = 120.0  # MiB that the gateway's process may ever use
GROWTH = 32.0  # MiB by which one transfer may make it grow, whatever its size
BREAK = 2.0  # seconds in which one side does not read

OPENING, CLOSING = b"--b\r\nContent-Type: application/dicom\r\n\r\n", b"\r\n--b--\r\n"


@pytest.fixture
def in_front_of(start: Callable[[Server], None], tmp_path: Path) -> Callable[[str], Gateway]:
    """A gateway whose memory nothing else has touched."""

    def gateway(upstream: str) -> Gateway:
        folder = tmp_path / "gateway"
        folder.mkdir()
        made = Gateway(folder, upstream)
        start(made)
        return made

    return gateway


def wado_uri(large: LargeObject) -> str:
    return f"/wado?requestType=WADO&studyUID={large.study}&seriesUID={large.study}.1&objectUID={large.study}.1.1"


def stow(large: LargeObject, *, chunked: bool = False) -> tuple[dict[str, str], Iterator[bytes]]:
    """Fields and content of a Store of one object. Without a length, `http.client` sends chunks."""
    fields = {"Content-Type": MULTIPART}
    if not chunked:
        fields["Content-Length"] = str(len(OPENING) + large.size + len(CLOSING))
    return fields, chain([OPENING], large.pieces(), [CLOSING])


def with_a_break(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same pieces, with a pause in which the client reads nothing."""
    for number, piece in enumerate(pieces):
        if number == 100:
            time.sleep(BREAK)  # the situation itself, not a wait for it
        yield piece


def pieces_of(response: HTTPResponse) -> Iterator[bytes]:
    return iter(lambda: response.read(2**20), b"")


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunks"])
def test_a_gibibyte_is_retrieved_in_little_memory(in_front_of: Callable[[str], Gateway], chunked: bool) -> None:
    with RawArchive(HUGE, chunked=chunked) as archive:
        gateway = in_front_of(archive.base)
        before = gateway.memory("VmHWM")
        connection, response = opened(gateway.base, "GET", wado_uri(HUGE))
        try:
            assert response.status == 200
            assert digest_of(with_a_break(pieces_of(response))) == HUGE.digest()
        finally:
            connection.close()
        assert gateway.memory("VmHWM") - before < GROWTH


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunks"])
def test_a_gibibyte_is_stored_in_little_memory(in_front_of: Callable[[str], Gateway], chunked: bool) -> None:
    with RawArchive(HUGE, stalls=True) as archive:
        gateway = in_front_of(archive.base)
        before = gateway.memory("VmHWM")
        fields, content = stow(HUGE, chunked=chunked)
        threading.Timer(BREAK, archive.go_on.set).start()
        assert ask(gateway.base, "POST", "/dicom-web/studies", fields, content).status == 200
        assert archive.received.hexdigest() == digest_of(stow(HUGE)[1])
        assert gateway.memory("VmHWM") - before < GROWTH


def test_orthanc_keeps_and_returns_a_large_object_through_the_gateway(
    in_front_of: Callable[[str], Gateway], start: Callable[[Server], None], tmp_path: Path
) -> None:
    folder = tmp_path / "orthanc"
    folder.mkdir()
    orthanc = Orthanc(folder)
    start(orthanc)
    gateway = in_front_of(orthanc.base)
    fields, content = stow(LARGE)
    assert ask(gateway.base, "POST", "/dicom-web/studies", fields, content).status == 200
    connection, response = opened(gateway.base, "GET", f"{wado_uri(LARGE)}&contentType=application/dicom")
    try:
        assert response.status == 200
        assert digest_of(pieces_of(response)) == LARGE.digest()
    finally:
        connection.close()
    assert gateway.memory("VmHWM") < MOST
    orthanc.kill()
    shutil.rmtree(folder)  # half a gigabyte, which pytest would keep


def test_a_client_that_stalls_holds_the_archive_back(in_front_of: Callable[[str], Gateway]) -> None:
    with RawArchive(MEDIUM) as archive:
        gateway = in_front_of(archive.base)
        before = gateway.memory("VmRSS")
        connection, response = opened(gateway.base, "GET", wado_uri(MEDIUM))
        try:
            stalled = standstill(archive)
            assert gateway.memory("VmRSS") - before < 16
            assert digest_of(pieces_of(response)) == MEDIUM.digest()
        finally:
            connection.close()
        assert stalled < MEDIUM.size * 3 // 4, "what the kernel holds of a connection, and no more"
        assert gateway.memory("VmHWM") - before < 16


def test_an_archive_that_stalls_holds_the_client_back(in_front_of: Callable[[str], Gateway]) -> None:
    with RawArchive(MEDIUM, stalls=True) as archive:
        gateway = in_front_of(archive.base)
        before = gateway.memory("VmRSS")
        fields, content = stow(MEDIUM)
        sent = Counted(content)
        client = threading.Thread(target=lambda: ask(gateway.base, "POST", "/dicom-web/studies", fields, sent))
        client.start()
        try:
            stalled = standstill(sent)
            assert gateway.memory("VmRSS") - before < 16
        finally:
            archive.go_on.set()
            client.join(30)
        assert stalled < MEDIUM.size * 3 // 4
        assert archive.received.hexdigest() == digest_of(stow(MEDIUM)[1])
        assert gateway.memory("VmHWM") - before < 16


class Counted:
    """Pieces on their way, with how many bytes have left."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self.moved = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            yield piece
            self.moved += len(piece)


def standstill(moving: RawArchive | Counted) -> int:
    """How many bytes had moved when nothing had moved for a second: what fits between the two ends."""
    seen, since = 0, time.monotonic()

    def still() -> bool:
        nonlocal seen, since
        if moving.moved != seen:
            seen, since = moving.moved, time.monotonic()
        return seen > 0 and time.monotonic() - since > 1.0

    until(still, "the flow stands still")
    return seen
