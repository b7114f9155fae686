"""The pages of the admin port in a real browser: Debian's Chromium, on a desk and on a phone, in both themes, by keyboard."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web

from gateway.admin.endpoints import admin_app
from gateway.core.decision import Observed
from gateway.core.policy import Mode
from gateway.proxy.aiohttp_seam import OperatorRunner
from tests.admin.page import populated
from tests.admin.process import Process
from tests.support.axe import axe_script, violations
from tests.support.chromium import Page, browser
from tests.support.client import ask, request
from tests.support.stage import stage
from tests.support.upstream import ReceivedRequest, Said, answer
from tests.telemetry.records import record, settings

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

DESK, PHONE, SMALL = (1280, 900), (375, 740), (320, 640)
PAGES = ("/?refresh=off", "/-/would-rewrite")

# The contrast of every text that is to be seen with what is behind it, WCAG 2.2 1.4.3; the least of them, and its text.
CONTRAST = """(() => {
  const channels = text => text.match(/[\\d.]+/g).map(Number);
  const light = text => {
    const [r, g, b] = channels(text).map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const behind = element => {
    for (; element; element = element.parentElement) {
      const colour = getComputedStyle(element).backgroundColor;
      if ((channels(colour)[3] ?? 1) === 1) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  let least = [99, ''];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !element.checkVisibility()) continue;
    const [a, b] = [light(getComputedStyle(element).color), light(behind(element))].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < least[0]) least = [ratio, texts.currentNode.data];
  }
  return least;
})()"""
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
CONTROLS = "document.querySelectorAll('a[href], button, summary, [tabindex=\"0\"]').length"
FOCUSED = """(() => {
  const focused = document.activeElement, style = getComputedStyle(focused), box = focused.getBoundingClientRect();
  if (focused === document.body) return null;
  window.numbers ??= new Map();
  if (!numbers.has(focused)) numbers.set(focused, numbers.size);
  const seen = box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
  return [numbers.get(focused), style.outlineStyle, parseFloat(style.outlineWidth), seen];
})()"""


@asynccontextmanager
async def served(process: Process) -> AsyncIterator[str]:
    """The admin port of this process; its address."""
    runner = OperatorRunner(admin_app(process), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def page(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Page]:
    async with browser(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture(scope="module")
def axe(pytestconfig: pytest.Config) -> str:
    return axe_script(Path(pytestconfig.cache.mkdir("axe")))


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("process", [Process, populated], ids=["idle", "busy"])
async def test_a_page_loads_without_complaint_and_asks_nobody_else(
    page: Page, path: str, process: type[Process]
) -> None:
    async with served(process()) as address:
        await page.looks(*DESK)
        await page.open(address + path)
        assert await page.run("document.querySelectorAll('h1').length") == 1
        assert page.complaints() == []
        assert {url for url in page.requests() if not url.startswith(address)} == set()


@pytest.mark.parametrize("size", [DESK, PHONE, SMALL], ids=["desk", "phone", "small"])
@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_never_wider_than_its_window(page: Page, path: str, size: tuple[int, int]) -> None:
    async with served(populated()) as address:
        await page.looks(*size)
        await page.open(address + path)
        assert await page.run(WIDER) <= 0


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("path", PAGES)
async def test_every_text_can_be_read_in_both_themes(page: Page, path: str, mode: Mode, theme: str) -> None:
    async with served(populated(mode)) as address:
        await page.looks(*DESK, theme)
        await page.open(address + path)
        ratio, text = await page.run(CONTRAST)
        assert ratio >= 4.5, text
        # ... and the two themes are not the same.
        red = int((await page.run("getComputedStyle(document.body).backgroundColor")).split("(")[1].split(",")[0])
        assert (red > 128) is (theme == "light")


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("path", PAGES)
async def test_axe_finds_nothing(page: Page, axe: str, path: str, size: tuple[int, int]) -> None:
    async with served(populated(Mode.OBSERVE)) as address:
        for theme in ("light", "dark"):
            await page.looks(*size, theme)
            await page.open(address + path)
            assert await violations(page, axe) == []


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
async def test_every_control_is_reached_by_tab_and_shows_it(page: Page, size: tuple[int, int]) -> None:
    async with served(populated()) as address:
        await page.looks(*size)
        await page.open(f"{address}/?refresh=off")
        seen = set()
        for _ in range(await page.run(CONTROLS)):
            await page.press("Tab")
            number, style, width, is_seen = await page.run(FOCUSED)
            assert (style, width >= 2, is_seen) == ("solid", True, True)
            seen.add(number)
        assert len(seen) == await page.run(CONTROLS)


async def test_the_first_tab_leads_past_the_links(page: Page) -> None:
    async with served(populated()) as address:
        await page.looks(*DESK)
        await page.open(f"{address}/?refresh=off")
        await page.press("Tab")
        assert await page.run("document.activeElement.textContent") == "Skip to the content"
        await page.press("Enter")
        await page.until("location.hash === '#content'", "the content is there")
        assert await page.run("document.activeElement.id") == "content"


async def test_headings_and_landmarks_tell_what_is_where(page: Page) -> None:
    async with served(populated()) as address:
        await page.open(f"{address}/?refresh=off")
        assert await page.run("document.documentElement.lang") == "en"
        assert (
            await page.run("['header', 'nav', 'main', 'footer'].map(tag => document.querySelectorAll(tag).length)")
            == [1] * 4
        )
        headings = await page.run("[...document.querySelectorAll('h1, h2, h3')].map(each => each.textContent)")
        assert headings[:3] == ["pacs-gateway 1.2.3", "Archives", "What the archive said, and what clients got"]
        assert await page.run("[...document.querySelectorAll('thead th')].every(head => head.scope === 'col')")


def broken(_received: ReceivedRequest, _number: int) -> Said:
    return Said(answer(502, b"<html>Bad Gateway", ("Content-Type", "text/html")), "keep")


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
async def test_every_page_of_a_running_gateway_is_sound(
    page: Page, axe: str, tmp_path: Path, size: tuple[int, int]
) -> None:
    """From a failure on the status page to its explanation, and along the links."""
    async with stage(tmp_path, broken) as (_, gateway):
        address = f"http://127.0.0.1:{gateway.admin_port}"
        assert (await ask(gateway.port, request("GET", "/studies", ("Connection", "close")))).status == 503
        await page.looks(*size)
        await page.open(f"{address}/?refresh=off")
        await page.run("document.querySelector('a[href^=\"/-/exchanges/\"]').click()")
        await page.until(
            "document.querySelector('h1').textContent.startsWith('An exchange, explained')", "the explanation"
        )
        for path in ("", "/conformance", "/-/would-rewrite"):
            if path:
                await page.open(address + path)
            assert await page.run(WIDER) <= 0
            assert page.complaints() == []
            assert await violations(page, axe) == []


async def test_a_page_updates_itself_and_stays_where_it_was(page: Page) -> None:
    process = populated()
    async with served(process) as address:
        await page.looks(*DESK)
        await page.open(f"{address}/?refresh=1")
        await page.run("scrollTo(0, 700)")
        await page.until("scrollY === 700", "it has scrolled")
        process.saw(*(record() for _ in range(4321)))
        await page.until("document.querySelector('.figures dd').textContent.startsWith('4')", "the new count is there")
        await page.until("scrollY === 700", "it is where it was")


async def test_a_paused_page_stays_as_it_is(page: Page) -> None:
    async with served(Process()) as address:
        await page.open(f"{address}/?refresh=1")
        await page.run("document.querySelector('.updating a').click()")
        await page.until("location.search === '?refresh=off'", "it is paused")
        page.events.clear()
        await page.until("performance.now() > 1500", "time for an update that must not come")
        assert page.requests() == []


async def test_thousands_of_odd_words_still_make_a_page(page: Page) -> None:
    """Each label as hostile as a record can be: what is none of its set shares a word, and the page has an end."""
    odd = "<b>&\"'>" + "9" * 200
    process = Process(settings(mode=Mode.OBSERVE))
    for number in range(3000):
        seen = (Observed(odd + str(number), 100 + number % 500),)
        rule, transaction = f"{odd}{number}", f"{odd}{number % 7}"
        process.saw(
            record(
                id=f"{odd}{number}",
                received=number,
                status=number + 1,
                rule=rule,
                transaction=transaction,
                observed=seen,
            )
        )
    async with served(process) as address:
        for size in (DESK, PHONE):
            await page.looks(*size)
            for path in PAGES:
                await page.open(address + path)
                assert await page.run("document.querySelectorAll('b').length") == 0
                assert await page.run(WIDER) <= 0
                assert await page.run("document.documentElement.outerHTML.length") < 300_000
                assert page.complaints() == []
