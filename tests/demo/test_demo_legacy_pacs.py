"""What the legacy PACS does well, over HTTP."""

import io
import json

import pytest
from PIL import Image

from gateway.demo import multipart, studies
from gateway.demo.legacy_pacs import LegacyPacs
from gateway.demo.part10 import part10
from tests.demo.wire import Running

INSTANCE = "/dicom-web/studies/2.25.101/series/2.25.101.1/instances/2.25.101.1.1"
WADO = "/wado?requestType=WADO&studyUID=2.25.101&seriesUID=2.25.101.1&objectUID=2.25.101.1.1"
FILES = studies.files()
DATASET = next(studies.datasets())


@pytest.mark.parametrize(
    ("path", "accept", "status", "media_type"),
    [
        ("/dicom-web/studies", "application/dicom+json", 200, "application/dicom+json"),
        ("/dicom-web/studies", "", 200, "application/dicom+json"),
        ("/dicom-web/studies", "text/html, application/*;q=0.1", 200, "application/dicom+json"),
        ("/dicom-web/studies", "application/dicom+xml", 406, "text/plain"),
        ("/dicom-web/studies?StudyDate=19000101", "*/*", 204, ""),
        ("/dicom-web/studies?limit=all", "*/*", 400, "text/plain"),
        ("/dicom-web/studies/2.25.101", 'multipart/related; type="application/dicom"', 200, "multipart/related"),
        ("/dicom-web/studies/2.25.101", "multipart/related;type=application/dicom", 200, "multipart/related"),
        ("/dicom-web/studies/2.25.101", 'multipart/related; type="image/jpeg"', 406, "text/plain"),
        ("/dicom-web/studies/2.25.101/metadata", "application/json", 200, "application/dicom+json"),
        ("/dicom-web/studies/2.25.101/metadata", "image/png", 406, "text/plain"),
        ("/dicom-web/studies/2.25.101/thumbnail", "*/*", 404, "text/plain"),
        (INSTANCE, "multipart/*", 200, "multipart/related"),
        (INSTANCE + "9", "*/*", 404, "text/plain"),
        (INSTANCE + "9/metadata", "*/*", 404, "text/plain"),
        (INSTANCE + "/frames/1", "*/*", 200, "multipart/related"),
        (INSTANCE + "/frames/2", "*/*", 404, "text/plain"),
        (INSTANCE + "/frames/0", "*/*", 400, "text/plain"),
        (INSTANCE + "/frames/x", "*/*", 400, "text/plain"),
        (INSTANCE + "/frames", "*/*", 400, "text/plain"),
        (INSTANCE + "/bulkdata/7FE00010", 'multipart/related; type="*/*"', 200, "multipart/related"),
        (INSTANCE + "/bulkdata/00081190", "*/*", 404, "text/plain"),
        (INSTANCE + "9/bulkdata/7FE00010", "*/*", 404, "text/plain"),
        (INSTANCE + "/rendered", "image/*", 200, "image/png"),
        (INSTANCE + "/rendered", "image/jpeg", 406, "text/plain"),
        (INSTANCE + "9/rendered", "*/*", 404, "text/plain"),
        (WADO, "*/*", 200, "image/png"),
        (WADO + "&contentType=application/dicom", "*/*", 200, "application/dicom"),
        (WADO + "&contentType=image/png", "*/*", 200, "image/png"),
        (WADO + "&contentType=image/jpeg", "*/*", 406, "text/plain"),
        (WADO + "9", "*/*", 404, "text/plain"),
        (WADO.replace("requestType=WADO&", ""), "*/*", 400, "text/plain"),
        (WADO.partition("&objectUID")[0], "*/*", 400, "text/plain"),
        ("/login", "*/*", 200, "text/html"),
        ("/", "*/*", 200, "text/plain"),
        ("/elsewhere", "*/*", 404, "text/plain"),
    ],
)
async def test_each_resource_answers_as_the_standard_says(
    running: Running, path: str, accept: str, status: int, media_type: str
) -> None:
    response = await running.get(path, accept)
    assert response.status == status
    assert response.headers.get("Content-Type", "").partition(";")[0] == media_type


async def test_an_instance_comes_byte_for_byte_as_it_is_kept(running: Running) -> None:
    response = await running.get(INSTANCE)
    assert multipart.split(response.headers["Content-Type"], await response.read()) == [FILES[0]]
    wado = await running.get(WADO + "&contentType=application/dicom")
    assert await wado.read() == FILES[0]


async def test_metadata_names_its_pixels_by_a_reference_that_leads_to_them(running: Running) -> None:
    (metadata,) = json.loads(await (await running.get(INSTANCE + "/metadata")).read())
    response = await running.get(metadata["7FE00010"]["BulkDataURI"])
    assert multipart.split(response.headers["Content-Type"], await response.read()) == [DATASET["PixelData"]]
    assert not [tag for tag in metadata if tag.startswith("0002")]


async def test_a_rendered_image_is_a_picture_of_the_pixels(running: Running) -> None:
    picture = Image.open(io.BytesIO(await (await running.get(INSTANCE + "/rendered")).read()))
    assert (picture.format, picture.mode, picture.size) == ("PNG", "L", (64, 64))
    assert picture.getpixel((0, 0)) < picture.getpixel((9, 9)) < picture.getpixel((63, 63)) <= 255
    assert picture.getpixel((28, 28)) > picture.getpixel((36, 36))  # the disc is inverted


async def test_head_has_the_fields_of_get_and_no_content(running: Running) -> None:
    got = await running.get("/dicom-web/studies")
    response = await running.client.head(f"{running.url}/dicom-web/studies")
    assert response.status == 200
    assert response.headers["Content-Length"] == got.headers["Content-Length"]
    assert await response.read() == b""


async def test_the_front_page_lists_the_misbehaviours_with_its_own_address(running: Running) -> None:
    text = await (await running.get("/")).text()
    assert f"{running.url}/dicom-web/studies?PatientID=BAD-GATEWAY" in text


@pytest.mark.parametrize(
    ("parts", "study", "status", "sequences"),
    [
        ([part10({**DATASET, "SOPInstanceUID": "2.25.8"})], "", 200, {"00081199": 1}),
        ([part10({**DATASET, "SOPInstanceUID": "2.25.8"}), b"garbage"], "", 202, {"00081199": 1, "0008119A": 1}),
        ([part10(DATASET)], "/2.25.9", 409, {"00081198": 1}),
        ([b"garbage", b"more"], "", 409, {"0008119A": 2}),
    ],
)
async def test_a_store_is_answered_with_the_response_module(
    running: Running, parts: list[bytes], study: str, status: int, sequences: dict[str, int]
) -> None:
    content_type, content = multipart.related(multipart.DICOM, parts)
    response = await running.store(content, content_type, study)
    assert (response.status, response.content_type) == (status, "application/dicom+json")
    report = json.loads(await response.read())
    assert {tag: len(member["Value"]) for tag, member in report.items()} == sequences


async def test_a_refused_instance_is_named_with_its_reason(running: Running) -> None:
    content_type, content = multipart.related(multipart.DICOM, [part10(DATASET)])
    report = json.loads(await (await running.store(content, content_type, "/2.25.9")).read())
    (item,) = report["00081198"]["Value"]
    assert item["00081155"] == {"vr": "UI", "Value": [DATASET["SOPInstanceUID"]]}
    assert item["00081197"] == {"vr": "US", "Value": [0x0110]}


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"x", "application/dicom", 415),
        (b"", "multipart/related; boundary=b", 400),
        (b"--b--", "multipart/related; boundary=b", 400),
    ],
)
async def test_a_store_without_an_instance_is_refused(
    running: Running, content: bytes, content_type: str, status: int
) -> None:
    assert (await running.store(content, content_type)).status == status


async def test_what_was_stored_is_served_and_forgotten_with_the_server(running: Running) -> None:
    stored = part10({**DATASET, "StudyInstanceUID": "2.25.8", "SOPInstanceUID": "2.25.8.1"})
    content_type, content = multipart.related(multipart.DICOM, [stored])
    assert (await running.store(content, content_type)).status == 200
    response = await running.get("/dicom-web/studies/2.25.8")
    assert multipart.split(response.headers["Content-Type"], await response.read()) == [stored]
    other = LegacyPacs()
    port = await other.start("127.0.0.1", 0)
    async with running.client.get(f"http://127.0.0.1:{port}/dicom-web/studies?StudyInstanceUID=2.25.8") as response:
        assert response.status == 204
    await other.stop()


async def test_images_that_it_cannot_take_apart_are_served_only_as_a_whole(running: Running) -> None:
    study = {**DATASET, "StudyInstanceUID": "2.25.8", "SeriesInstanceUID": "2.25.8.1"}
    frames = part10({**study, "SOPInstanceUID": "2.25.8.1.1", "NumberOfFrames": "2", "Rows": 32})
    colour = part10({**study, "SOPInstanceUID": "2.25.8.1.2", "SamplesPerPixel": 3})
    bare = part10({key: value for key, value in study.items() if key != "PixelData"} | {"SOPInstanceUID": "2.25.8.1.3"})
    short = part10({**study, "SOPInstanceUID": "2.25.8.1.4", "PixelData": b"\x00\x00"})
    content_type, content = multipart.related(multipart.DICOM, [frames, colour, bare, short])
    assert (await running.store(content, content_type)).status == 200
    base = "/dicom-web/studies/2.25.8/series/2.25.8.1/instances/2.25.8.1."
    assert (await running.get(f"{base}1/frames/1")).status == 406
    assert (await running.get(f"{base}1/bulkdata/7FE00010")).status == 200
    assert (await running.get(f"{base}3/bulkdata/7FE00010")).status == 406
    for number in "1234":
        assert (await running.get(f"{base}{number}/rendered")).status == 406
        assert (await running.get(f"{base}{number}")).status == 200


async def test_it_can_be_stopped_before_it_was_started_and_twice() -> None:
    pacs = LegacyPacs()
    await pacs.stop()
    await pacs.stop()


async def test_options_tells_the_methods(running: Running) -> None:
    async with running.client.options(f"{running.url}/dicom-web/studies") as response:
        assert (response.status, response.headers["Allow"]) == (204, "GET, HEAD, OPTIONS, POST")
