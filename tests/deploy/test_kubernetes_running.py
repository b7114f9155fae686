"""What the overlays say, tried on running processes: the configuration that the ConfigMap holds, the probes that a kubelet
would send, the store as its pod starts it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from gateway.cli.main import main
from gateway.config.load import load
from gateway.server import GatewayProcess
from tests.deploy.cluster import OVERLAYS, Built, built
from tests.support.client import ask, request
from tests.support.store import PASSWORD, Redis

PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
NOBODY = "http://127.0.0.1:1"
QUESTION = request("GET", "/studies?limit=1")


def here(folder: Path, cluster: Built, store: int = 1) -> GatewayProcess:
    """The gateway as the ConfigMap configures it, on ports of this machine, before an archive that is away."""
    text = cluster.configuration.replace("@valkey:6379", f"@127.0.0.1:{store}")
    keys = yaml.safe_load(text)
    keys["server"] |= {"host": "127.0.0.1", "port": 0, "drain": "1s"}
    keys["admin"] |= {"host": "127.0.0.1", "port": 0}
    keys["upstreams"]["pacs"]["url"] = NOBODY
    file = folder / "gateway.yaml"
    file.write_text(yaml.safe_dump(keys))
    return GatewayProcess(load(file, {"VALKEY_PASSWORD": PASSWORD}), file)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_configuration_has_no_mistake(
    overlay: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VALKEY_PASSWORD", PASSWORD)
    file = tmp_path / "gateway.yaml"
    file.write_text(built(overlay).configuration)
    assert main(["check", str(file)]) == 0, capsys.readouterr().err


@pytest.mark.parametrize("overlay", OVERLAYS)
async def test_a_pod_before_an_archive_that_is_away_stays_in_service(overlay: str, tmp_path: Path) -> None:
    cluster = built(overlay)
    async with here(tmp_path, cluster) as gateway:
        assert (await ask(gateway.port, QUESTION)).status == 503
        for probe in PROBES:
            asked = cluster.container()[probe]["httpGet"]
            assert asked["port"] == "admin"
            assert (await ask(gateway.admin_port, request("GET", asked["path"]))).status == 200


@pytest.mark.parametrize("probe", PROBES)
async def test_a_pod_that_drains_is_alive_and_not_ready(probe: str, tmp_path: Path) -> None:
    cluster = built("single-pacs")
    expected = 200 if probe == "livenessProbe" else 503
    async with here(tmp_path, cluster) as gateway:
        await gateway.drain()
        target = cluster.container()[probe]["httpGet"]["path"]
        assert (await ask(gateway.admin_port, request("GET", target))).status == expected


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Redis]:
    """Debian's Redis, started with the arguments of the Valkey's pod."""
    arguments = built("scaled-out").container("valkey")["args"]
    filled_in = [argument.replace("$(VALKEY_PASSWORD)", PASSWORD) for argument in arguments]
    with Redis(tmp_path, *filled_in) as redis:
        yield redis


async def test_replicas_count_together_in_the_store_as_it_is_started(store: Redis, tmp_path: Path) -> None:
    cluster = built("scaled-out")
    async with here(tmp_path, cluster, store.port) as gateway:
        await ask(gateway.port, QUESTION)
        metrics = (await ask(gateway.admin_port, request("GET", "/metrics"))).body.decode()
    assert "\npacs_gateway_shared_state_up 1.0\n" in metrics
    assert int(store.say("DBSIZE").lstrip(b":")) > 0
    assert b"volatile-ttl" in store.say("INFO memory")
