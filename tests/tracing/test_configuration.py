"""The section `tracing` of a configuration, and the page about it."""

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from gateway.config import coherence
from gateway.config.findings import ConfigErrors
from gateway.config.load import load, load_text
from gateway.config.settings import Secret, TracingSettings
from gateway.reload import needs_restart

ROOT = Path(__file__).parents[2]
MINIMAL = "version: 1\nupstreams: {pacs: {url: 'http://pacs'}}\n"


def tracing(text: str) -> TracingSettings | None:
    return load_text(f"{MINIMAL}{text}", "gateway.yaml", {}).tracing


def test_without_the_section_there_are_no_spans() -> None:
    assert tracing("") is None


@pytest.mark.parametrize(
    ("written", "endpoint"),
    [
        ("http://otel-collector:4318", "http://otel-collector:4318"),
        ("http://otel-collector:4318/", "http://otel-collector:4318"),
        ("http://[::1]:4318/v1/traces", "http://[::1]:4318"),
        ("https://otlp.example.org/otlp", "https://otlp.example.org/otlp"),
    ],
)
def test_an_address_is_enough(written: str, endpoint: str) -> None:
    assert tracing(f"tracing: {{endpoint: '{written}'}}") == TracingSettings(endpoint, 0.1, "pacs-gateway")


def test_the_fields_in_a_file_are_never_shown(tmp_path: Path) -> None:
    (tmp_path / "fields").write_text("Authorization: Bearer t0ken\n")
    file = tmp_path / "gateway.yaml"
    file.write_text(f"{MINIMAL}tracing: {{endpoint: 'http://otel', headers_file: fields}}")
    found = load(file, {})
    assert found.tracing is not None
    assert found.tracing.headers_file == Secret(tmp_path / "fields", b"Authorization: Bearer t0ken")
    assert "t0ken" not in f"{found.effective} {found}"


def test_a_change_waits_for_the_next_start(tmp_path: Path) -> None:
    before, after = (load_text(f"{MINIMAL}{text}", "", {}) for text in ("", "tracing: {endpoint: 'http://otel'}"))
    assert needs_restart(before, after) == ("tracing changed and takes effect at the next start",)


@pytest.mark.parametrize("library", ["opentelemetry.sdk.trace", "opentelemetry.exporter.otlp.proto.http", "requests"])
def test_without_the_extra_it_says_which(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coherence, "find_spec", lambda name: None if name == library else find_spec(name))
    with pytest.raises(ConfigErrors) as caught:
        tracing("tracing: {endpoint: 'http://otel'}")
    (finding,) = caught.value.findings
    assert str(finding) == ("gateway.yaml:3:10: tracing: needs more libraries: pip install 'pacs-gateway[tracing]'")


def test_without_the_section_nothing_of_the_extra_is_imported() -> None:
    """So that whoever does not trace neither installs it nor waits for it."""
    program = """
import asyncio, sys
sys.modules |= dict.fromkeys(("opentelemetry", "requests", "google.protobuf"))
import gateway.cli.main, gateway.workers.worker
from gateway.config.load import load_text
from gateway.server import GatewayProcess

async def main():
    async with GatewayProcess(load_text(sys.argv[1], "", {})) as gateway:
        print(gateway.runtime.tracer)

asyncio.run(main())
"""
    ports = f"{MINIMAL}server: {{port: 0}}\nadmin: {{port: 0}}\n"
    done = subprocess.run([sys.executable, "-c", program, ports], capture_output=True, text=True, cwd=ROOT)
    assert (done.stdout, done.returncode) == ("None\n", 0), done.stderr


def test_of_another_library_a_part_is_not_enough() -> None:
    """Other software brings the interface of OpenTelemetry along, without what sends anything."""
    assert coherence._is_installed("opentelemetry.sdk.trace")
    assert not coherence._is_installed("opentelemetry.sdk.nothing")
    assert not coherence._is_installed("nothing.sdk.trace")


def test_the_page_has_the_configuration_of_this_release() -> None:
    page = (ROOT / "docs/tracing.md").read_text("utf-8")
    shown = re.search(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert shown is not None
    assert tracing(shown[1]) == TracingSettings("http://otel-collector:4318", 0.1)
