"""A whole file to settings: defaults, every key, what belongs to what, the quick start, the effective configuration."""

from dataclasses import fields
from ipaddress import ip_network
from pathlib import Path

import pytest
import yaml

from gateway.config.findings import ConfigErrors
from gateway.config.lint import lint
from gateway.config.load import load, load_text, quick_start
from gateway.config.packs import names
from gateway.config.reference.structure import keys_of
from gateway.config.schema import SECTIONS
from gateway.config.settings import (
    AdminSettings,
    LoggingSettings,
    Route,
    Secret,
    ServerSettings,
    ServerTls,
    Settings,
    Timeouts,
    UpstreamTls,
)
from gateway.core.policy import Mode, Policy, RetryPolicy
from gateway.dicomweb.statuses import DCS_SET, DICOM_SET
from tests.support.certificates import Authority

ROOT = Path(__file__).parents[2]
MINIMAL = "version: 1\nupstreams: {pacs: {url: 'http://pacs:8042'}}\n"

EVERY_KEY = """
version: 1
mode: observe
server:
  host: 127.0.0.1
  port: 8443
  drain: 0s
  limits: {target: 4KiB, headers: 16KiB, header_timeout: 5s, idle_timeout: 1m, body_timeout: 500ms,
    connections: 100, tunnels: 7, tunnel_idle: 5m}
  tls: {cert_file: tls/crt.pem, key_file: tls/key.pem, client_ca_file: tls/crt.pem}
  trusted_proxies: [10.0.0.0/8, fd00::/8]
admin: {host: '::1', port: 0}
documented:
  set: dcs
  edition: 2026a
  add: {451: Withheld by order of a court.}
  fold: {418: 404}
upstreams:
  ct:
    url: https://ct.internal
    host_header: client
    timeouts: {connect: 1s, response: 10s, idle: 20s, by_transaction: {studies.store: 1h, store: 10m, retrieve: 5m}}
    tls: {ca_file: tls/crt.pem, verify: false, cert_file: tls/crt.pem, key_file: tls/key.pem}
    quirks: {unauthorized_challenge: 'Basic realm="CT"'}
  mr: {url: 'http://[fd00::2]:8042'}
routes:
  - {id: ct, prefix: /ct/, upstream: ct, service: opaque}
  - {id: mr, upstream: mr}
packs: [orthanc, login-pages, orthanc]
rules:
  - id: gone
    why: Deleted studies say so in a header.
    when: {transaction: retrieve, route: mr, upstream: [mr], status: 404, header: {X-Deleted: null}}
    then: {status: 410, headers: {set: {X-A: a}, add: {X-B: [b, c]}, remove: [Server]}, body: problem, healthy: true}
retry_after: {default: 20s, min: 5s, max: 1h, jitter: 0%}
inspect: {peek: 64KiB}
logging: {level: debug, format: text, identifiers: hash, identifier_key_file: log.key}
"""


def written(folder: Path, text: str) -> Settings:
    (folder / "tls").mkdir(exist_ok=True)
    made = Authority(folder / "tls").certificate()
    made.cert.rename(folder / "tls/crt.pem")
    made.key.rename(folder / "tls/key.pem")
    (folder / "log.key").write_bytes(b"sixteen bytes...\n")
    file = folder / "gateway.yaml"
    file.write_text(text)
    return load(file, {})


# Defaults


def test_what_is_not_written_has_the_default_of_the_settings() -> None:
    settings = load_text(MINIMAL, "g.yaml", {})
    assert settings.server == ServerSettings()
    assert settings.admin == AdminSettings()
    assert settings.logging == LoggingSettings()
    assert settings.upstreams["pacs"].timeouts == Timeouts()
    assert settings.upstreams["pacs"].tls == UpstreamTls()


def test_what_is_not_written_has_the_default_of_the_policy() -> None:
    policy, default = load_text(MINIMAL, "g.yaml", {}).policy, Policy()
    same = {field.name for field in fields(Policy) if field.compare} - {"documented", "quirks"}
    assert {name: getattr(policy, name) for name in same} == {name: getattr(default, name) for name in same}
    assert policy.quirks_of("pacs") == default.quirks_of("pacs")


def test_without_routes_everything_goes_to_the_only_upstream() -> None:
    assert load_text(MINIMAL, "g.yaml", {}).routes == (Route("pacs", "/", "pacs"),)


def test_sections_of_which_everything_is_commented_out_are_empty() -> None:
    assert load_text(MINIMAL + "server:\n  # port: 1\nrules:\n", "g.yaml", {}).server == ServerSettings()


def test_every_key_is_explained_in_a_sentence() -> None:
    every = dict(keys_of(SECTIONS))
    assert {"server.limits.target", "upstreams.<id>.quirks.empty_search", "rules[].when.status"} <= every.keys()
    assert [path for path, key in every.items() if not key.about[:1].strip() or not key.about.endswith(".")] == []


# Every key


def test_every_key_arrives(tmp_path: Path) -> None:
    settings = written(tmp_path, EVERY_KEY)
    server, ct = settings.server, settings.upstreams["ct"]
    assert (server.host, server.port, server.drain) == ("127.0.0.1", 8443, 0)
    limits = [getattr(server.limits, field.name) for field in fields(server.limits)]
    assert limits == [4096, 16384, 5, 60, 0.5, 100, 7, 300]
    assert server.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
    assert settings.admin == AdminSettings("::1", 0)
    key = Secret(tmp_path / "log.key", b"sixteen bytes...")
    assert settings.logging == LoggingSettings("debug", "text", "hash", key)
    assert (ct.origin, ct.host_header) == ("https://ct.internal", "client")
    assert settings.upstreams["mr"].origin == "http://[fd00::2]:8042"
    assert settings.routes == (Route("ct", "/ct", "ct", "opaque"), Route("mr", "/", "mr"))


def test_every_key_of_the_policy_arrives(tmp_path: Path) -> None:
    policy = written(tmp_path, EVERY_KEY).policy
    assert policy.mode is Mode.OBSERVE
    assert (policy.documented.name, policy.documented.codes, policy.documented.edition) == ("dcs", DCS_SET, "2026a")
    assert policy.documented.added == {451: "Withheld by order of a court."}
    assert policy.fold == {418: 404}
    assert policy.retry == RetryPolicy(20, 5, 3600, 0)
    assert policy.peek == 65536
    assert policy.quirks_of("ct").unauthorized_challenge == 'Basic realm="CT"'


def test_an_id_weighs_more_than_its_family_whatever_their_order(tmp_path: Path) -> None:
    timeouts = written(tmp_path, EVERY_KEY).upstreams["ct"].timeouts
    assert timeouts.response_for("uri.retrieve-dicom") == 300
    assert timeouts.response_for("studies.search") == 10
    text = MINIMAL.replace("8042'", "8042', timeouts: {by_transaction: {metadata: 1s, retrieve: 5m}}")
    timeouts = load_text(text, "g.yaml", {}).upstreams["pacs"].timeouts
    assert timeouts.response_for("studies.retrieve.metadata") == 1
    assert timeouts.response_for("studies.retrieve.frames") == 300


def test_file_names_are_relative_to_the_file_that_names_them(tmp_path: Path) -> None:
    settings = written(tmp_path, EVERY_KEY)
    crt, key = tmp_path / "tls/crt.pem", tmp_path / "tls/key.pem"
    assert settings.server.tls == ServerTls(crt, key, crt)
    assert settings.upstreams["ct"].tls == UpstreamTls(crt, verify=False, cert_file=crt, key_file=key)


def test_a_secret_is_read_and_only_its_file_is_shown(tmp_path: Path) -> None:
    settings = written(tmp_path, EVERY_KEY)
    assert settings.logging.identifier_key_file == Secret(tmp_path / "log.key", b"sixteen bytes...")
    assert "sixteen bytes" not in f"{settings} {settings.effective}"
    assert str(tmp_path / "log.key") in str(settings.effective)


def test_a_certificate_in_the_place_of_its_file_is_a_finding(tmp_path: Path) -> None:
    """No file system takes a name of that length, and some say so with an exception."""
    with pytest.raises(ConfigErrors) as caught:
        load_text(f"{MINIMAL}server: {{tls: {{cert_file: {'MIID' * 2000}, key_file: k.pem}}}}", "g.yaml", {})
    assert "there is no file MIIDMIID" in str(caught.value)


def test_the_file_rules_come_before_the_packs_in_their_order(tmp_path: Path) -> None:
    rules = written(tmp_path, EVERY_KEY).policy.rules
    assert rules[0].id == "gone"
    assert rules[0].where.endswith("gateway.yaml:31")
    assert list(dict.fromkeys(rule.pack for rule in rules)) == ["", "orthanc", "login-pages"]


# The documented set


def test_429_is_documented_by_default() -> None:
    documented = load_text(MINIMAL, "g.yaml", {}).policy.documented
    assert documented.codes == DICOM_SET
    assert list(documented.added) == [429]


def test_an_own_table_of_added_codes_replaces_the_default_one() -> None:
    assert not load_text(MINIMAL + "documented: {add: {}}\n", "g.yaml", {}).policy.documented.allows(429)


def test_in_the_larger_set_429_needs_no_row() -> None:
    documented = load_text(MINIMAL + "documented: {set: dcs}\n", "g.yaml", {}).policy.documented
    assert documented.added == {}
    assert documented.allows(429)


def test_a_code_that_is_folded_although_documented_may_be_folded_otherwise() -> None:
    assert load_text(MINIMAL + "documented: {fold: {505: 500}}\n", "g.yaml", {}).policy.fold == {505: 500}


# Routes


@pytest.mark.parametrize(
    ("prefix", "target", "covered"),
    [
        ("/", "/studies", True),
        ("/dicom-web", "/dicom-web", True),
        ("/dicom-web", "/dicom-web?x=/y", True),
        ("/dicom-web", "/dicom-web/studies", True),
        ("/dicom-web", "/dicom-website", False),
        ("/dicom-web", "/x?/dicom-web/", False),
    ],
)
def test_a_route_covers_whole_segments(prefix: str, target: str, covered: bool) -> None:
    assert Route("r", prefix, "pacs").covers(target) is covered


# The effective configuration and its digest


@pytest.mark.parametrize("text", [MINIMAL, EVERY_KEY], ids=["minimal", "every key"])
def test_the_effective_configuration_is_a_file_that_means_the_same(tmp_path: Path, text: str) -> None:
    settings = written(tmp_path, text)
    again = written(tmp_path, yaml.safe_dump(dict(settings.effective), sort_keys=False))
    assert again.effective == settings.effective
    assert again.digest == settings.digest
    assert (again.server, again.upstreams, again.routes) == (settings.server, settings.upstreams, settings.routes)


def test_the_effective_configuration_names_every_default() -> None:
    effective = load_text(MINIMAL, "g.yaml", {}).effective
    assert effective["retry_after"] == {"default": "10s", "min": "1s", "max": "5m", "jitter": "20%"}
    assert effective["documented"] == {
        "set": "dicom",
        "edition": "2024e",
        "add": {"429": "A limit of the gateway or of the archive was reached."},
        "fold": {},
        "strict": False,
    }


def test_the_digest_follows_the_meaning_and_not_the_letters() -> None:
    digest = load_text(MINIMAL, "g.yaml", {}).digest
    assert len(digest) == 12
    assert load_text("# A comment.\n" + MINIMAL + "mode: enforce\n", "other.yaml", {}).digest == digest
    assert load_text(MINIMAL + "mode: observe\n", "g.yaml", {}).digest != digest
    assert load_text(MINIMAL + "packs: all\n", "g.yaml", {}).digest != digest


# What operators copy


@pytest.mark.parametrize("file", sorted((ROOT / "config").glob("*.yaml")), ids=lambda file: file.name)
def test_the_files_to_copy_are_valid_and_their_examples_hold(file: Path) -> None:
    settings = load(file, {"PACS_URL": "http://pacs.internal:8042"})
    assert settings.upstreams["pacs"].origin == "http://pacs.internal:8042"
    assert lint(settings) == ()


def test_the_commented_file_holds_the_defaults() -> None:
    """Its values are those without it, as it says, but for what it marks as not set by default."""
    environ = {"PACS_URL": "http://pacs:8042"}
    effective = dict(load(ROOT / "config/gateway.yaml", environ).effective)
    default = dict(load_text(MINIMAL, "g.yaml", {}).effective)
    for settings in (effective, default):
        for key in ("upstreams", "routes", "packs", "rules"):
            del settings[key]
    assert effective == default


def test_the_minimal_file_has_five_lines() -> None:
    lines = (ROOT / "config/minimal.yaml").read_text().splitlines()
    assert len([line for line in lines if not line.startswith("# yaml-language-server:")]) == 5


# The quick start


def test_a_quick_start_needs_an_address_only() -> None:
    settings = quick_start("http://pacs.local:8042")
    assert settings.upstreams["pacs"].origin == "http://pacs.local:8042"
    assert settings.routes == (Route("pacs", "/", "pacs"),)
    assert tuple(dict.fromkeys(rule.pack for rule in settings.policy.rules)) == names()
    assert settings.server == ServerSettings()
    assert (settings.source, len(settings.digest)) == ("", 12)


def test_a_quick_start_passes_over_a_path() -> None:
    pasted = quick_start("https://pacs.local/dicom-web/studies?limit=1")
    assert pasted.upstreams == quick_start("https://pacs.local").upstreams


def test_a_quick_start_takes_ports_and_sections() -> None:
    settings = quick_start("http://pacs", host="127.0.0.1", port=0, admin_port=0, mode="observe", packs=[])
    assert (settings.server.host, settings.server.port, settings.admin.port) == ("127.0.0.1", 0, 0)
    assert (settings.policy.mode, settings.policy.rules) == (Mode.OBSERVE, ())


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("pacs:8042", '--upstream: "pacs:8042" has no scheme; write http://pacs:8042 or https://pacs:8042'),
        ("http://u:p@pacs", "--upstream: leave user and password out of the address"),
        ("http://pacs:x", "--upstream: is not an address such as http://pacs.internal:8042"),
    ],
)
def test_a_quick_start_with_a_faulty_address_says_so_in_a_line(url: str, message: str) -> None:
    with pytest.raises(ConfigErrors) as caught:
        quick_start(url)
    assert str(caught.value) == message


def test_a_quick_start_with_a_faulty_port_says_so_in_a_line() -> None:
    with pytest.raises(ConfigErrors) as caught:
        quick_start("http://pacs", port=65536)
    assert str(caught.value) == '--upstream: server.port: "65536" is not a whole number from 0 to 65535'
