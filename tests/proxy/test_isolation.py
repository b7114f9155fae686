"""What belongs to one client stays with it, and the gateway talks to nobody but the archive."""

from pathlib import Path

from tests.support.client import ask, request
from tests.support.running import BYTES, running
from tests.support.upstream import ReceivedRequest, Said, ScriptedUpstream, answer

COOKIES = [("Set-Cookie", "session=doctor-a; Path=/"), ("Set-Cookie", "theme=dark")]


async def test_the_cookie_of_one_client_is_never_sent_for_another(tmp_path: Path) -> None:
    """By name, since cookie jars pass over addresses."""

    def script(_received: ReceivedRequest, _number: int) -> Said:
        return Said(answer(200, b"[]", *COOKIES), "keep")

    async with ScriptedUpstream(script) as archive:
        by_name = archive.url.replace("127.0.0.1", "localhost")
        async with running(tmp_path, by_name, base=BYTES) as gateway:
            first = await ask(gateway.port, request("GET", "/studies/1/metadata"))
            await ask(gateway.port, request("GET", "/studies/2/metadata"))
            await ask(gateway.port, request("GET", "/studies/3/metadata", ("Cookie", "session=doctor-b")))
    assert first.values("Set-Cookie") == [value for _, value in COOKIES]
    assert [received.values("Cookie") for received in archive.requests] == [[], [], [b"session=doctor-b"]]


async def test_a_redirect_is_never_followed(tmp_path: Path) -> None:
    async with ScriptedUpstream(lambda _received, _number: Said(answer(200, b"secret"))) as elsewhere:

        def script(_received: ReceivedRequest, _number: int) -> Said:
            return Said(answer(307, b"", ("Location", f"{elsewhere.url}/latest/meta-data/")), "keep")

        async with ScriptedUpstream(script) as archive, running(tmp_path, archive.url, base=BYTES) as gateway:
            reply = await ask(gateway.port, request("GET", "/studies/1/metadata"))
    assert (reply.status, reply.value("Location")) == (303, f"{elsewhere.url}/latest/meta-data/")
    assert elsewhere.connections == 0


async def test_nothing_of_the_clients_request_is_invented_or_lost(tmp_path: Path) -> None:
    own = [("aCCept", "application/dicom+json"), ("X-Twice", "1"), ("X-Twice", "2"), ("Authorization", "Bearer t")]
    added = {"Host", "Via", "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"}
    async with (
        ScriptedUpstream(lambda _received, _number: Said(answer(200, b"[]"))) as archive,
        running(tmp_path, archive.url, base=BYTES) as gateway,
    ):
        await ask(gateway.port, request("GET", "/studies?PatientName=DOE%5EJOHN", *own))
    received = archive.requests[0]
    assert received.line == b"GET /studies?PatientName=DOE%5EJOHN HTTP/1.1"
    lines = [tuple(line.decode().split(": ", 1)) for line in received.head.strip().split(b"\r\n")[1:]]
    assert [line for line in lines if line[0] not in added] == own
    assert {name for name, _ in lines} - {name for name, _ in own} == added
