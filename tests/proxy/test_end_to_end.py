"""What client and archive say to each other about a representation (RFC 9110 8, 12-14, RFC 9111) is between them: conditions,
ranges, codings, caching, challenges. Every line crosses as it was written, and every content byte for byte, whether the
gateway judges the answer or only carries it.
"""

import gzip
import zlib
from pathlib import Path

import pytest

from tests.support.client import Reply, ask, request
from tests.support.running import SHORT, running
from tests.support.upstream import ReceivedRequest, Said, ScriptedUpstream, answer

Line = tuple[str, str]

# The second set has 412 and 416.
TWO_ROUTES = SHORT.replace(
    "routes: [{id: dicomweb, prefix: /, upstream: pacs}]",
    "routes: [{id: dicomweb, prefix: /rs, upstream: pacs}, {id: raw, prefix: /raw, upstream: pacs, service: opaque}]",
)
SECOND_SET = TWO_ROUTES + "documented: {set: dcs}\n"
BULK = "/studies/1.2/series/1.3/instances/1.4/bulkdata/pixels"
routes = pytest.mark.parametrize("route", ["/rs", "/raw"])

DATE = ("Date", "Sun, 22 Nov 2026 10:00:00 GMT")
OCTETS = ("Content-Type", "application/octet-stream")
STRONG, WEAK = ("ETag", '"v1"'), ("eTag", 'W/"v1"')
BYTES_OF_ALL_KINDS = bytes(range(256)) * 3
RANGES = (
    b"--B\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes 0-1/768\r\n\r\n\0\1\r\n"
    b"--B\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes 766-767/768\r\n\r\n\xfe\xff\r\n--B--\r\n"
)
CACHED = [
    ("Cache-Control", "private, max-age=60"), ("cache-control", 'no-cache="Set-Cookie"'), ("Expires", "0"), ("Age", "17"),
    ("Last-Modified", "Fri, 01 May 2026 08:00:00 GMT"), ("Vary", "Accept"), ("vary", "Accept-Encoding, Origin"),
]  # fmt: skip

# id, lines of the request, status, lines of the answer, content
EXCHANGES: list[tuple[str, list[Line], int, list[Line], bytes]] = [
    (
        "one-range",
        [("Range", "bytes=0-4"), ("If-Range", '"v1"')],
        206,
        [OCTETS, ("Content-Range", "bytes 0-4/768"), STRONG, ("Accept-Ranges", "bytes"), *CACHED],
        BYTES_OF_ALL_KINDS[:5],
    ),
    (
        "several-ranges",
        [("rAnge", "bytes=0-1, -2"), ("If-Range", "Fri, 01 May 2026 08:00:00 GMT")],
        206,
        [("Content-Type", 'multipart/byteranges; boundary="B"'), STRONG],
        RANGES,
    ),
    ("range-beyond-the-end", [("Range", "bytes=800-")], 416, [("Content-Range", "bytes */768")], b"no such range"),
    ("range-in-another-unit", [("Range", "frames=1-2")], 200, [OCTETS, ("Accept-Ranges", "none")], BYTES_OF_ALL_KINDS),
    (
        "not-modified",
        [
            ("If-None-Match", 'W/"v1", "v2"'),
            ("If-None-Match", "*"),
            ("If-Modified-Since", "Fri, 01 May 2026 08:00:00 GMT"),
        ],
        304,
        [WEAK, *CACHED],
        b"",
    ),
    (
        "precondition-failed",
        [("If-Match", '"v2"'), ("If-Unmodified-Since", "Fri, 01 May 2026 08:00:00 GMT")],
        412,
        [WEAK, ("Content-Type", "text/plain")],
        b"changed meanwhile",
    ),
    (
        "negotiated",
        [
            ("Accept", 'multipart/related; type="application/octet-stream";q=0.5, */*;q=0.1'),
            ("accept", "application/octet-stream"),
            ("Accept-Encoding", "zstd, br;q=0.9, gzip;q=0.5, identity;q=0, *;q=0"),
            ("Accept-Language", "de-CH, en;q=0.3"),
            ("Accept-Charset", "utf-8, iso-8859-1;q=0.5"),
            ("Cache-Control", "no-cache, max-stale=5"),
            ("Pragma", "no-cache"),
        ],
        200,
        [
            OCTETS,
            WEAK,
            *CACHED,
            ("Content-Language", "de"),
            ("Content-Disposition", "inline; filename*=UTF-8''M%C3%BCller"),
        ],
        BYTES_OF_ALL_KINDS,
    ),
    (
        "several-warnings",
        [],
        200,
        [
            OCTETS,
            ("Warning", '299 a "one, two"'),
            ("Warning", '199 b "three"'),
            ("warning", '214 c "four", 110 d "five"'),
        ],
        b"content",
    ),
    (
        "several-challenges",
        [("Authorization", "Negotiate YII=")],
        401,
        [
            ("WWW-Authenticate", "Negotiate oYG="),
            ("WWW-Authenticate", 'Bearer realm="a", error="invalid_token", Basic realm="b, c"'),
            ("www-authenticate", "Digest realm=d, qop=auth"),
            ("Content-Type", "text/plain"),
        ],
        b"who are you?",
    ),
]

CODINGS = {
    "gzip": gzip.compress(b"content", mtime=0),
    "GZIP": gzip.compress(b"content", mtime=0),
    "deflate": zlib.compress(b"content"),
    "br": b"\x0b\x03\x80content\x03",
    "zstd": b"\x28\xb5\x2f\xfd\x20\x07\x39\x00\x00content",
    "gzip, br": b"\x0b\x03\x80twice\x03",
    "x-vendor": BYTES_OF_ALL_KINDS,
    "gzip;broken": b"\x1f\x8b but no more of it",
}


def crossed(reply: Reply) -> list[Line]:
    """The lines of a reply but for those that are the gateway's own."""
    ours = {"via", "content-length", "connection", "transfer-encoding", "proxy-status"}
    lines = [line.decode("latin-1").partition(": ")[::2] for line in reply.head.split(b"\r\n")[1:]]
    return [(name, value) for name, value in lines if name.lower() not in ours]


def received(seen: ReceivedRequest) -> list[Line]:
    ours = {"host", "via", "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"}
    lines = [line.decode("latin-1").partition(": ")[::2] for line in seen.head.strip().split(b"\r\n")[1:]]
    return [(name, value) for name, value in lines if name.lower() not in ours]


@routes
@pytest.mark.parametrize(
    ("asked", "status", "said", "content"), [row[1:] for row in EXCHANGES], ids=[row[0] for row in EXCHANGES]
)
async def test_what_the_two_ends_agree_on_crosses_untouched(
    asked: list[Line], status: int, said: list[Line], content: bytes, route: str, tmp_path: Path
) -> None:
    script = Said(answer(status, content, *said, DATE), "keep")
    async with (
        ScriptedUpstream(lambda _received, _number: script) as archive,
        running(tmp_path, archive.url, base=SECOND_SET) as gateway,
    ):
        reply = await ask(gateway.port, request("GET", route + BULK, *asked))
    assert (reply.status, reply.complete, reply.body) == (status, True, content)
    assert crossed(reply) == [*said, DATE]
    assert received(archive.requests[0]) == asked


@routes
@pytest.mark.parametrize(
    ("asked", "status", "said", "left"),
    [
        # RFC 9110 14.4: under another code than 206 and 416 a Content-Range has no meaning.
        pytest.param(
            ("Range", "bytes=800-"), 416, [("Content-Range", "bytes */768"), STRONG, DATE], [STRONG, DATE], id="416"
        ),
        pytest.param(("If-Match", '"v2"'), 412, [STRONG, DATE], [STRONG, DATE], id="412"),
    ],
)
async def test_a_code_that_is_not_documented_keeps_the_rest(
    asked: Line, status: int, said: list[Line], left: list[Line], route: str, tmp_path: Path
) -> None:
    async with (
        ScriptedUpstream(lambda _received, _number: Said(answer(status, b"why", *said), "keep")) as archive,
        running(tmp_path, archive.url, base=TWO_ROUTES) as gateway,
    ):
        reply = await ask(gateway.port, request("GET", route + BULK, asked))
    assert (reply.status, reply.body, crossed(reply)) == (400, b"why", left)
    assert f"received-status={status}" in reply.value("Proxy-Status")


@routes
@pytest.mark.parametrize("coding", CODINGS)
async def test_no_content_is_decoded_on_its_way(coding: str, route: str, tmp_path: Path) -> None:
    """Up and down; also where it is not what it says, or in a coding that nobody here knows."""
    content, coded = CODINGS[coding], ("Content-Encoding", coding)
    asked = request("POST", route + "/studies", ("Content-Type", "application/dicom"), coded, body=content)
    said = answer(200, content, ("Content-Type", "application/dicom+json"), coded, DATE)
    async with (
        ScriptedUpstream(lambda _received, _number: Said(said, "keep")) as archive,
        running(tmp_path, archive.url, base=TWO_ROUTES) as gateway,
    ):
        up = await ask(gateway.port, asked)
        down = await ask(gateway.port, request("GET", route + "/studies/1.2/metadata", ("Accept-Encoding", coding)))
    assert archive.requests[0].body == content
    assert archive.requests[0].values("Content-Encoding") == [coding.encode()]
    for reply in (up, down):
        assert (reply.status, reply.body, reply.values("Content-Encoding")) == (200, content, [coding])
        assert reply.value("Content-Length") == str(len(content))


@routes
async def test_a_head_tells_of_the_content_that_a_get_would_have(route: str, tmp_path: Path) -> None:
    said = [OCTETS, ("Content-Encoding", "zstd"), STRONG, ("Accept-Ranges", "bytes"), DATE]
    head = answer(200, b"x" * 500, *said)[:-500]
    async with (
        ScriptedUpstream(lambda _received, _number: Said(head, "keep")) as archive,
        running(tmp_path, archive.url, base=TWO_ROUTES) as gateway,
    ):
        reply = await ask(gateway.port, request("HEAD", route + BULK))
    assert (reply.status, crossed(reply), reply.value("Content-Length")) == (200, said, "500")


@routes
async def test_what_comes_behind_the_content_is_not_merged_into_the_fields(route: str, tmp_path: Path) -> None:
    """RFC 9110 6.5.1: trailers may be dropped; merged, they could frame, authenticate or set a cookie."""
    trailers = b"0\r\nX-Checksum: 1\r\nSet-Cookie: a=1\r\nAuthorization: Basic x\r\n\r\n"
    lines = (OCTETS, ("Trailer", "X-Checksum, Set-Cookie"), ("Transfer-Encoding", "chunked"))
    head = "".join(f"{name}: {value}\r\n" for name, value in lines)
    said = f"HTTP/1.1 200 OK\r\n{head}\r\n".encode() + b"7\r\ncontent\r\n" + trailers
    asked = f"PUT {route}/studies HTTP/1.1\r\nHost: gw.example\r\nTE: trailers\r\nConnection: TE\r\n{head}\r\n".encode()
    async with (
        ScriptedUpstream(lambda _received, _number: Said(said, "keep", read_body=False)) as archive,
        running(tmp_path, archive.url, base=TWO_ROUTES) as gateway,
    ):
        reply = await ask(gateway.port, request("GET", route + BULK, ("TE", "trailers"), ("Connection", "TE")))
        await ask(gateway.port, asked + b"7\r\ncontent\r\n" + trailers)
    assert (reply.status, reply.complete, reply.body) == (200, True, b"content")
    names = (b"trailer", b"x-checksum", b"set-cookie", b"authorization", b"\r\nte:")
    for seen in (reply.head, *(received.head for received in archive.requests)):
        assert not [name for name in names if name in seen.lower()]


@routes
async def test_a_trailer_that_would_frame_the_message_again_is_refused(route: str, tmp_path: Path) -> None:
    chunks = b"Transfer-Encoding: chunked\r\n\r\n7\r\ncontent\r\n0\r\nContent-Length: 5\r\n\r\n"
    asked = f"PUT {route}/studies HTTP/1.1\r\nHost: gw.example\r\n".encode() + chunks
    async with (
        ScriptedUpstream(lambda _received, _number: Said(b"HTTP/1.1 200 OK\r\n" + chunks, "keep")) as archive,
        running(tmp_path, archive.url, base=TWO_ROUTES) as gateway,
    ):
        assert (await ask(gateway.port, request("GET", route + BULK))).status == 503
        assert (await ask(gateway.port, asked)).status == 400
