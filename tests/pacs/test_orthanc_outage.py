"""Orthanc dies and comes back. No client may take half a study for a whole one, and nobody has to restart the gateway."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pacs.archives import Orthanc
from tests.pacs.gateway_process import Gateway
from tests.pacs.samples import MULTIPART, UIDS, ct, multipart, part10
from tests.pacs.wire import ask, opened, rest_of, store
from tests.support.servers import Server

STUDY = f"/dicom-web/studies/{UIDS}.1"
IMAGES = 20  # of 2 MiB each


@pytest.fixture
def pair(start: Callable[[Server], None], tmp_path: Path) -> tuple[Orthanc, Gateway]:
    """An Orthanc of one's own to kill, with one study, and a gateway in front of it."""
    folders = [tmp_path / name for name in ("orthanc", "gateway")]
    for folder in folders:
        folder.mkdir()
    orthanc = Orthanc(folders[0])
    start(orthanc)
    gateway = Gateway(folders[1], orthanc.base)
    start(gateway)
    files = [part10(ct(f"{UIDS}.1", number, size=1024)) for number in range(IMAGES)]
    store(gateway.base, *files)
    return orthanc, gateway


def test_a_study_that_breaks_off_has_no_clean_end(pair: tuple[Orthanc, Gateway]) -> None:
    """Orthanc announces no length, and the kernel closes the connections of a killed process as if it had finished."""
    orthanc, gateway = pair
    connection, response = opened(gateway.base, "GET", STUDY)
    try:
        begun = response.read(2**20)
        orthanc.kill()
        rest, complete = rest_of(response)
    finally:
        connection.close()
    assert response.status == 200
    assert len(begun + rest) < IMAGES * 2**21
    assert not complete
    assert gateway.metrics()["pacs_gateway_truncated_total", "upstream=pacs"] == 1


def test_an_outage_is_503_with_a_time_to_come_back_and_ends_by_itself(pair: tuple[Orthanc, Gateway]) -> None:
    orthanc, gateway = pair
    before = ask(gateway.base, "GET", STUDY)
    assert len(before.parts()) == IMAGES
    orthanc.kill()
    down = [
        ask(gateway.base, "GET", STUDY),
        ask(gateway.base, "GET", "/dicom-web/studies"),
        ask(
            gateway.base, "POST", "/dicom-web/studies", {"Content-Type": MULTIPART}, multipart(part10(ct(f"{UIDS}.2")))
        ),
    ]
    for answer in down:
        assert (answer.status, answer.complete, answer.media_type) == (503, True, "application/problem+json")
        assert int(answer.field("Retry-After")) >= 1
        assert "error=connection_refused" in answer.field("Proxy-Status")
        assert json.loads(answer.content)["failure"] == "connection_refused"
    orthanc.start()
    after = ask(gateway.base, "GET", STUDY)
    assert [content for _, content in after.parts()] == [content for _, content in before.parts()]
    refused = gateway.metrics()["pacs_gateway_failures_total", "kind=connection_refused", "upstream=pacs"]
    assert refused == len(down)


def test_connections_that_died_while_idle_are_not_a_failure(pair: tuple[Orthanc, Gateway]) -> None:
    """Orthanc closes a connection after a second without a request; whoever comes next must not notice."""
    orthanc, gateway = pair
    for _ in range(3):
        assert ask(gateway.base, "GET", "/dicom-web/studies").status == 200
        orthanc.kill()
        orthanc.start()
    assert ask(gateway.base, "GET", "/dicom-web/studies").status == 200
    assert not [series for series in gateway.metrics() if series[0] == "pacs_gateway_failures_total"]
