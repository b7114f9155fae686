"""Who reaches what, by the overlays: ports, services, network policies."""

import pytest

from tests.deploy.cluster import NAME, OVERLAYS, Built, Object, built, matches


@pytest.fixture(params=OVERLAYS)
def cluster(request: pytest.FixtureRequest) -> Built:
    return built(request.param)


def test_the_ports_are_those_of_the_configuration(cluster: Built) -> None:
    assert cluster.port("traffic") == cluster.settings.server.port
    assert cluster.port("admin") == cluster.settings.admin.port
    assert cluster.settings.admin.host == "0.0.0.0"  # the kubelet and Prometheus do not come by the loopback
    for service in cluster.all("Service"):
        for port in service["spec"]["ports"]:
            assert cluster.port(port["targetPort"], service["spec"]["selector"][NAME])


def test_the_operators_port_leads_nowhere_but_to_prometheus(cluster: Built) -> None:
    service = cluster.one("Service")
    assert [port["targetPort"] for port in service["spec"]["ports"]] == ["traffic"]
    assert cluster.one("Service", "pacs-gateway-admin")["spec"]["clusterIP"] == "None"
    opening = [rule for rule in incoming(cluster) if "admin" in ports_of(rule) or not rule.get("ports")]
    (who,) = [peer for rule in opening for peer in rule["from"]]
    assert who["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "monitoring"}
    assert who["podSelector"]["matchLabels"] == {NAME: "prometheus"}


def test_what_no_policy_names_is_closed(cluster: Built) -> None:
    spec = cluster.one("NetworkPolicy", "nothing-else")["spec"]
    assert spec == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    for policy in cluster.all("NetworkPolicy"):
        for rule in (*policy["spec"].get("ingress", []), *policy["spec"].get("egress", [])):
            assert rule["ports"], "a rule without ports opens all"
            assert rule.get("from") or rule.get("to"), "a rule without peers opens to all"


def test_the_way_to_the_archive_and_to_names_is_open(cluster: Built) -> None:
    outgoing = {port for rule in rules(cluster, "egress") for port in ports_of(rule)}
    assert outgoing >= {53, *(upstream.port for upstream in cluster.settings.upstreams.values())}
    assert any("traffic" in ports_of(rule) for rule in incoming(cluster))


def incoming(cluster: Built) -> list[Object]:
    return rules(cluster, "ingress")


def rules(cluster: Built, direction: str) -> list[Object]:
    """What the policies open for the gateway's pods in one direction."""
    labels = cluster.pod()["metadata"]["labels"]
    policies = [each["spec"] for each in cluster.all("NetworkPolicy") if matches(each["spec"]["podSelector"], labels)]
    return [rule for policy in policies for rule in policy.get(direction, [])]


def ports_of(rule: Object) -> list[object]:
    return [port["port"] for port in rule.get("ports", [])]


def test_prometheus_finds_the_gateways(cluster: Built) -> None:
    monitor = cluster.one("ServiceMonitor")["spec"]
    chosen = [each for each in cluster.all("Service") if matches(monitor["selector"], each["metadata"]["labels"])]
    assert [each["metadata"]["name"] for each in chosen] == ["pacs-gateway-admin"]
    (endpoint,) = monitor["endpoints"]
    assert endpoint["port"] in [port["name"] for port in chosen[0]["spec"]["ports"]]
