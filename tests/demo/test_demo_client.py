"""dicomweb-client, as hospitals use it, against the legacy PACS: where nothing misbehaves, nothing must be amiss.

The client is synchronous, so it runs in a thread beside the server.
"""

import io
from asyncio import to_thread
from collections.abc import Iterator

import numpy as np
import pytest
import requests
from dicomweb_client import DICOMwebClient
from pydicom import dcmread
from pydicom.dataset import Dataset

from gateway.demo import afflicted, studies
from tests.demo.wire import Running

STORED = [*studies.files(), *afflicted.files()]
FILES = {str(file.SOPInstanceUID): file for file in (dcmread(io.BytesIO(content)) for content in STORED)}
BEN = ("2.25.102", "2.25.102.2", "2.25.102.2.1")


@pytest.fixture
def client(running: Running) -> Iterator[DICOMwebClient]:
    with requests.Session() as session:
        yield DICOMwebClient(f"{running.url}/dicom-web", session=session)


async def test_it_searches_studies_series_and_instances(client: DICOMwebClient) -> None:
    found = await to_thread(client.search_for_studies, search_filters={"PatientName": "DEMO*"}, limit=2)
    assert [study["0020000D"]["Value"] for study in found] == [["2.25.101"], ["2.25.102"]]
    found = await to_thread(client.search_for_series, BEN[0])
    assert [str(Dataset.from_json(series).SeriesDescription) for series in found] == ["T1", "T2"]
    assert len(await to_thread(client.search_for_instances, BEN[0], BEN[1])) == 2
    assert await to_thread(client.search_for_studies, search_filters={"StudyDate": "19000101"}) == []


async def test_it_searches_page_by_page(client: DICOMwebClient) -> None:
    found = await to_thread(client.search_for_instances, limit=4, get_remaining=True)
    assert [one["00080018"]["Value"][0] for one in found] == list(FILES)


async def test_it_retrieves_metadata_that_describe_the_files(client: DICOMwebClient) -> None:
    found = await to_thread(client.retrieve_study_metadata, BEN[0])
    for metadata in (Dataset.from_json(one, lambda uri: None) for one in found):
        expected = FILES[metadata.SOPInstanceUID]
        assert metadata.PatientName == expected.PatientName
        assert metadata.ImageOrientationPatient == expected.ImageOrientationPatient
        assert metadata.dir() == expected.dir()
    assert len(found) == 4


async def test_it_retrieves_studies_series_and_instances(client: DICOMwebClient) -> None:
    assert await to_thread(client.retrieve_instance, *BEN) == FILES[BEN[2]]
    series = await to_thread(client.retrieve_series, *BEN[:2])
    assert series == [FILES[uid] for uid in ("2.25.102.2.1", "2.25.102.2.2")]
    assert len(await to_thread(client.retrieve_study, BEN[0])) == 4


async def test_it_retrieves_frames_and_bulk_data(client: DICOMwebClient, running: Running) -> None:
    (frame,) = await to_thread(client.retrieve_instance_frames, *BEN, [1])
    assert np.array_equal(np.frombuffer(frame, "<u2").reshape(64, 64), FILES[BEN[2]].pixel_array)
    (metadata,) = [await to_thread(client.retrieve_instance_metadata, *BEN)]
    url = running.url + metadata["7FE00010"]["BulkDataURI"]
    (content,) = await to_thread(client.retrieve_bulkdata, url, ("application/octet-stream",))
    assert content == FILES[BEN[2]].PixelData


async def test_it_retrieves_a_picture(client: DICOMwebClient) -> None:
    content = await to_thread(client.retrieve_instance_rendered, *BEN, ("image/png",))
    assert content.startswith(b"\x89PNG")


async def test_it_stores_what_can_be_retrieved_again(client: DICOMwebClient) -> None:
    file = dcmread(io.BytesIO(studies.files()[0]))
    file.StudyInstanceUID, file.SeriesInstanceUID = "2.25.900", "2.25.900.1"
    file.SOPInstanceUID = file.file_meta.MediaStorageSOPInstanceUID = "2.25.900.1.1"
    file.PatientID = "DEMO-STORED"
    stored = await to_thread(client.store_instances, [file])
    (item,) = stored.ReferencedSOPSequence
    assert item.ReferencedSOPInstanceUID == "2.25.900.1.1"
    (study,) = await to_thread(client.search_for_studies, search_filters={"PatientID": "DEMO-STORED"})
    assert study["00201208"]["Value"] == [1]
    assert await to_thread(client.retrieve_instance, "2.25.900", "2.25.900.1", "2.25.900.1.1") == file


async def test_it_stumbles_over_a_misbehaviour(client: DICOMwebClient) -> None:
    with pytest.raises(requests.HTTPError, match="502"):
        await to_thread(client.search_for_studies, search_filters={"PatientID": "BAD-GATEWAY"})
