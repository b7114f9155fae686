"""A client that hospitals use, dicomweb-client, gets the same through the gateway as from Orthanc directly."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from dicomweb_client import DICOMwebClient
from pydicom import dcmread

from tests.pacs.archives import Orthanc
from tests.pacs.gateway_process import Gateway
from tests.pacs.samples import MULTIPART, UIDS, ct, multipart, part10, path_of
from tests.pacs.wire import ask

Clients = Callable[..., DICOMwebClient]

STUDY, SERIES, INSTANCE = _THESE = (f"{UIDS}.1", f"{UIDS}.1.1", f"{UIDS}.1.1.1")
FLOWS: dict[str, Callable[[DICOMwebClient], Any]] = {
    "studies": lambda c: c.search_for_studies(search_filters={"PatientID": "TEST-1"}, fields=["StudyDescription"]),
    "studies in pages": lambda c: [c.search_for_studies(limit=1, offset=number) for number in (0, 1)],
    "series": lambda c: c.search_for_series(STUDY),
    "instances": lambda c: c.search_for_instances(STUDY, SERIES),
    "study metadata": lambda c: c.retrieve_study_metadata(STUDY),
    "series metadata": lambda c: c.retrieve_series_metadata(STUDY, SERIES),
    "instance metadata": lambda c: c.retrieve_instance_metadata(*_THESE),
    "study": lambda c: c.retrieve_study(STUDY),
    "series of images": lambda c: c.retrieve_series(STUDY, SERIES),
    "instance": lambda c: c.retrieve_instance(*_THESE),
    "frames": lambda c: c.retrieve_instance_frames(*_THESE, [1], media_types=("application/octet-stream",)),
    "rendered": lambda c: c.retrieve_instance_rendered(*_THESE, media_types=("image/png",)),
    "rendered frames": lambda c: c.retrieve_instance_frames_rendered(*_THESE, [1], media_types=("image/png",)),
    "bulk data": lambda c: c.retrieve_bulkdata(
        f"{c.base_url}/studies/{STUDY}/series/{SERIES}/instances/{INSTANCE}/bulk/7fe00010",
        media_types=("application/octet-stream",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("flow", FLOWS)
def test_a_client_gets_the_same_through_the_gateway(
    orthanc: Orthanc, gateway: Gateway, client_of: Clients, flow: str
) -> None:
    direct, through = (FLOWS[flow](client_of(server)) for server in (orthanc, gateway))
    assert direct, "a comparison of nothing proves nothing"
    assert through == direct


def test_a_client_finds_nothing_where_nothing_is(orthanc: Orthanc, gateway: Gateway, client_of: Clients) -> None:
    for server in (orthanc, gateway):
        assert client_of(server).search_for_studies(search_filters={"PatientID": "NOBODY"}) == []


def test_what_a_client_stores_through_the_gateway_is_in_the_archive(
    orthanc: Orthanc, gateway: Gateway, client_of: Clients
) -> None:
    """The last image is large enough for the client to send it in chunks."""
    study = f"{UIDS}.20"
    images = [ct(study, 1), ct(study, 2), ct(study, 3, size=1024)]
    receipt = client_of(gateway).store_instances(images)
    assert [item.ReferencedSOPInstanceUID for item in receipt.ReferencedSOPSequence] == [
        image.SOPInstanceUID for image in images
    ]
    assert not receipt.FailedSOPSequence
    for image in images:
        [(_, kept)] = ask(orthanc.base, "GET", "/dicom-web" + path_of(part10(image))).parts()
        assert dcmread(io.BytesIO(kept)) == image


def test_stores_are_answered_alike(orthanc: Orthanc, gateway: Gateway) -> None:
    """The same objects once directly and once through the gateway, in studies of their own."""
    answers = []
    for server, study in ((orthanc, f"{UIDS}.31"), (gateway, f"{UIDS}.32")):
        content = multipart(*(part10(ct(study, number)) for number in range(1, 6)))
        answer = ask(server.base, "POST", "/dicom-web/studies", {"Content-Type": MULTIPART}, content)
        answers.append(
            (
                answer.status,
                answer.media_type,
                answer.content.decode().replace(server.base, "BASE").replace(study, "STUDY"),
            )
        )
    assert answers[0] == answers[1]
    assert answers[0][0] == 200
    assert answers[0][2].count("BASE/dicom-web/studies/STUDY/series/STUDY.1/instances/") == 5
