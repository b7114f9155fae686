"""Certificates that cannot be used: `check`, `serve` and a reload say so, each in a sentence that names the key."""

from pathlib import Path

import pytest

from gateway.config.load import load
from gateway.config.tls import Unusable
from gateway.server import GatewayProcess
from tests.cli.command import started
from tests.support.certificates import Authority
from tests.support.client import Connection, request

TEXT = """\
version: 1
server: {host: 127.0.0.1, port: 0, tls: {cert_file: ca-1.crt, key_file: ca-1.key}}
admin: {host: 127.0.0.1, port: 0}
upstreams: {pacs: {url: 'https://127.0.0.1:9', tls: {ca_file: pacs.pem}}}
"""


@pytest.fixture
def ca(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def file(tmp_path: Path, ca: Authority) -> Path:
    Authority(tmp_path, "pacs")
    ca.certificate()
    file = tmp_path / "gateway.yaml"
    file.write_text(TEXT)
    return file


def spoil(file: Path, name: str) -> str:
    """Another key, or no certificates: what becomes of a file when a renewal goes wrong half-way."""
    if name == "ca-1.key":
        other = Authority(file.parent, "other").certificate()
        (file.parent / name).write_bytes(other.key.read_bytes())
        return f"server.tls.key_file: the key in {file.parent}/{name} does not belong to the certificate in"
    (file.parent / name).write_text("renewal failed")
    return f"upstreams.pacs.tls.ca_file: the file {file.parent}/{name} holds no certificates in PEM"


@pytest.mark.parametrize("name", ["ca-1.key", "pacs.pem"])
@pytest.mark.parametrize("command", [("check",), ("serve", "--config")], ids=["check", "serve"])
def test_a_file_that_cannot_be_used_is_told_by_its_key(command: tuple[str, ...], name: str, file: Path) -> None:
    said = spoil(file, name)
    ended = started(*command, file)
    assert (ended.code, ended.out) == (1, "")
    told, *counted = ended.err.splitlines()
    assert said in told
    assert counted == ([f"{file}: 1 finding"] if command == ("check",) else [])


@pytest.mark.parametrize("name", ["ca-1.key", "pacs.pem"])
async def test_a_reload_with_a_bad_file_changes_nothing(name: str, file: Path, ca: Authority) -> None:
    async with GatewayProcess(load(file, {}), file) as gateway:
        before = gateway.runtime.generation
        said = spoil(file, name)
        result = await gateway.reloader.reload()
        assert (result.ok, len(result.findings)) == (False, 1)
        assert said in result.findings[0]
        assert gateway.runtime.generation is before
        client = await Connection.to(gateway.port, ca.client())
        await client.send(request("GET", "/studies"))
        assert (await client.reply()).status == 503  # nobody listens on port 9
        await client.close()


@pytest.mark.parametrize("name", ["ca-1.key", "pacs.pem"])
async def test_a_file_that_goes_bad_after_the_check_stops_the_start(name: str, file: Path) -> None:
    settings = load(file, {})
    said = spoil(file, name)
    with pytest.raises(Unusable) as caught:
        async with GatewayProcess(settings, file):
            pass
    assert str(caught.value).startswith(said)


async def test_a_file_that_goes_bad_in_a_reload_changes_nothing(file: Path) -> None:
    async with GatewayProcess(load(file, {}), file) as gateway:
        before = gateway.runtime.generation
        settings = load(file, {})
        spoil(file, "pacs.pem")
        with pytest.raises(Unusable):
            gateway.runtime.swap(settings)
        assert gateway.runtime.generation is before


def test_a_folder_is_no_certificate(file: Path, tmp_path: Path) -> None:
    (tmp_path / "pacs.pem").unlink()
    (tmp_path / "pacs.pem").mkdir()
    ended = started("check", file)
    assert ended.code == 1
    assert f"upstreams.pacs.tls.ca_file: there is no file {tmp_path}/pacs.pem" in ended.err
