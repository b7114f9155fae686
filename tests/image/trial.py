"""What is promised of the image, tried with the image: `deploy/image/trial.sh` builds it and runs this, beside the tests of
tests/pacs with a DICOMweb client in front of a real Orthanc. The name of this file keeps it out of every other run.
"""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from gateway import __version__
from tests.image.containers import ContainedGateway, ContainedProcess, about, new_name, podman, rights, run
from tests.lifecycle.process import Gateway
from tests.lifecycle.test_under_load import echo, replaced
from tests.support.client import Connection, request
from tests.support.upstream import ReceivedRequest, Said, ScriptedUpstream, answer

NUMBER = 10001
ROUNDS = 3


@pytest.fixture(scope="session")
def image(pytestconfig: pytest.Config) -> str:
    return str(pytestconfig.getoption("image"))


@pytest.fixture
def contained(image: str, tmp_path: Path) -> Iterator[ContainedGateway]:
    """In front of an archive that is not there."""
    server = ContainedGateway(tmp_path, "http://127.0.0.1:1", image)
    server.start()
    yield server
    server.kill()


def test_it_says_what_it_is(image: str) -> None:
    config = about(image)["Config"]
    labels = config["Labels"]
    assert config["User"] == f"{NUMBER}:{NUMBER}"
    assert (config["Entrypoint"], config["Cmd"]) == (["pacs-gateway"], ["serve"])
    assert labels["org.opencontainers.image.version"] == __version__
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert podman(*run(image, new_name())[1:], "version") == f"pacs-gateway {__version__}\n"


def test_it_has_no_rights_and_can_write_nothing(contained: ContainedGateway) -> None:
    told = rights(contained)
    assert told["Uid"].split() == told["Gid"].split() == [str(NUMBER)] * 4
    assert {int(told[name], 16) for name in told if name.startswith("Cap")} == {0}
    assert told["NoNewPrivs"] == "1"
    for place in ("/etc/pacs-gateway", "/opt/pacs-gateway", "/tmp", "/var/lib/pacs-gateway"):
        asked = f"import os; print(os.access({place!r}, os.W_OK))"
        assert contained.inside("python", "-c", asked) == "False\n", place


def test_its_own_health_check_finds_it_ready(image: str, contained: ContainedGateway) -> None:
    kind, *command = about(image)["Healthcheck"]["Test"]
    assert kind == "CMD"
    began = time.monotonic()
    assert contained.inside(*command, "--port", str(contained.admin_port)) == "ready\n"
    assert time.monotonic() - began < 2


async def test_a_shutdown_waits_for_what_is_under_way_and_is_a_success(image: str, tmp_path: Path) -> None:
    arrived, go = asyncio.Event(), asyncio.Event()

    async def slow(_received: ReceivedRequest, _number: int) -> Said:
        arrived.set()
        await go.wait()
        return Said(answer(200, b"late"), "keep")

    async with ScriptedUpstream(slow) as archive, ContainedProcess(tmp_path / "0", archive.url, image) as gateway:
        client = await Connection.to(gateway.port)
        await client.send(request("GET", "/studies/1"))
        await arrived.wait()
        gateway.signal(signal.SIGTERM)
        await gateway.closed()
        go.set()
        assert (await client.reply("GET")).body == b"late"
        assert await gateway.ended(seconds=5) == 0
        await client.close()


async def test_a_shutdown_takes_no_longer_than_the_drain(image: str, tmp_path: Path) -> None:
    arrived = asyncio.Event()

    async def never(_received: ReceivedRequest, _number: int) -> Said:
        arrived.set()
        await asyncio.Event().wait()
        raise AssertionError

    async with (
        ScriptedUpstream(never) as archive,
        ContainedProcess(tmp_path / "0", archive.url, image, drain="1s") as gateway,
    ):
        client = await Connection.to(gateway.port)
        await client.send(request("GET", "/studies/1"))
        await arrived.wait()
        began = time.monotonic()
        gateway.signal(signal.SIGTERM)
        assert await gateway.ended() == 0
        assert 1 <= time.monotonic() - began < 4
        await client.close()


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_rolling_replacement_loses_nothing(image: str, tmp_path: Path, workers: int) -> None:
    """The new container is up, and the old one is out of the balancer, before it is asked to leave: a kernel that refuses it
    the filter of its port might reset a client in the moment in which the port closes (docs/container.md)."""
    async with ScriptedUpstream(echo) as archive, AsyncExitStack() as stack:

        async def another(number: int) -> Gateway:
            made = ContainedProcess(tmp_path / str(number), archive.url, image, workers)
            return await stack.enter_async_context(made)

        balancer, _ = await replaced(another, ROUNDS, out_first=True)
    assert balancer.failures() == []
    assert Counter(received.target.decode() for received in archive.requests) == Counter(
        target for target, _ in balancer.replies
    )
    print(f"\n{len(balancer.replies)} requests, {ROUNDS} replacements, {workers} workers: none lost")


def test_workers_without_a_place_for_their_counts_are_refused_in_words(image: str, tmp_path: Path) -> None:
    (tmp_path / "gateway.yaml").write_text(
        "version: 1\nserver: {port: 0, workers: 2}\nupstreams: {pacs: {url: 'http://127.0.0.1:1'}}\n"
    )
    told = podman(*run(image, new_name(), "--ipc=none", folder=tmp_path)[1:], code=2)
    assert told.startswith("pacs-gateway: server.workers: ")
    assert len(told.splitlines()) == 1


def test_recordings_go_to_a_volume_that_belongs_to_the_gateway(image: str) -> None:
    """A named volume takes the owner of the folder that it is mounted over."""
    volume = new_name()
    options = (f"--volume={volume}:/var/lib/pacs-gateway", "--entrypoint=python")
    script = "import os; os.mkdir('/var/lib/pacs-gateway/recordings')"
    try:
        podman(*run(image, new_name(), *options)[1:], "-c", script)
    finally:
        podman("volume", "rm", "--force", volume)


def test_the_interpreter_finds_all_bytecode_made(image: str) -> None:
    """Of the standard library too. Otherwise each health check would compile what it imports."""
    script = (
        "import sys, gateway.cli.serve\n"
        "print(*filter(None, (getattr(module, '__cached__', '') for module in [*sys.modules.values()])))"
    )
    told = podman(*run(image, new_name(), "--entrypoint=python")[1:], "-c", script)
    assert told.split()
    missing = "import os, sys; print([p for p in sys.argv[1:] if p.endswith('.pyc') and not os.path.exists(p)])"
    assert podman(*run(image, new_name(), "--entrypoint=python")[1:], "-c", missing, *told.split()) == "[]\n"
