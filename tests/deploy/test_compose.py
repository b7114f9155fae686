"""deploy/compose as Docker would read it: what it allows, who waits for whom, and that every path leads to a file."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from compose_spec import PyCompose

from deploy.grafana import build
from gateway.config.load import load
from tests.deploy.composition import COMPOSE, FOLDER, ROOT, SERVICES, mounts, on_this_machine
from tests.support.prometheus import promtool

WRITES = {
    "gateway": [],
    "orthanc": ["/var/lib/orthanc"],
    "prometheus": ["/prometheus"],
    "grafana": ["/var/lib/grafana"],
}


def test_it_is_a_compose_file_and_names_only_what_it_has() -> None:
    read = PyCompose.from_json(json.dumps(COMPOSE))  # unknown keys and words are errors
    read.validate()  # networks and volumes
    assert set(read.service_names()) == SERVICES.keys() == WRITES.keys()


def test_a_mistake_in_it_would_be_found() -> None:
    for before, after in (("service_healthy", "service_healty"), ("read_only", "readonly")):
        with pytest.raises(ValueError, match=after):
            PyCompose.from_json(json.dumps(COMPOSE).replace(before, after))


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_may_do_nothing_it_need_not(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert [str(mount.target) for mount in mounts(name) if not mount.read_only] == WRITES[name]
    assert not service.keys() & {"privileged", "cap_add", "network_mode", "pid"}
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_nobody_starts_before_what_it_needs_is_healthy() -> None:
    order = ["orthanc", "gateway", "prometheus", "grafana"]
    for before, after in pairwise(order):
        assert SERVICES[after]["depends_on"] == {before: {"condition": "service_healthy"}}
    assert all(service["healthcheck"]["test"][0] == "CMD" for service in SERVICES.values()), "no image needs a shell"


def test_only_the_gateway_reaches_the_archive() -> None:
    assert [name for name, service in SERVICES.items() if "archive" in service["networks"]] == ["gateway", "orthanc"]
    assert COMPOSE["networks"]["archive"] == {"internal": True}
    assert "ports" not in SERVICES["orthanc"]


@pytest.mark.parametrize(
    "name", [name for name, service in SERVICES.items() if "image" in service and name != "gateway"]
)
def test_an_image_of_others_has_a_version(name: str) -> None:
    assert SERVICES[name]["image"].rpartition(":")[2][:1] in set("v123456789")


@pytest.mark.parametrize("name", SERVICES)
def test_what_is_mounted_is_there(name: str) -> None:
    for mount in mounts(name):
        assert mount.source in COMPOSE["volumes"] if mount.is_volume else (FOLDER / mount.source).is_dir()


def test_the_gateway_accepts_its_file_and_gets_longer_to_leave_than_it_needs() -> None:
    settings = load(on_this_machine("gateway", "/etc/pacs-gateway/gateway.yaml"), {})
    assert (settings.server.port, settings.admin.port) == (8080, 9090)
    assert int(SERVICES["gateway"]["stop_grace_period"].removesuffix("s")) > settings.server.drain
    (upstream,) = settings.upstreams.values()
    assert upstream.protection.limits is not None
    assert upstream.protection.breaker is not None


def test_the_gateway_is_asked_for_where_it_is_looked_for() -> None:
    """The image's own default is the file that is mounted, and the folder is mounted, so that a new file is seen."""
    assert "PACS_GATEWAY_CONFIG=/etc/pacs-gateway/gateway.yaml" in (ROOT / "Dockerfile").read_text()
    context = (FOLDER / SERVICES["gateway"]["build"]["context"]).resolve()
    assert (context / SERVICES["gateway"]["build"]["dockerfile"]).is_file()
    assert context == ROOT


def test_orthanc_keeps_its_studies_where_the_volume_is() -> None:
    (file,) = SERVICES["orthanc"]["command"]
    orthanc = json.loads(on_this_machine("orthanc", file).read_text())
    (volume,) = (mount.target for mount in mounts("orthanc") if mount.is_volume)
    assert all(Path(orthanc[key]).is_relative_to(volume) for key in ("StorageDirectory", "IndexDirectory"))
    assert orthanc["HttpPort"] == 8042


def prometheus_file() -> Path:
    (option,) = (word for word in SERVICES["prometheus"]["command"] if word.startswith("--config.file="))
    return on_this_machine("prometheus", option.partition("=")[2])


def test_prometheus_accepts_its_file_and_finds_the_rules(tmp_path: Path) -> None:
    settings = yaml.safe_load(prometheus_file().read_text())
    (pattern,) = settings["rule_files"]
    folder = on_this_machine("prometheus", str(Path(pattern).parent))
    rules = list(folder.glob(Path(pattern).name))
    assert folder / "alerts.yaml" in rules
    here = prometheus_file().read_text().replace(str(Path(pattern).parent), str(folder))
    (tmp_path / "prometheus.yaml").write_text(here)
    said = promtool("check", "config", tmp_path / "prometheus.yaml")
    assert said.count("rules found") == len(rules)


def test_prometheus_asks_the_port_for_operators() -> None:
    (job,) = yaml.safe_load(prometheus_file().read_text())["scrape_configs"]
    assert job["static_configs"] == [{"targets": ["gateway:9090"]}]
    shared = set(SERVICES["gateway"]["networks"]) & set(SERVICES["prometheus"]["networks"])
    assert shared == {"watching"}


def test_grafana_finds_the_source_and_the_dashboard() -> None:
    provisioning = "/etc/grafana/provisioning"
    source = on_this_machine("grafana", f"{provisioning}/datasources/prometheus.yaml").read_text()
    assert yaml.safe_load(source)["datasources"][0]["url"] == "${PROMETHEUS_URL}"
    environment = SERVICES["grafana"]["environment"]
    assert environment["PROMETHEUS_URL"] == "http://prometheus:9090"

    provider = yaml.safe_load(on_this_machine("grafana", f"{provisioning}/dashboards/pacs-gateway.yaml").read_text())
    folder = provider["providers"][0]["options"]["path"]
    assert on_this_machine("grafana", f"{folder}/pacs-gateway.json") == build.DASHBOARD
    home = environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert on_this_machine("grafana", home) == build.DASHBOARD


def test_grafana_knows_how_often_figures_come() -> None:
    source = yaml.safe_load(
        on_this_machine("grafana", "/etc/grafana/provisioning/datasources/prometheus.yaml").read_text()
    )
    scraping = yaml.safe_load(prometheus_file().read_text())
    assert source["datasources"][0]["jsonData"]["timeInterval"] == scraping["global"]["scrape_interval"]


def test_nobody_can_log_in_to_grafana() -> None:
    environment = SERVICES["grafana"]["environment"]
    assert environment["GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"] == "true"
    assert environment["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"
