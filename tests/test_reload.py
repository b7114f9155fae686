"""What a reload puts in force, and what it says of that which only a restart does."""

import asyncio
import re
import resource
from pathlib import Path

import pytest

from gateway.config.load import load
from gateway.config.settings import Settings
from gateway.reload import AT_THE_START, needs_restart
from gateway.server import GatewayProcess
from tests.support.certificates import Authority
from tests.support.client import Connection, ask, request
from tests.support.running import SHORT
from tests.support.stage import CALM, stage
from tests.support.upstream import ReceivedRequest, Said, answer
from tests.support.writers import in_place

LONG = request("GET", f"/studies?x={'1' * 9000}")
SOCKETS = "limits: {header_timeout: 1s"


def found(_received: ReceivedRequest, _number: int) -> Said:
    return Said(answer(200, b"[]", ("Content-Type", "application/dicom+json")), "keep")


async def reload(gateway: GatewayProcess, file: Path, text: str) -> tuple[str, ...]:
    """What is left for a restart."""
    in_place(file, text)
    result = await gateway.reloader.reload()
    assert result.ok, result.findings
    return result.notes


async def test_limits_of_a_connection_hold_for_those_that_come_from_now_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage(tmp_path, found) as (archive, gateway):
        monkeypatch.setenv("UPSTREAM", archive.url)
        assert (await ask(gateway.port, LONG)).status == 414
        wider = SHORT.replace(SOCKETS, "limits: {target: 16KiB, header_timeout: 50ms")
        assert await reload(gateway, tmp_path / "gateway.yaml", wider + CALM) == ()
        assert (await ask(gateway.port, LONG)).status == 204
        slow = await Connection.to(gateway.port)
        await slow.send(LONG[:100])
        async with asyncio.timeout(0.9):  # of a second, which it was before
            assert await slow.more() is False
        await slow.close()


async def test_more_connections_are_given_the_descriptors_they_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    file = tmp_path / "gateway.yaml"
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (512, hard))
        async with stage(tmp_path, found, CALM) as (archive, gateway):
            monkeypatch.setenv("UPSTREAM", archive.url)
            fewer = SHORT.replace(SOCKETS, f"{SOCKETS}, connections: 100")
            await reload(gateway, file, fewer)
            assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 512
            await reload(gateway, file, fewer.replace("connections: 100", "connections: 400"))
            assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 864
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_what_waits_for_a_restart_is_told_until_it_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not only by the reload that brought it: the gateway goes on without it."""
    async with stage(tmp_path, found) as (archive, gateway):
        monkeypatch.setenv("UPSTREAM", archive.url)
        file, waits = tmp_path / "gateway.yaml", ("logging changed and takes effect at the next start",)
        assert await reload(gateway, file, SHORT + "logging: {level: error}") == waits
        assert await reload(gateway, file, SHORT + "logging: {level: error}\nmode: observe") == waits
        assert await reload(gateway, file, SHORT) == ()


def test_the_page_for_administrators_lists_what_needs_a_restart() -> None:
    page = (Path(__file__).parents[1] / "docs/reloading.md").read_text("utf-8")
    (row,) = (line for line in page.splitlines() if line.startswith("| `mode`"))
    assert re.findall(r"`([a-z.]+)`", row.split("|")[3]) == list(AT_THE_START)


def test_of_tls_only_that_it_is_spoken_waits_for_a_restart(tmp_path: Path) -> None:
    """What the files hold, and which they are, is in force at once: an archive's authority as well."""
    ca = Authority(tmp_path)
    certificate, other, more = ca.certificate(), ca.certificate(), Authority(tmp_path, "other")
    file = tmp_path / "gateway.yaml"

    def described(tls: str) -> Settings:
        file.write_text(f"version: 1\n{tls}upstreams: {{pacs: {{url: https://pacs, tls: {{ca_file: {more.file}}}}}}}\n")
        return load(file, {})

    tls = "server: {{tls: {{cert_file: {0.cert}, key_file: {0.key}}}}}\n"
    began = described(tls.format(certificate))
    Authority(tmp_path, "other")
    assert Authority(tmp_path).certificate() == certificate  # by its names alone
    assert needs_restart(began, load(file, {})) == ()
    assert needs_restart(began, described(tls.format(other))) == ()
    assert needs_restart(began, described("")) == ("server.tls changed and takes effect at the next start",)
