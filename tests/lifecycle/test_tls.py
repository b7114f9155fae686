"""Several processes behind one TLS port: a certificate that is renewed is shown by all of them, and by who follows them."""

import asyncio
import os
import signal
import ssl
from pathlib import Path

import pytest

from tests.lifecycle.process import Gateway
from tests.support.certificates import Authority, Certificate
from tests.support.client import Connection, request
from tests.support.upstream import Said, ScriptedUpstream, answer
from tests.support.writers import kubelet_volume

CONFIGURATION = """\
version: 1
server:
  {{host: 127.0.0.1, port: 0, workers: {workers}, tls: {{cert_file: tls/tls.crt, key_file: tls/tls.key}}}}
admin: {{host: 127.0.0.1, port: 0}}
upstreams: {{pacs: {{url: "{url}"}}}}
routes: [{{id: all, prefix: /, upstream: pacs, service: opaque}}]
"""
GET = request("GET", "/studies/1.2")
BY_ITSELF = r"reloaded [^ ]+ \([^)]*tls\.crt[^)]* changed\)"


def archive() -> ScriptedUpstream:
    return ScriptedUpstream(lambda _request, _number: Said(answer(200, b"found"), "keep"))


def secret(folder: Path, shown: Certificate) -> None:
    """As Kubernetes mounts a secret of the type kubernetes.io/tls."""
    kubelet_volume(folder / "tls", {"tls.crt": shown.cert.read_text(), "tls.key": shown.key.read_text()})


def behind_tls(folder: Path, url: str, shown: Certificate, workers: int) -> Gateway:
    secret(folder, shown)
    gateway = Gateway(folder, url)
    gateway.configure(CONFIGURATION.format(url=url, workers=workers))
    return gateway


async def faces(gateway: Gateway, tls: ssl.SSLContext, clients: int = 16) -> set[bytes]:
    """The certificates that so many clients are shown: with several workers, those of each."""
    connections = [await Connection.to(gateway.port, tls) for _ in range(clients)]
    for connection in connections:
        await connection.send(GET)
    assert {(await connection.reply()).status for connection in connections} == {200}
    met = {connection.shown for connection in connections}
    for connection in connections:
        await connection.close()
    return met


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_secret_that_is_swapped_is_shown_within_seconds(workers: int, tmp_path: Path) -> None:
    ca = Authority(tmp_path)
    old, new, last = (ca.certificate() for _ in range(3))
    async with archive() as pacs, behind_tls(tmp_path / "house", pacs.url, old, workers) as gateway:
        here = await Connection.to(gateway.port, ca.client())
        assert await faces(gateway, ca.client()) == {old.der}
        async with asyncio.timeout(10):
            secret(tmp_path / "house", new)
            await gateway.says(BY_ITSELF)
        assert await faces(gateway, ca.client()) == {new.der}
        assert "takes effect at the next start" not in gateway.log
        await here.send(GET)
        assert (await here.reply()).status == 200
        await here.close()
        secret(tmp_path / "house", last)
        gateway.signal(signal.SIGHUP)
        await gateway.says(r"\(SIGHUP\)|" + f"(?s:{BY_ITSELF}.*{BY_ITSELF})")
        assert await faces(gateway, ca.client()) == {last.der}
        metrics = (await gateway.ask("GET", "/metrics")).body
        assert metrics.count(b'\npacs_gateway_certificate_expiry_timestamp_seconds{name="-",use="listener"}') == 1
        await gateway.leave()


async def test_a_successor_shows_what_is_in_force(tmp_path: Path) -> None:
    ca = Authority(tmp_path)
    old, new = ca.certificate(), ca.certificate()
    async with archive() as pacs, behind_tls(tmp_path / "house", pacs.url, old, 2) as gateway:
        secret(tmp_path / "house", new)
        assert (await gateway.ask("POST", "/-/reload")).status == 200
        before = gateway.workers
        os.kill(before[0], signal.SIGKILL)
        await gateway.says(r"ended by SIGKILL and is replaced")
        async with asyncio.timeout(15):
            while len(gateway.workers) < 2:  # noqa: ASYNC110 - processes tell nobody
                await asyncio.sleep(0.02)
        assert await faces(gateway, ca.client()) == {new.der}
        await gateway.leave()


async def test_a_pair_that_does_not_fit_is_refused_by_all(tmp_path: Path) -> None:
    ca = Authority(tmp_path)
    old, other = ca.certificate(), ca.certificate()
    async with archive() as pacs, behind_tls(tmp_path / "house", pacs.url, old, 2) as gateway:
        secret(tmp_path / "house", Certificate(other.cert, old.key))
        refused = await gateway.ask("POST", "/-/reload")
        assert (refused.status, b"does not belong to the certificate" in refused.body) == (422, True)
        assert await faces(gateway, ca.client()) == {old.der}
        metrics = (await gateway.ask("GET", "/metrics")).body
        assert b"\npacs_gateway_config_last_reload_successful 0.0\n" in metrics
