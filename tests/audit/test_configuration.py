"""The section `audit` of a configuration, and the page about it."""

import re
from pathlib import Path
from xml.etree.ElementTree import canonicalize

from gateway.audit.ending import Ending
from gateway.audit.event import Participant
from gateway.audit.events import events
from gateway.audit.message import Source, message
from gateway.config.load import load_text
from gateway.config.settings import AuditSettings
from tests.core.making import asked

ROOT = Path(__file__).parents[2]
MINIMAL = "version: 1\nupstreams: {pacs: {url: 'http://pacs'}}\n"


def audit(text: str) -> AuditSettings | None:
    return load_text(f"{MINIMAL}{text}", "gateway.yaml", {}).audit


def test_without_the_section_nothing_is_sent() -> None:
    assert audit("") is None


def test_an_address_is_enough() -> None:
    assert audit("audit: {url: 'tls://audit.internal:6514'}") == AuditSettings("tls", "audit.internal", 6514)
    assert audit("audit: {url: 'tcp://[::1]:601'}") == AuditSettings("tcp", "::1", 601)


def test_every_key_arrives() -> None:
    found = audit("audit: {url: 'tcp://localhost:1514', source_id: gw-1, site: radiology, queue: 5}")
    assert found == AuditSettings("tcp", "localhost", 1514, source_id="gw-1", site="radiology", queue=5)


def test_what_the_page_shows_is_what_is_sent() -> None:
    page = (ROOT / "docs/audit.md").read_text("utf-8")
    shown = re.search(r"```xml\n(.*?)```", page, re.DOTALL)
    assert shown is not None
    request = asked("GET", "/dicom-web/studies?PatientName=DOE%5EJOHN&limit=20")
    ending = Ending("192.0.2.7", 200, True, "0b0e7c1e-6f0e-4a39-9d0c-0d4a6f5b1f7e", 1_767_268_800.0)
    (event,) = events(request, ending, Participant("4711"))
    sent = message(event, Source("gw-1", "radiology"))
    assert canonicalize(shown[1], strip_text=True) == canonicalize(sent.decode(), strip_text=True)


def test_the_page_has_the_configuration_of_this_release(tmp_path: Path) -> None:
    page = (ROOT / "docs/audit.md").read_text("utf-8")
    shown = re.search(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert shown is not None
    without_files = re.sub(r"  (ca|cert|key)_file: .*\n", "", shown[1])
    found = audit(without_files)
    assert found == AuditSettings("tls", "audit.internal", 6514, source_id="gw-1", site="radiology", queue=10_000)
