"""`pacs-gateway healthcheck`: ready, not ready, or not there."""

import asyncio
import socket
from pathlib import Path

import pytest

from tests.cli.command import Ended, called
from tests.support.running import running
from tests.support.upstream import Said, ScriptedUpstream, answer


async def checked(capsys: pytest.CaptureFixture[str], port: int | None, *more: str) -> Ended:
    """The command in a thread, so that the gateway in this one can answer it."""
    return await asyncio.to_thread(called, capsys, "healthcheck", "--port", str(port), *more)


async def test_a_gateway_is_ready_also_while_its_archive_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running(tmp_path, "http://127.0.0.1:1") as gateway:
        assert await checked(capsys, gateway.admin_port) == Ended(0, "ready\n", "")


async def test_a_gateway_that_drains_is_not_ready(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with running(tmp_path, "http://127.0.0.1:1") as gateway:
        await gateway.runtime.drain(0)
        ended = await checked(capsys, gateway.admin_port)
    assert ended == Ended(1, "", "pacs-gateway: not ready: the admin port answered 503\n")


async def test_nobody_there_is_not_ready(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    ended = await checked(capsys, port)
    line = f"pacs-gateway: no answer from the admin port 127.0.0.1:{port} (Connection refused)\n"
    assert ended == Ended(1, "", line)


async def test_somebody_else_there_is_not_ready(capsys: pytest.CaptureFixture[str]) -> None:
    async with ScriptedUpstream(lambda _request, _number: Said(answer(404, b"no"))) as other:
        ended = await checked(capsys, other.port)
    assert ended == Ended(1, "", "pacs-gateway: not ready: the admin port answered 404\n")


async def test_silence_and_rubbish_are_not_ready(capsys: pytest.CaptureFixture[str]) -> None:
    rubbish = "what it says is no HTTP"
    for said, why in (
        (Said(after="hold"), "it takes too long"),
        (Said(b"\x03\x00"), rubbish),
        (Said(b""), "it hangs up"),
    ):
        async with ScriptedUpstream(lambda _request, _number, said=said: said) as other:  # type: ignore[misc]
            ended = await checked(capsys, other.port, "--timeout", "0.2")
        line = f"pacs-gateway: no answer from the admin port 127.0.0.1:{other.port} ({why})\n"
        assert ended == Ended(1, "", line)


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--timeout", "0", "--timeout is a number of seconds above 0"),
        ("--timeout", "-1", "--timeout is a number of seconds above 0"),
        ("--timeout", "nan", "--timeout is a number of seconds above 0"),
        ("--host", "a host", "--host a host: is no name of a host and no address"),
    ],
)
def test_an_option_that_makes_no_sense(option: str, value: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert called(capsys, "healthcheck", option, value) == Ended(2, "", f"pacs-gateway: {said}\n")
