"""A damaged disk under Orthanc: a failure stays one, and what arrives is what there is.

A file that was cut is copied into a whole multipart. Only who reads data sets could tell, and the gateway reads none.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.pacs.archives import Orthanc
from tests.pacs.gateway_process import Gateway
from tests.pacs.samples import UIDS, ct, part10, path_of
from tests.pacs.wire import ask, store

STUDY = f"/dicom-web/studies/{UIDS}.1"
IMAGE = part10(ct(f"{UIDS}.1", 2))  # the second of three
SECOND = "/dicom-web" + path_of(IMAGE)
WADO_URI = f"/wado?requestType=WADO&studyUID={UIDS}.1&seriesUID={UIDS}.1.1&objectUID={UIDS}.1.1.2"
PNG, OCTETS = {"Accept": "image/png"}, {"Accept": 'multipart/related; type="application/octet-stream"'}
READS: dict[str, dict[str, str]] = {
    SECOND: {}, f"{STUDY}/series/{UIDS}.1.1": {}, STUDY: {}, f"{SECOND}/metadata": {}, f"{SECOND}/frames/1": OCTETS,
    f"{SECOND}/rendered": PNG, f"{WADO_URI}&contentType=application/dicom": {},
}  # fmt: skip
Damaged = tuple[Orthanc, Gateway, Path]


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Damaged]:
    """An Orthanc that reads from its disk each time, a gateway, and the file of the second image."""
    orthanc = Orthanc(tmp_path_factory.mktemp("damaged"), MaximumStorageCacheSize=0)
    with ExitStack() as stack:
        stack.callback(orthanc.kill)
        orthanc.start()
        gateway = Gateway(tmp_path_factory.mktemp("gateway"), orthanc.base)
        stack.callback(gateway.kill)
        gateway.start()
        store(gateway.base, *(part10(ct(f"{UIDS}.1", number)) for number in (1, 2, 3)))
        [file] = [path for path in orthanc.folder.glob("??/??/*") if path.read_bytes() == IMAGE]
        yield orthanc, gateway, file


@contextmanager
def left(file: Path, content: bytes | None) -> Iterator[None]:
    """The file with this content, or gone, for a while."""
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    try:
        yield
    finally:
        file.write_bytes(IMAGE)


def test_a_file_that_is_gone_is_the_archives_fault(damaged: Damaged) -> None:
    orthanc, gateway, file = damaged
    with left(file, None):
        for target, fields in READS.items():
            direct, through = (ask(server.base, "GET", target, fields) for server in (orthanc, gateway))
            assert (direct.status, through.status, through.complete) == (500, 500, True), target
            assert through.content == direct.content
    assert ask(gateway.base, "GET", SECOND).parts()[0][1] == IMAGE


def test_a_picture_of_a_file_that_is_gone_is_refused_in_the_words_for_a_report(damaged: Damaged) -> None:
    """By WADO-URI Orthanc says the same of every object it cannot draw, so nobody can know whose fault it is."""
    orthanc, gateway, file = damaged
    with left(file, None):
        direct, through = (ask(s.base, "GET", f"{WADO_URI}&contentType=image/jpeg") for s in (orthanc, gateway))
    assert (direct.status, through.status) == (500, 406)
    assert b"Error encountered within the plugin engine" in direct.content


def test_what_orthanc_cannot_read_of_a_file_that_was_cut_is_no_success(damaged: Damaged) -> None:
    """The frame it calls by error 1, as one that it has no decoder for."""
    orthanc, gateway, file = damaged
    with left(file, IMAGE[: len(IMAGE) // 2]):
        for resource, status in (("metadata", 500), ("rendered", 500), ("frames/1", 406)):
            target = f"{SECOND}/{resource}"
            direct, through = (ask(server.base, "GET", target, READS[target]) for server in (orthanc, gateway))
            assert (direct.status, through.status) == (500, status), target


def test_what_orthanc_copies_of_a_file_that_was_cut_is_passed_on_as_it_is(damaged: Damaged) -> None:
    orthanc, gateway, file = damaged
    with left(file, IMAGE[: len(IMAGE) // 2]):
        [(_, direct)], [(_, through)] = (ask(server.base, "GET", SECOND).parts() for server in (orthanc, gateway))
    assert through == direct == IMAGE[: len(IMAGE) // 2]
