"""From a client's request to the collector, through a whole gateway; and nowhere else."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest

from gateway.config.tls import Unusable
from gateway.server import GatewayProcess
from tests.audit.collecting import TinyCollector
from tests.audit.structure import code, details, misshapen, outcome, query
from tests.support.buffers import MORE_THAN_BUFFERED
from tests.support.certificates import Authority
from tests.support.client import Connection, Reply, ask, request
from tests.support.logs import captured_logs
from tests.support.running import SHORT, running
from tests.support.stage import records
from tests.support.upstream import ReceivedRequest, Said, ScriptedUpstream, answer

QUERY, TRANSFERRED, ACCESSED, ALERT, ACTIVITY = "110112", "110104", "110103", "110113", "110100"
JSON = ("Content-Type", "application/dicom+json")
STOW = ("Content-Type", 'multipart/related; type="application/dicom"; boundary=b')
STORED = b'{"00081199": {"vr": "SQ", "Value": [{"00081150": {"vr": "UI", "Value": ["1.2"]}}]}}'
OBJECT = b"--b\r\nContent-Type: application/dicom\r\n\r\nDICM\r\n--b--\r\n"
MULTIPART = ("Content-Type", 'multipart/related; type="application/dicom"; boundary=b')
STUDY = "/studies/2.25.1"
TRUSTING = SHORT.replace("drain: 2s,", "drain: 2s, trusted_proxies: [127.0.0.0/8, 10.0.0.0/8],")


def always(raw: bytes) -> Callable[[ReceivedRequest, int], Said]:
    return lambda _received, _number: Said(raw)


@asynccontextmanager
async def audited(
    folder: Path, raw: bytes, base: str = SHORT, collector: TinyCollector | None = None
) -> AsyncIterator[tuple[GatewayProcess, TinyCollector]]:
    """A gateway in front of an archive that always says the same, and its collector."""
    async with ScriptedUpstream(always(raw)) as archive, collector or TinyCollector() as there:
        trust = f", ca_file: {folder}/ca.pem" if there.tls else ""
        audit = f"audit: {{url: '{there.url}', source_id: gw-1{trust}}}"
        async with running(folder, archive.url, audit, base) as gateway:
            yield gateway, there


def participants(message: Element) -> list[tuple[str, str]]:
    """Who, and in which role."""
    return [
        (who.attrib["UserID"], next((role.attrib["csd-code"] for role in who), ""))
        for who in message.iter("ActiveParticipant")
    ]


async def told(folder: Path, raw: bytes, asked: bytes, event: str, base: str = SHORT) -> tuple[Reply, Element]:
    """One exchange, and the one message of this kind about it."""
    async with audited(folder, raw, base) as (gateway, there):
        reply = await ask(gateway.port, asked)
        await there.has_heard(1, event)
    (message,) = there.of(event)
    assert misshapen(message) == []
    return reply, message


async def test_a_search_is_told_with_its_query(tmp_path: Path) -> None:
    target = "/studies?PatientName=DOE%5EJOHN&StudyDate=20260101"
    reply, message = await told(tmp_path, answer(200, b"[{}]", JSON), request("GET", target), QUERY)
    assert reply.status == 200
    assert (query(message), outcome(message)) == (target, "0")
    assert participants(message) == [("127.0.0.1", "110153"), ("pacs", "110152")]


async def test_a_store_is_told_as_a_transfer_to_the_archive(tmp_path: Path) -> None:
    asked = request("POST", STUDY, STOW, body=OBJECT)
    reply, message = await told(tmp_path, answer(200, STORED, JSON), asked, TRANSFERRED)
    assert reply.status == 200
    assert message[0].attrib["EventActionCode"] == "C"
    assert outcome(message) == "0"
    assert participants(message) == [("127.0.0.1", "110153"), ("pacs", "110152")]
    assert message[-1].attrib["ParticipantObjectID"] == "2.25.1"


async def test_a_retrieve_is_told_as_a_transfer_to_the_client(tmp_path: Path) -> None:
    reply, message = await told(tmp_path, answer(200, OBJECT, MULTIPART), request("GET", STUDY), TRANSFERRED)
    assert reply.complete
    assert outcome(message) == "0"
    assert message[0].attrib["EventActionCode"] == "R"
    assert participants(message) == [("127.0.0.1", "110152"), ("pacs", "110153")]


async def test_a_transfer_that_was_cut_is_no_success(tmp_path: Path) -> None:
    long = OBJECT[:40] + b"x" * 100_000
    cut = answer(200, long, MULTIPART).replace(b"Content-Length: 1", b"Content-Length: 9")
    reply, message = await told(tmp_path, cut, request("GET", STUDY), TRANSFERRED)
    assert (reply.status, reply.complete) == (200, False)
    assert outcome(message) == "8"


async def test_a_client_that_leaves_in_a_transfer_has_not_got_it(tmp_path: Path) -> None:
    endless = answer(200, b"x" * MORE_THAN_BUFFERED, ("Content-Type", "application/octet-stream"))
    async with audited(tmp_path, endless) as (gateway, there):
        client = await Connection.to(gateway.port)
        await client.send(request("GET", f"{STUDY}/series/2.25.2/instances/2.25.3/bulkdata/7FE00010"))
        assert await client.more()
        client.writer.transport.abort()
        await there.has_heard(1, ACCESSED)
    assert outcome(there.of(ACCESSED)[0]) == "8"


async def test_whose_credentials_are_refused_is_told(tmp_path: Path) -> None:
    raw = answer(401, b"", ("WWW-Authenticate", 'Basic realm="PACS"'))
    asked = request("GET", STUDY, ("Authorization", "Basic c2VjcmV0OnNlY3JldA=="))
    reply, message = await told(tmp_path, raw, asked, ALERT)
    assert reply.status == 401
    assert outcome(message) == "4"
    assert details(message)["Alert Description"] == "The credentials of the request were not accepted (401)."


async def test_the_client_behind_a_trusted_proxy_is_the_one_who_asked(tmp_path: Path) -> None:
    """What stands before the last hop that is no proxy of ours, the client may have written itself."""
    chain = ("X-Forwarded-For", "198.51.100.9, 192.0.2.7, 10.1.2.3")
    asked = request("GET", f"{STUDY}/metadata", chain)
    _, message = await told(tmp_path, answer(200, b"[{}]", JSON), asked, ACCESSED, TRUSTING)
    assert participants(message) == [("192.0.2.7", "")]


@pytest.mark.parametrize("forwarded", ["DOE^JOHN", "10.1.2.3, 10.1.2.4", "", "unknown"])
async def test_what_is_no_address_is_not_believed(forwarded: str, tmp_path: Path) -> None:
    asked = request("GET", f"{STUDY}/metadata", ("X-Forwarded-For", forwarded))
    _, message = await told(tmp_path, answer(200, b"[{}]", JSON), asked, ACCESSED, TRUSTING)
    assert participants(message) == [("127.0.0.1", "")]


async def test_a_client_is_believed_nothing_about_itself(tmp_path: Path) -> None:
    asked = request("GET", f"{STUDY}/metadata", ("X-Forwarded-For", "192.0.2.7"))
    _, message = await told(tmp_path, answer(200, b"[{}]", JSON), asked, ACCESSED)
    assert participants(message) == [("127.0.0.1", "")]


async def test_the_trail_begins_and_ends_with_the_process_over_tls(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    collector = TinyCollector(authority.certificate().server())
    async with audited(tmp_path, answer(200, b"[{}]", JSON), collector=collector) as (gateway, there):
        await ask(gateway.port, request("GET", "/studies"))
        await there.has_heard(2)
        await gateway.__aexit__(None, None, None)
        await there.has_heard(3)
        exchange = (await records(gateway, 1))[0].id
    assert [code(message) for message in there.messages] == [ACTIVITY, QUERY, ACTIVITY]
    types = [message.find("EventIdentification/EventTypeCode") for message in there.of(ACTIVITY)]
    assert [type_.attrib["csd-code"] for type_ in types if type_ is not None] == ["110120", "110121"]
    assert details(there.of(QUERY)[0])["Exchange"] == exchange  # the log has the same


async def test_nothing_of_it_is_written_anywhere_else(tmp_path: Path) -> None:
    with captured_logs() as log:
        async with audited(tmp_path, answer(200, b"[{}]", JSON)) as (gateway, there):
            await ask(gateway.port, request("GET", "/studies?PatientName=DOE%5EJOHN"))
            await there.has_heard(2)
            counted = (await ask(gateway.admin_port, request("GET", "/metrics"))).body.decode()
            kept = repr(gateway.runtime.journal.recent(10))
    assert "DOE" in str(query(there.of(QUERY)[0]))
    for written in (log.getvalue(), counted, kept):
        assert written
        assert "DOE" not in written
        assert "127.0.0.1" not in written
        assert "AuditMessage" not in written
    assert 'pacs_gateway_audit_messages_total{outcome="sent"} 2.0' in counted
    assert "pacs_gateway_audit_queued 0.0" in counted


async def test_what_waits_is_seen_in_the_metrics_and_clients_notice_nothing(tmp_path: Path) -> None:
    away = TinyCollector()
    async with away:
        url = away.url
    more = f"audit: {{url: '{url}', queue: 2}}"
    async with (
        ScriptedUpstream(always(answer(200, b"[{}]", JSON))) as archive,
        running(tmp_path, archive.url, more) as gateway,
    ):
        for _ in range(4):
            assert (await ask(gateway.port, request("GET", "/studies"))).status == 200
        await records(gateway, 4)
        counted = (await ask(gateway.admin_port, request("GET", "/metrics"))).body.decode()
    assert "pacs_gateway_audit_queued 2.0" in counted
    assert 'pacs_gateway_audit_messages_total{outcome="dropped"} 3.0' in counted


async def test_a_bug_in_the_audit_breaks_no_exchange(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_arguments: object) -> None:
        raise ValueError("DOE^JOHN")

    with captured_logs() as log:
        async with audited(tmp_path, answer(200, b"[{}]", JSON)) as (gateway, _):
            monkeypatch.setattr("gateway.audit.trail.events", fails)
            assert (await ask(gateway.port, request("GET", "/studies"))).status == 200
            await records(gateway, 1)
            counted = (await ask(gateway.admin_port, request("GET", "/metrics"))).body.decode()
    assert 'pacs_gateway_audit_messages_total{outcome="dropped"} 1.0' in counted
    assert "ValueError at " in log.getvalue()
    assert "DOE" not in log.getvalue()


async def test_a_collector_that_is_another_takes_effect_at_the_next_start(tmp_path: Path) -> None:
    async with audited(tmp_path, answer(200)) as (gateway, there):
        file = tmp_path / "gateway.yaml"
        file.write_text(file.read_text().replace("gw-1", "gw-2").replace("${UPSTREAM}", "http://pacs"))
        result = await gateway.reloader.reload()
        assert result.notes == ("audit changed and takes effect at the next start",)
        await there.has_heard(1)


async def test_a_certificate_that_is_none_is_told_before_anything_is_served(tmp_path: Path) -> None:
    """It was one when the file was read. Nothing is left open."""
    authority = Authority(tmp_path)
    gateway = running(tmp_path, "http://127.0.0.1:1", f"audit: {{url: 'tls://127.0.0.1:1', ca_file: {authority.file}}}")
    authority.file.write_text("no certificate")
    with pytest.raises(Unusable, match=r"audit\.ca_file: the file .*/ca\.pem holds no certificates in PEM"):
        await gateway.__aenter__()


async def test_without_the_section_there_is_no_trail(tmp_path: Path) -> None:
    async with running(tmp_path, "http://127.0.0.1:1") as gateway:
        assert gateway.runtime.audit is None
        counted = (await ask(gateway.admin_port, request("GET", "/metrics"))).body.decode()
    assert 'pacs_gateway_audit_messages_total{outcome="sent"} 0.0' in counted
    assert 'pacs_gateway_audit_messages_total{outcome="dropped"} 0.0' in counted
    assert "pacs_gateway_audit_queued 0.0" in counted
