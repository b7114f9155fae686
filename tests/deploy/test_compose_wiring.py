"""deploy/compose without containers: Debian's Orthanc and Prometheus and the gateway, on the very files that are mounted.

Only addresses, ports and folders differ. What images and networks add, only Docker can show.
"""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.composition import on_this_machine
from tests.pacs.archives import Orthanc
from tests.pacs.gateway_process import Gateway
from tests.pacs.samples import MULTIPART, UIDS, ct, multipart, part10
from tests.pacs.wire import ask
from tests.support.ports import free_port
from tests.support.servers import Server, get, missing, until

pytestmark = pytest.mark.pacs
OF_THIS_MACHINE = {"StorageDirectory", "IndexDirectory", "Plugins", "HttpPort", "RemoteAccessAllowed"}


class Composed(Gateway):
    """The gateway on its file of deploy/compose."""

    def __init__(self, folder: Path, archive: str) -> None:
        Server.__init__(
            self, folder, [sys.executable, "-m", "gateway", "serve", "--config", str(folder / "gateway.yaml")]
        )
        self.admin_port = free_port()
        mounted = on_this_machine("gateway", "/etc/pacs-gateway/gateway.yaml").read_text()
        (folder / "gateway.yaml").write_text(mounted)
        self.command = [
            "env", f"ORTHANC_URL={archive}", f"GATEWAY_PORT={free_port()}", f"ADMIN_PORT={self.admin_port}", *self.command
        ]  # fmt: skip


class Prometheus(Server):
    """Debian's, on the file that is mounted, with the gateway's address and the folder of the rules of this machine."""

    def __init__(self, folder: Path, gateway: int) -> None:
        program = shutil.which("prometheus") or missing("Prometheus is not installed (Debian: prometheus)")
        mounted = on_this_machine("prometheus", "/etc/prometheus/prometheus.yaml").read_text()
        rules = str(on_this_machine("prometheus", "/etc/pacs-gateway-rules"))
        here = mounted.replace("/etc/pacs-gateway-rules", rules).replace("gateway:9090", f"127.0.0.1:{gateway}")
        assert here.count("15s") == 2
        (folder / "prometheus.yaml").write_text(here.replace("15s", "1s"))  # nobody wants to wait
        port = free_port()
        options = (
            "--config.file=prometheus.yaml",
            "--storage.tsdb.path=data",
            f"--web.listen-address=127.0.0.1:{port}",
        )
        super().__init__(folder, [program, *options], port)

    def answers(self) -> bool:
        return get(self.port, "/-/ready")[0] == 200

    def told(self, path: str) -> Any:
        return json.loads(get(self.port, f"/api/v1/{path}")[1])["data"]


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Composed, Prometheus]]:
    """In the order of `depends_on`."""
    mounted = json.loads(on_this_machine("orthanc", "/etc/orthanc/orthanc.json").read_text())
    more = {key: value for key, value in mounted.items() if key not in OF_THIS_MACHINE}
    with ExitStack() as stack:
        orthanc = Orthanc(tmp_path_factory.mktemp("orthanc"), **more)
        stack.callback(orthanc.kill)
        orthanc.start()
        gateway = Composed(tmp_path_factory.mktemp("gateway"), orthanc.base)
        stack.callback(gateway.kill)
        gateway.start()
        prometheus = Prometheus(tmp_path_factory.mktemp("prometheus"), gateway.admin_port)
        stack.callback(prometheus.kill)
        prometheus.start()
        yield gateway, prometheus


def test_a_study_goes_in_and_is_found(composed: tuple[Composed, Prometheus]) -> None:
    gateway, _ = composed
    stored = ask(gateway.base, "POST", "/dicom-web/studies", {"Content-Type": MULTIPART}, multipart(part10(ct(UIDS))))
    assert stored.status == 200
    found = ask(gateway.base, "GET", "/dicom-web/studies", {"Accept": "application/dicom+json"}, b"")
    assert found.status == 200
    assert UIDS in found.content.decode()


def test_orthancs_own_ways_are_open(composed: tuple[Composed, Prometheus]) -> None:
    """As the README of deploy/compose says: a file is stored, and its pages are there."""
    gateway, _ = composed
    assert (
        ask(gateway.base, "POST", "/instances", {"Content-Type": "application/dicom"}, part10(ct(UIDS, 2))).status
        == 200
    )
    assert ask(gateway.base, "GET", "/app/explorer.html", {}, b"").status == 200


def test_the_gateway_is_read_and_its_rules_are_at_work(composed: tuple[Composed, Prometheus]) -> None:
    _, prometheus = composed
    until(lambda: bool(prometheus.told("query?query=pacs_gateway_build_info")["result"]), "the gateway was read")
    (target,) = prometheus.told("targets")["activeTargets"]
    assert (target["health"], target["labels"]["job"]) == ("up", "pacs-gateway")
    files = {Path(group["file"]).name for group in prometheus.told("rules")["groups"]}
    assert "alerts.yaml" in files


def test_a_file_that_is_saved_is_in_force_soon(composed: tuple[Composed, Prometheus]) -> None:
    """As with the mounted folder: an editor puts a new file in the place of the old one."""
    gateway, _ = composed
    file = gateway.folder / "gateway.yaml"
    (gateway.folder / "new").write_text(file.read_text().replace("mode: enforce", "mode: observe"))
    os.replace(gateway.folder / "new", file)
    until(lambda: any("mode=observe" in sample for sample in gateway.metrics()), "observe is in force")
