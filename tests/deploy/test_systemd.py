"""The unit for systemd: systemd reads it, it is as closed as it says, and it fits the gateway that it starts."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.cli.main import parser as command_line
from gateway.config.load import load_text
from gateway.config.settings import ServerSettings
from tests.deploy import unit
from tests.support.certificates import Authority
from tests.support.servers import missing

FAREWELL = 20  # seconds after a drain: 15 for workers, 5 for the audit trail
CLOSED = {
    "CapabilityBoundingSet": [""],
    "DynamicUser": ["yes"],
    "MemoryDenyWriteExecute": ["yes"],
    "NoNewPrivileges": ["yes"],
    "PrivateDevices": ["yes"],
    "PrivateTmp": ["yes"],
    "PrivateUsers": ["yes"],
    "ProtectHome": ["yes"],
    "ProtectSystem": ["strict"],
    "RestrictAddressFamilies": ["AF_INET AF_INET6 AF_UNIX"],
    "SystemCallFilter": ["@system-service", "~@privileged @resources"],
    "UMask": ["0077"],
}


@pytest.fixture
def analyze() -> str:
    return shutil.which("systemd-analyze") or missing("systemd-analyze is not installed")


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The unit where the program is there, which systemd looks for."""
    file = tmp_path / unit.FILE.name
    file.write_text(unit.FILE.read_text().replace(f"{unit.HOME}/bin/pacs-gateway", sys.executable))
    return file


def test_systemd_finds_nothing_wrong_with_it(analyze: str, installed: Path) -> None:
    """It warns of keys and values that it does not know, and passes over them; so there must not be a word."""
    said = run(analyze, "verify", "--man=no", "--recursive-errors=no", installed)
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


def test_a_word_that_systemd_does_not_know_is_found(analyze: str, installed: Path) -> None:
    installed.write_text(installed.read_text().replace("ProtectHome=", "ProtectHouse="))
    said = run(analyze, "verify", "--man=no", "--recursive-errors=no", installed)
    assert "Unknown key" in said.stderr


def test_it_is_as_closed_as_the_page_says(analyze: str, installed: Path) -> None:
    page = (unit.FOLDER.parents[1] / "docs" / "systemd.md").read_text()
    said = run(analyze, "security", "--offline=true", "--no-pager", installed).stdout
    (exposure,) = re.findall(r"Overall exposure level for \S+: ([0-9.]+)", said)
    assert float(exposure) <= 1.2
    assert re.search(r"exposure level of 1\.[12]\b", page)


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(arguments, capture_output=True, text=True, timeout=60, env={**os.environ, "LANG": "C.UTF-8"})


@pytest.mark.parametrize(("key", "value"), CLOSED.items())
def test_what_keeps_it_in(key: str, value: list[str]) -> None:
    assert unit.service()[key] == value


def test_nothing_is_started_that_the_command_line_does_not_know() -> None:
    program, *arguments = unit.command("ExecStart")
    assert program == f"{unit.HOME}/bin/pacs-gateway"
    options = command_line().parse_args(arguments)
    assert str(options.config) == f"{unit.PLACE}/gateway.yaml"
    assert unit.service()["EnvironmentFile"] == [f"{unit.PLACE}/environment"]


def test_systemd_waits_longer_than_the_gateway_drains() -> None:
    assert unit.seconds("TimeoutStopSec") > ServerSettings().drain + FAREWELL
    assert unit.service()["KillSignal"] == ["SIGTERM"]
    assert unit.service()["KillMode"] == ["mixed"], "workers ignore signals, and their supervisor sees to them"


def test_there_are_descriptors_for_all_clients() -> None:
    (allowed,) = unit.service()["LimitNOFILE"]
    assert int(allowed) > 2 * ServerSettings().limits.connections


def test_keys_that_systemd_hands_out_are_found(tmp_path: Path) -> None:
    """The line that the unit's comment tells to write, and the names that it loads."""
    text = unit.FILE.read_text()
    (line,) = re.findall(r"^#   (server: \{tls: .*)$", text, re.MULTILINE)
    names = re.findall(r"^#LoadCredential=(\S+):/", text, re.MULTILINE)
    made = Authority(tmp_path).certificate()
    for name, file in zip(names, (made.cert, made.key), strict=True):
        file.rename(tmp_path / name)
    pacs = 'upstreams: {pacs: {url: "http://pacs:8042"}}'
    settings = load_text(f"version: 1\n{line}\n{pacs}\n", "gateway.yaml", {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert settings.server.tls is not None
    assert [settings.server.tls.cert_file, settings.server.tls.key_file] == [tmp_path / name for name in names]
