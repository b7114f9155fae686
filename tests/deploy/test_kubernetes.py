"""The overlays for Kubernetes keep what their comments and docs promise, as far as that can be told without a cluster."""

import argparse
import subprocess
import sys
from pathlib import Path

import kubernetes_validate
import pytest

import gateway
from gateway.cli.main import parser as command_line
from tests.deploy.cluster import FOLDER, FROM_OTHERS, NAME, OVERLAYS, Built, built, matches
from tests.deploy.rules import FILES, groups
from tests.support.store import PASSWORD

FAREWELL = 20  # seconds after a drain: 15 for workers, 5 for the audit trail
VERSIONS = ("1.30", "1.36", "1.37")  # the oldest that it is for, and two recent ones


@pytest.fixture(params=OVERLAYS)
def cluster(request: pytest.FixtureRequest) -> Built:
    return built(request.param)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_object_is_one_that_the_cluster_takes(cluster: Built, version: str) -> None:
    for each in cluster.objects:
        if each["kind"] not in FROM_OTHERS:
            kubernetes_validate.validate(each, version, strict=True)


def test_objects_are_told_apart_and_stand_in_one_namespace(cluster: Built) -> None:
    names = [(each["kind"], each["metadata"]["name"]) for each in cluster.objects]
    assert len(set(names)) == len(names)
    inside = [each for each in cluster.objects if each["kind"] != "Namespace"]
    assert {each["metadata"]["namespace"] for each in inside} == {cluster.one("Namespace")["metadata"]["name"]}
    for each in cluster.objects:
        assert each["metadata"]["labels"].keys() >= {NAME, "app.kubernetes.io/part-of", "app.kubernetes.io/managed-by"}


def test_the_namespace_refuses_pods_that_are_not_restricted(cluster: Built) -> None:
    labels = cluster.one("Namespace")["metadata"]["labels"]
    assert {labels[f"pod-security.kubernetes.io/{mode}"] for mode in ("enforce", "audit", "warn")} == {"restricted"}


def test_every_pod_is_as_restricted_as_that(cluster: Built) -> None:
    """The rules of the profile, one by one: https://kubernetes.io/docs/concepts/security/pod-security-standards/."""
    allowed = {
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "persistentVolumeClaim",
        "projected",
        "secret",
    }
    for _name, pod in cluster.pods():
        spec, context = pod["spec"], pod["spec"]["securityContext"]
        assert not spec.keys() & {"hostNetwork", "hostPID", "hostIPC", "initContainers", "ephemeralContainers"}
        assert context["runAsNonRoot"] is True
        assert context["runAsUser"] > 0
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not context.keys() & {"sysctls", "seLinuxOptions", "windowsOptions", "appArmorProfile"}
        for volume in spec.get("volumes", []):
            assert volume.keys() - {"name"} <= allowed
        for container in spec["containers"]:
            # The last is more than the profile asks for.
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
                "readOnlyRootFilesystem": True,
            }
            assert not any("hostPort" in port for port in container["ports"])


def test_no_pod_holds_a_key_to_the_cluster(cluster: Built) -> None:
    assert cluster.one("ServiceAccount")["automountServiceAccountToken"] is False
    for _name, pod in cluster.pods():
        assert pod["spec"]["automountServiceAccountToken"] is False


def test_every_pod_has_its_share_and_a_bound_on_memory(cluster: Built) -> None:
    for name, pod in cluster.pods():
        (container,) = pod["spec"]["containers"]
        assert container["resources"]["requests"].keys() >= {"cpu", "memory"}, name
        assert "memory" in container["resources"]["limits"]
        assert "cpu" not in container["resources"]["limits"]


def test_who_is_asked_for_by_labels_is_there(cluster: Built) -> None:
    pods = {name: pod["metadata"]["labels"] for name, pod in cluster.pods()}
    for deployment in cluster.all("Deployment"):
        assert matches(deployment["spec"]["selector"], pods[deployment["metadata"]["name"]])
    for service in cluster.all("Service"):
        chosen = [name for name, labels in pods.items() if service["spec"]["selector"].items() <= labels.items()]
        assert chosen == [service["metadata"]["name"].removesuffix("-admin")]
    for budget in cluster.all("PodDisruptionBudget"):
        assert [name for name, labels in pods.items() if matches(budget["spec"]["selector"], labels)] == [
            "pacs-gateway"
        ]
    for policy in cluster.all("NetworkPolicy"):
        assert any(matches(policy["spec"]["podSelector"], labels) for labels in pods.values())


def test_the_pod_waits_until_the_gateway_has_drained(cluster: Built) -> None:
    early = cluster.container()["lifecycle"]["preStop"]["sleep"]["seconds"]
    grace = cluster.pod()["spec"]["terminationGracePeriodSeconds"]
    assert early >= 5
    assert grace > early + cluster.settings.server.drain + FAREWELL


def test_the_drain_waits_longer_than_the_archive_may_take_to_answer(cluster: Built) -> None:
    for upstream in cluster.settings.upstreams.values():
        patience = max(upstream.timeouts.response, *upstream.timeouts.by_transaction.values(), 0)
        assert cluster.settings.server.drain > patience


def test_replacing_pods_takes_none_before_the_next_is_ready(cluster: Built) -> None:
    assert cluster.one("Deployment")["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}


def test_a_changed_configuration_reaches_the_running_pod(cluster: Built) -> None:
    """The name stays, and the folder is mounted: the kubelet renews what stands in it, and the gateway looks there."""
    volumes = {volume["name"]: volume for volume in cluster.pod()["spec"]["volumes"]}
    (mount,) = (each for each in cluster.container()["volumeMounts"] if "configMap" in volumes[each["name"]])
    assert volumes[mount["name"]]["configMap"]["name"] == "pacs-gateway"
    assert mount["mountPath"] == str(arguments(cluster).config.parent)
    assert "subPath" not in mount
    assert arguments(cluster).no_watch is False
    assert cluster.one("ConfigMap").get("immutable") is not True


def arguments(cluster: Built) -> argparse.Namespace:
    return command_line().parse_args(cluster.container()["args"])


def test_the_image_is_this_release_and_from_somewhere(cluster: Built) -> None:
    where, _, tag = cluster.container()["image"].rpartition(":")
    assert tag == gateway.__version__
    assert "/" in where
    for _name, pod in cluster.pods():
        assert not pod["spec"]["containers"][0]["image"].endswith((":latest", "valkey"))


def test_the_rules_in_the_cluster_are_those_of_prometheus(cluster: Built) -> None:
    there = groups(*FILES)
    assert there
    assert cluster.one("PrometheusRule")["spec"]["groups"] == there, "run `make reference`"


def test_the_rules_are_as_they_are_written_by_make_reference() -> None:
    written = subprocess.run([sys.executable, FOLDER / "rules.py"], capture_output=True, text=True, check=True).stdout
    assert written == (FOLDER / "components/monitoring/prometheusrule.yaml").read_text(), "run `make reference`"


def test_passwords_are_nowhere_in_the_tree(tmp_path: Path) -> None:
    """A password that ships is one that everybody knows; the overlay is not built before the site has made one."""
    assert not [file for file in FOLDER.rglob("*") if PASSWORD in (file.read_text() if file.is_file() else "")]
    ignored = subprocess.run(["git", "check-ignore", "-q", FOLDER / "components/valkey/valkey.env"], cwd=FOLDER)
    assert ignored.returncode == 0
