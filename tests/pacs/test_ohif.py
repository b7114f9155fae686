"""What a radiologist sees: the OHIF viewer in a browser, the gateway, Orthanc; on three origins, as in a hospital."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.pacs.archives import Orthanc
from tests.pacs.gateway_process import Gateway
from tests.pacs.ohif import Viewer, viewer_files
from tests.pacs.samples import UIDS, ct, part10
from tests.pacs.wire import store
from tests.support.chromium import browser
from tests.support.servers import Server

STUDY = f"{UIDS}.1"
# A slope of grey values from corner to corner: the share of the drawing that is neither black nor one flat colour.
DRAWN = """(() => {
  const canvas = document.querySelector('canvas.cornerstone-canvas');
  if (!canvas) return 0;
  const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  const greys = new Set();
  for (let i = 0; i < pixels.length; i += 4) greys.add(pixels[i]);
  return greys.size;
})()"""


@pytest.fixture(scope="module")
def viewer(pytestconfig: pytest.Config) -> Iterator[Viewer]:
    with Viewer(viewer_files(Path(pytestconfig.cache.mkdir("ohif")))).serving() as served:
        yield served


@pytest.fixture
def archive(start: Callable[[Server], None], tmp_path: Path) -> Orthanc:
    server = Orthanc(tmp_path)
    start(server)
    store(server.base, *(part10(ct(STUDY, number, size=128)) for number in (1, 2, 3)))
    return server


@pytest.fixture
def gateway(
    start: Callable[[Server], None], archive: Orthanc, viewer: Viewer, tmp_path_factory: pytest.TempPathFactory
) -> Gateway:
    server = Gateway(tmp_path_factory.mktemp("gateway"), archive.base, more=f"cors: {{origins: ['{viewer.origin}']}}\n")
    start(server)
    viewer.looks_at(server.base)
    return server


async def test_a_study_is_drawn(viewer: Viewer, gateway: Gateway, tmp_path: Path) -> None:
    async with browser(tmp_path) as page:
        await page.looks(1280, 900)
        await page.open(f"{viewer.origin}/viewer?StudyInstanceUIDs={STUDY}")
        await page.until(f"{DRAWN} > 20", "the first image is drawn", 90)
        assert page.complaints() == []
    answered = {name: value for name, value in gateway.metrics().items() if name[0] == "pacs_gateway_responses_total"}
    assert {word for name in answered for word in name if word.startswith("code=")} == {"code=200"}


async def test_an_archive_that_is_down_is_told_in_words(
    viewer: Viewer, gateway: Gateway, archive: Orthanc, tmp_path: Path
) -> None:
    """A browser hides from its scripts what a foreign origin answers, unless CORS says otherwise; of a 503 that is hidden
    a viewer can only say that the network failed."""
    archive.kill()
    async with browser(tmp_path) as page:
        await page.looks(1280, 900)
        await page.open(viewer.origin)
        await page.until("document.body.innerText.includes('Data Source Connection Error')", "the viewer tells", 60)
        told = await page.run(
            f"fetch('{gateway.base}/dicom-web/studies').then(r => [r.status, Number(r.headers.get('Retry-After')) > 0])"
        )
    assert told == [503, True]
