"""What is said to the gateway: canaries in every place that an exchange has, from the side of the client and of the archive.

A request names the answer that it wants by its number, in a field that the gateway passes on.
"""

from base64 import b64encode

from tests.canary.search import ADDRESS, BIRTH_DATE, NAME, STUDY, TOKEN
from tests.support.client import request
from tests.support.upstream import ReceivedRequest, Said, answer

WANTS = "X-Answer"
QUERY = f"PatientName=DOE%5EJOHN&PatientBirthDate={BIRTH_DATE}&access_token={TOKEN}"
CREDENTIALS = b64encode(f"{NAME}:{TOKEN}".encode()).decode()
SECRETIVE = (
    ("Authorization", f"Basic {CREDENTIALS}"),
    ("Proxy-Authorization", f"Bearer {TOKEN}"),
    ("Cookie", f"sid={TOKEN}; user=DOE%5eJOHN"),
    ("X-Patient", NAME),
    ("X-Patient-Name", "DOE JOHN"),
    ("X-Doe-John", "1"),
    ("User-Agent", f"viewer of {NAME}"),
    ("Referer", f"http://viewer.example/{NAME}?token={TOKEN}"),
    ("Origin", f"http://{TOKEN}.example"),
    ("Forwarded", f'for={ADDRESS};host="john.example"'),
    ("X-Forwarded-For", ADDRESS),
    ("X-Forwarded-Host", "doe-john.example"),
    ("Via", f"1.1 {TOKEN}"),
    ("If-None-Match", f'"{NAME}"'),
)
CHUNKED = ("Transfer-Encoding", "chunked")
PART_10 = ("Content-Type", "application/dicom")

# Method, target, more fields, content as it goes over the wire.
SOUND: tuple[tuple[str, str, tuple[tuple[str, str], ...], bytes], ...] = (
    ("GET", f"/dicom-web/studies?{QUERY}", (), b""),
    ("GET", f"/dicom-web/studies?{QUERY.lower()}", (("Accept", "text/html"),), b""),
    ("GET", f"/dicom-web/studies?q={CREDENTIALS}&PatientName={NAME}", (("Accept", "text/plain"),), b""),
    ("GET", f"/dicom-web/studies/{STUDY}/metadata", (), b""),
    ("HEAD", f"/dicom-web/studies/{STUDY}/rendered", (), b""),
    ("GET", f"/dicom-web/studies/{STUDY}/series/{NAME}/instances/DOE%255EJOHN", (), b""),
    ("GET", f"/wado?requestType=WADO&studyUID={STUDY}&seriesUID={NAME}&objectUID={BIRTH_DATE}", (), b""),
    ("POST", f"/dicom-web/studies/{STUDY}", (PART_10,), f"{NAME} {TOKEN}".encode()),
    ("POST", "/dicom-web/studies", (PART_10, CHUNKED), b"8\r\nDOE^JOHN\r\n0\r\n\r\n"),
    ("PUT", f"/files/{NAME}/{TOKEN}", (("Content-Type", f"text/{TOKEN}"),), NAME.encode()),
    ("DELETE", f"/dicom-web/studies/{STUDY}", (), b""),
    ("OPTIONS", f"/dicom-web/studies/{STUDY}?{QUERY}", (), b""),
    ("GET", f"/gone/{NAME}/studies/{STUDY}?{QUERY}", (), b""),
    ("GET", f"/{NAME}/{TOKEN}/studies/{STUDY}?{QUERY}", (), b""),  # no route goes there
)

UNSOUND: tuple[bytes, ...] = tuple(
    text.encode("latin-1")
    for text in (
        f"GET /studies?PatientName=DOE JOHN&{QUERY} HTTP/1.1\r\nHost: h\r\n\r\n",  # the commonest mistake of clients
        f"GET /studies/{NAME}?{QUERY}\r\nHost: h\r\n\r\n",
        f"GET /studies?{QUERY} HTTP/{TOKEN}\r\nHost: h\r\n\r\n",
        f"GET /studies?{QUERY} HTTP/1.1\r\nHost: h\r\nDOE JOHN: {TOKEN}\r\n\r\n",
        f"GET /studies?{QUERY} HTTP/1.1\r\nHost: h\r\nX-Patient: {NAME}\x00{TOKEN}\r\n\r\n",
        f"GET /studies?{QUERY} HTTP/1.1\r\nHost: h\r\nX: 1\r\n {NAME}\r\n\r\n",
        f"GET /studies?{QUERY} HTTP/1.1\r\nHost: DOE JOHN\r\n\r\n",
        f"GET /studies?{QUERY} HTTP/1.1\r\nHost: {TOKEN}@john.example\r\n\r\n",
        f"GET /studies?{QUERY} HTTP/1.1\r\n\r\n",
        f"GET /studies?{QUERY} HTTP/1.1\r\nHost: h\r\nExpect: {NAME}\r\n\r\n",
        f"GET /studies?{QUERY}#{NAME} HTTP/1.1\r\nHost: h\r\n\r\n",
        f"GET /studies/\xd6\xff{NAME} HTTP/1.1\r\nHost: h\r\n\r\n",
        f"GET /studies/../{NAME}/%00{TOKEN} HTTP/1.1\r\nHost: h\r\n\r\n",
        f"GET http://{TOKEN}@{ADDRESS}/studies?{QUERY} HTTP/1.1\r\nHost: h\r\n\r\n",
        f"GET /studies?PatientName={NAME}{'x' * 9000} HTTP/1.1\r\nHost: h\r\n\r\n",
        f"GET /studies HTTP/1.1\r\nHost: h\r\nAuthorization: {TOKEN}{'x' * 40000}\r\n\r\n",
        "GET /studies HTTP/1.1\r\nHost: h\r\n" + f"X-Patient: {NAME}\r\n" * 200 + "\r\n",
        f"JOHN /studies?{QUERY} HTTP/1.1\r\nHost: h\r\n\r\n",
        f"PROPFIND /studies?{QUERY} HTTP/1.1\r\nHost: h\r\n\r\n",
        f"TRACE /studies?{QUERY} HTTP/1.1\r\nHost: h\r\nCookie: {TOKEN}\r\n\r\n",
        "CONNECT john.doe:22 HTTP/1.1\r\nHost: john.doe:22\r\n\r\n",
        f"POST /studies?{QUERY} HTTP/1.1\r\nHost: h\r\nContent-Length: {TOKEN}\r\n\r\n",
        f"POST /studies?{QUERY} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: {TOKEN}\r\n\r\n",
        f"POST /dicom-web/studies?{QUERY} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n{NAME}\r\n",
        f"POST /dicom-web/studies HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{NAME}{TOKEN}\r\n",
        f"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n{NAME}",
        f"{NAME} {BIRTH_DATE} {TOKEN}\r\n\r\n",
        f"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03{NAME}\x00\x00john.example{TOKEN}\r\n\r\n",  # TLS on a port without
    )
)

_JSON = ("Content-Type", "application/dicom+json")
_HTML = ("Content-Type", "text/html")
_NAMED = f'[{{"00100010": {{"vr": "PN", "Value": [{{"Alphabetic": "{NAME}"}}]}}}}]'.encode()
_PAGE = f"<html><title>{NAME}</title><form>password {TOKEN}</form></html>".encode()
_TRACE = f"Traceback (most recent call last): KeyError: {NAME} {TOKEN}".encode()

ANSWERS: tuple[Said, ...] = (
    Said(answer(200, _NAMED, _JSON), "keep"),
    Said(answer(200, _PAGE, _HTML)),
    Said(answer(200, f'{{"error": "{NAME} {TOKEN}"}}'.encode(), _JSON)),
    Said(answer(404, f"No patient {NAME}".encode(), ("X-Patient", NAME), reason=f"{NAME} unknown"), "keep"),
    Said(answer(500, _TRACE, _HTML, reason=TOKEN)),
    Said(answer(502, _PAGE, _HTML, reason=NAME)),
    Said(answer(503, _PAGE, ("Retry-After", NAME))),
    Said(answer(401, _PAGE, _HTML, ("WWW-Authenticate", f'Basic realm="{NAME}"'))),
    Said(answer(401, _PAGE, _HTML)),
    Said(answer(302, b"", ("Location", f"http://{ADDRESS}/login?next=DOE%5EJOHN&token={TOKEN}"))),
    Said(answer(307, b"", ("Location", f"//{TOKEN}.example/DOE%5EJOHN"))),
    Said(answer(299, _NAMED, ("Set-Cookie", f"sid={TOKEN}"), ("Warning", f'299 - "{NAME}"'))),
    Said(answer(418, _PAGE, ("Proxy-Status", f'{TOKEN}; details="{NAME}"'))),
    Said(f"HTTP/1.1 103 {NAME}\r\nLink: <{TOKEN}>\r\n\r\n".encode() + answer(200, _NAMED, _JSON)),
    Said(f"HTTP/1.1 101 {NAME}\r\nUpgrade: {TOKEN}\r\nConnection: upgrade\r\n\r\n".encode()),
    Said(f"HTTP/1.1 200 OK\r\nDOE JOHN {TOKEN}\r\n\r\n".encode()),
    Said(f"{NAME} {BIRTH_DATE}\r\n\r\n".encode()),
    Said(f"HTTP/1.1 999 {NAME}\r\nContent-Length: 0\r\n\r\n".encode()),
    Said(f"HTTP/1.1 {TOKEN} {NAME}\r\nContent-Length: 0\r\n\r\n".encode()),
    Said(f"HTTP/1.1 200 OK\r\nContent-Length: {TOKEN}\r\n\r\n".encode()),
    Said(f"HTTP/1.1 200 OK\r\nTransfer-Encoding: {TOKEN}\r\n\r\n{NAME}".encode()),
    Said(f"HTTP/1.1 200 OK\r\nX-Patient: {NAME * 5000}\r\n\r\n".encode()),
    Said(f"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{NAME}".encode(), "rst", "headers"),
    Said(f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{NAME}\r\n{NAME}\r\n".encode(), split="headers"),
    Said(f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 8\r\n\r\n{NAME}".encode()),
    Said(answer(200, _NAMED, _JSON) + f"HTTP/1.1 200 {TOKEN}\r\n\r\n{NAME}".encode(), "keep"),  # surplus bytes
    Said(b"\x16\x03\x01\x02\x00\x01" + f"{NAME}{TOKEN}".encode()),
    Said(b"", "rst"),
    Said(b""),
)


def sound(number: int) -> list[bytes]:
    """Every well-formed request, each with all the fields, for the answer of this number."""
    return [_request(*asked, number) for asked in SOUND]


def _request(method: str, target: str, more: tuple[tuple[str, str], ...], content: bytes, number: int) -> bytes:
    fields = (*SECRETIVE, (WANTS, str(number)), *more)
    if CHUNKED in more:
        return request("GET", target, *fields).replace(b"GET", method.encode(), 1) + content
    return request(method, target, *fields, body=content, host="john.example")


def script(received: ReceivedRequest, _number: int) -> Said:
    """The answer that the request wants; it may have none where it came with a mistake."""
    (wanted,) = received.values(WANTS) or [b"0"]
    return ANSWERS[int(wanted)]
