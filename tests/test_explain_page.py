"""docs/explain.md: its commands are run, and print what it says. `python -m tests.test_explain_page` writes it anew."""

import asyncio
import contextlib
import io
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.cli.main import main
from gateway.config.load import load
from gateway.server import GatewayProcess
from tests.support.client import ask, request
from tests.support.stage import records
from tests.support.upstream import ReceivedRequest, Said, ScriptedUpstream, answer

FILE = Path(__file__).parents[1] / "docs/explain.md"
PAGE = FILE.read_text("utf-8")
CONSOLE = re.compile(r"```console\n\$ (.*?)\n(.*?)```", re.DOTALL)
(CONFIG,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
ID, TIME = "0b0e7c1e-6f0e-4a39-9d0c-0d4a6f5b1f7e", "2026-11-22T08:00:00.000Z"
COMMANDS = [command for command, _ in CONSOLE.findall(PAGE)]


def on_tape(_received: ReceivedRequest, _number: int) -> Said:
    content = ("Content-Type", "text/plain")
    return Said(answer(500, b"Error TAPE-17", content, ("Date", "Sun, 22 Nov 2026 08:00:00 GMT")))


def printed(command: str) -> str:
    """What a command prints, where gateway.yaml is."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert main(shlex.split(command)[1:]) == 0
    return steady(out.getvalue())


def steady(text: str) -> str:
    """Without what is another one each time."""
    return re.sub(r"[A-Z][a-z]{2}, \d\d \w+ \d{4} [\d:]{8} GMT", "Sun, 22 Nov 2026 08:00:00 GMT", text)


async def recalled(command: str, folder: Path) -> str:
    """The same of an exchange that takes place first: a study on tape, through this configuration."""
    async with ScriptedUpstream(on_tape) as archive:
        text = CONFIG.replace("http://pacs.local:8042", archive.url)
        file = folder / "running.yaml"
        file.write_text(f"{text}server: {{host: 127.0.0.1, port: 0}}\nadmin: {{host: 127.0.0.1, port: 0}}\n")
        async with GatewayProcess(load(file, {})) as gateway:
            await ask(gateway.port, request("GET", "/dicom-web/studies/1.2.3"))
            (record,) = await records(gateway, 1)
            asked = f"{command.replace(ID, record.id)} --admin 127.0.0.1:{gateway.admin_port}"
            told = await asyncio.to_thread(printed, asked)
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", TIME, told.replace(record.id, ID))


def output(command: str, folder: Path) -> str:
    return asyncio.run(recalled(command, folder)) if "--id" in command else printed(command)


@contextlib.contextmanager
def site(folder: Path) -> Iterator[None]:
    """A folder with the configuration of the page."""
    (folder / "gateway.yaml").write_text(CONFIG)
    with contextlib.chdir(folder):
        yield


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: str(command)[20:70])
def test_a_command_prints_what_the_page_says(command: str, tmp_path: Path) -> None:
    said = dict(CONSOLE.findall(PAGE))
    with site(tmp_path):
        assert output(command, tmp_path) == said[command]


def test_every_way_to_give_an_exchange_is_on_the_page() -> None:
    assert [
        word
        for word in ("--path", "--failure", "--case", "--json-case", "--id", "--admin", "--all", "--json")
        if word not in PAGE
    ] == []
    assert len(COMMANDS) == 4


def test_the_page_can_be_read_at_one_sitting() -> None:
    assert len(PAGE.splitlines()) <= 180


def written_anew(outputs: Callable[[str], str]) -> str:
    return CONSOLE.sub(lambda block: f"```console\n$ {block[1]}\n{outputs(block[1])}```", PAGE)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name, site(Path(name)):
        new = written_anew(lambda command: output(command, Path(name)))
    FILE.write_text(new, "utf-8")
    sys.exit(os.EX_OK)
