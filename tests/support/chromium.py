"""Debian's Chromium without a screen, driven by its own DevTools protocol: what a reader of our pages really sees."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any, Literal

from aiohttp import ClientSession, ClientWebSocketResponse

from tests.support.servers import missing, until

PROGRAM = "/usr/bin/chromium"
OPTIONS = (
    "--headless=new", "--no-sandbox",  # tests run as root in CI
    "--use-angle=swiftshader", "--enable-unsafe-swiftshader",  # a viewer draws with WebGL
    "--disable-background-networking", "--disable-component-update", "--no-first-run", "--disable-sync",
    "--disable-dev-shm-usage", "--remote-debugging-port=0",
)  # fmt: skip


class Page:
    """One tab. `events` are what it told since it was opened."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self._socket, self._asked = socket, dict[int, asyncio.Future[dict[str, Any]]]()
        self._numbers = count(1)
        self.events: list[dict[str, Any]] = []

    async def listen(self) -> None:
        async for message in self._socket:
            told = json.loads(message.data)
            if "id" in told:
                self._asked.pop(told["id"]).set_result(told)
            else:
                self.events.append(told)

    async def ask(self, method: str, **parameters: object) -> dict[str, Any]:
        """One command of the protocol, and its result."""
        number = next(self._numbers)
        self._asked[number] = answer = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        told = await asyncio.wait_for(answer, 30)
        assert "error" not in told, (method, told["error"])
        result: dict[str, Any] = told["result"]
        return result

    async def open(self, url: str) -> None:
        """Go there, and wait until it has loaded."""
        self.events.clear()
        await self.ask("Page.navigate", url=url)
        await self.until("document.readyState === 'complete'", f"{url} has loaded")

    async def run(self, script: str) -> Any:
        """The value of an expression in the page."""
        told = await self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    async def until(self, script: str, what: str, seconds: float = 30.0) -> None:
        """Wait for the page; a navigation that is under way has no page to ask."""
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            with suppress(AssertionError):
                if await self.run(script):
                    return
            assert asyncio.get_running_loop().time() < deadline, f"not within {seconds:.0f} s: {what}"
            await asyncio.sleep(0.05)

    async def looks(self, width: int, height: int, theme: Literal["light", "dark"] = "light") -> None:
        """From now on on a screen of this size, in this theme."""
        await self.ask(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500
        )
        await self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])

    async def press(self, key: str) -> None:
        for kind in ("keyDown", "keyUp"):
            await self.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=_KEYS[key])

    def requests(self) -> list[str]:
        """The addresses that the page asked for."""
        return [e["params"]["request"]["url"] for e in self.events if e["method"] == "Network.requestWillBeSent"]

    def complaints(self) -> list[str]:
        """What the browser wrote to its console: errors of scripts, what a policy forbade, what did not load."""
        logged = [e["params"]["entry"] for e in self.events if e["method"] == "Log.entryAdded"]
        thrown = [e["params"]["exceptionDetails"] for e in self.events if e["method"] == "Runtime.exceptionThrown"]
        return [entry["text"] for entry in logged if entry["level"] == "error"] + [str(one["text"]) for one in thrown]


_KEYS = {"Tab": 9, "Enter": 13, "Escape": 27}


@asynccontextmanager
async def browser(folder: Path) -> AsyncIterator[Page]:
    """A browser with a profile of its own and one tab."""
    if not shutil.which(PROGRAM):
        missing("Chromium is not installed (Debian: chromium)")
    profile = folder / "chromium"
    process = await asyncio.create_subprocess_exec(
        PROGRAM, *OPTIONS, f"--user-data-dir={profile}", "about:blank",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        port = await asyncio.to_thread(_port, profile / "DevToolsActivePort")
        async with ClientSession() as session, session.get(f"http://127.0.0.1:{port}/json") as told:
            tab = next(tab for tab in await told.json() if tab["type"] == "page")
            async with session.ws_connect(tab["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                page = Page(socket)
                listening = asyncio.ensure_future(page.listen())
                for domain in ("Page", "Network", "Runtime", "Log"):
                    await page.ask(f"{domain}.enable")
                yield page
            await listening
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


def _port(file: Path) -> int:
    """Where it listens, which it writes into its profile once it does."""
    until(lambda: file.exists() and len(file.read_text().splitlines()) > 1, "Chromium listens")
    return int(file.read_text().splitlines()[0])
