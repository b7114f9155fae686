"""What only the overlay with several replicas promises, and what the other one leaves out for good reasons."""

import pytest

from tests.deploy.cluster import Built, built, matches, secret
from tests.support.store import PASSWORD


@pytest.fixture
def cluster() -> Built:
    return built("scaled-out")


def test_the_archive_sees_no_more_than_it_was_asked_about(cluster: Built) -> None:
    at_most = cluster.one("HorizontalPodAutoscaler")["spec"]["maxReplicas"] + 1  # one more while pods are replaced
    limits = cluster.settings.upstreams["pacs"].protection.limits
    assert limits is not None
    assert f"{limits.in_flight} times {at_most}" in cluster.configuration


def test_two_at_least_on_machines_of_their_own(cluster: Built) -> None:
    assert cluster.one("HorizontalPodAutoscaler")["spec"]["minReplicas"] >= 2
    assert "replicas" not in cluster.one("Deployment")["spec"], "it would overrule the autoscaler at each apply"
    spread = {each["topologyKey"]: each for each in cluster.pod()["spec"]["topologySpreadConstraints"]}
    assert spread["kubernetes.io/hostname"]["whenUnsatisfiable"] == "DoNotSchedule"
    for each in spread.values():
        assert matches(each["labelSelector"], cluster.pod()["metadata"]["labels"])


def test_work_on_the_cluster_takes_one_at_a_time(cluster: Built) -> None:
    assert cluster.one("PodDisruptionBudget")["spec"]["maxUnavailable"] == 1


def test_rates_are_counted_in_common_behind_a_password(cluster: Built) -> None:
    shared = cluster.settings.shared_state
    assert shared is not None
    assert shared.url == f"valkey://:{PASSWORD}@valkey:{cluster.port('valkey', 'valkey')}/0"
    assert cluster.one("Service", "valkey")["spec"]["ports"][0]["port"] == cluster.port("valkey", "valkey")


def test_the_password_is_in_a_secret_that_never_changes(cluster: Built) -> None:
    (holder,) = cluster.all("Secret")
    assert holder["immutable"] is True
    assert secret(holder, "VALKEY_PASSWORD") == PASSWORD
    name = holder["metadata"]["name"]
    assert name != "valkey", "a new password needs a new name, or pods would go on with the old one"
    for user in ("pacs-gateway", "valkey"):
        (variable,) = cluster.container(user)["env"]
        assert variable["valueFrom"]["secretKeyRef"] == {"name": name, "key": "VALKEY_PASSWORD"}


def test_one_gateway_is_not_in_the_way_of_work_on_the_cluster() -> None:
    assert not built("single-pacs").all("PodDisruptionBudget"), "with one replica it would hold up every drain"
