"""Where the connection can break in a store, and what becomes of it: one row a place.

Each row is played for real (tests/proxy/test_store_breaks.py) and written into docs/stores.md (`page`). `archive` and
`client` are the steps of the two sides, in the words of `sides`.
"""

from dataclasses import dataclass
from enum import Enum

from tests.support.upstream import answer

Step = str | bytes


class Has(Enum):
    """What of the content the archive has when all is over."""

    NOTHING = "nothing"
    PART = "a part"
    ALL = "everything"


class Upload(Enum):
    """How a client can send its content: announced or in chunks, at once or when told to."""

    LENGTH = "length"
    CHUNKED = "chunked"
    LENGTH_EXPECT = "length, 100-continue"
    CHUNKED_EXPECT = "chunked, 100-continue"

    @property
    def chunked(self) -> bool:
        return self.value.startswith("chunked")

    @property
    def expects(self) -> bool:
        return self.value.endswith("100-continue")


@dataclass(frozen=True)
class Row:
    """One place. `status` None: the client gets no answer. `failure` and `ended` are words of the record, `ended` empty
    where there is none. `archive` None: there is no archive that could be talked to, and `where` says how."""

    id: str
    what: str
    archive: tuple[Step, ...] | None
    has: Has
    status: int | None
    failure: str = ""
    retry: bool = False
    ended: str = "complete"
    client: tuple[Step, ...] = ("head", "half", "rest")
    where: str = ""
    uploads: tuple[Upload, ...] = tuple(Upload)
    large: bool = False

    @property
    def ends_the_gateway(self) -> str:
        """How the gateway ends in this row; empty where it goes on."""
        return next((step for step in ("drain", "cut", "kill") if step in self.client), "")

    @property
    def asked(self) -> int:
        """How many requests the archive sees: one, or none where it could not be reached or hung up before."""
        return 0 if self.archive is None or "head" not in self.archive else 1


MODULE = b'{"00081199": {"vr": "SQ", "Value": [{"00081155": {"vr": "UI", "Value": ["2.25.1"]}}]}}'
JSON = ("Content-Type", "application/dicom+json")
STORED = answer(200, MODULE, JSON, reason="OK")
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/dicom+json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n14\r\n" + MODULE[:20] + b"\r\n"
PART_ONLY = tuple(upload for upload in Upload if upload.chunked)

NOTHING, PART, ALL = Has.NOTHING, Has.PART, Has.ALL
ENDED = "connection_terminated"
CUT = "http_response_incomplete"

EARLY = tuple(
    Row(
        f"early-{status}-{end}", f"The archive answers {status} in the middle of it, and {does}.",
        ("head", "some", answer(status, b"no", *fields), end), Has.PART, status, retry=status == 503,
        client=("head", "half", "listen", "rest"),
    )
    for status, fields in (
        (401, (("WWW-Authenticate", "Basic"),)), (413, ()), (415, ()), (503, (("Retry-After", "7"),)),
    )
    for end, does in (("fin", "hangs up"), ("rst", "resets the connection"), ("hold", "reads no more"))
)  # fmt: skip

SECTIONS: tuple[tuple[str, tuple[Row, ...]], ...] = (
    (
        "No connection to the archive",
        (
            Row("dns", "The archive's name is not known.", None, NOTHING, 503, "dns_error", True, where="nowhere"),
            Row(
                "dns-timeout", "Nobody says in time where the archive is.", None, NOTHING, 503, "dns_timeout", True,
                where="silent",
            ),
            Row(
                "refused", "Nobody listens at the archive's address.", None, NOTHING, 503, "connection_refused", True,
                where="closed",
            ),
            Row(
                "connect-timeout", "The archive does not take the connection in time.", None, NOTHING, 503,
                "connection_timeout", True, where="full",
            ),
            Row(
                "hangs-up-at-once", "It takes the connection, and hangs up before it has read anything.", ("fin",),
                NOTHING, 500, ENDED,
            ),
        ),
    ),
    (
        "While the objects go up",
        (
            Row("after-head", "The archive hangs up before the first byte of the content.", ("head", "fin"), NOTHING, 500,
                ENDED, client=("head", "listen")),
            Row("content-fin", "It hangs up in the middle of the content.", ("head", "some", "fin"), PART, 500, ENDED,
                client=("head", "half", "listen", "rest")),
            Row("content-rst", "The connection is reset in the middle of the content.", ("head", "some", "rst"), PART, 500,
                ENDED, client=("head", "half", "listen", "rest")),
            Row("stops-reading", "The archive stops reading.", ("head", "stall"), PART, 500, "connection_write_timeout",
                large=True),
            Row(
                "continue-then-fin",
                "It says `100 Continue`, gets the content, and hangs up without an answer.",
                ("head", b"HTTP/1.1 100 Continue\r\n\r\n", "some", "all", "fin"), ALL, 500, ENDED,
                client=("head", "answered", "half", "heard", "rest"),
            ),
            Row(
                "continue-last-word",
                "It says that it has not begun to read (`100 Continue`), and hangs up in good order at once.",
                ("head", "some", b"HTTP/1.1 100 Continue\r\n\r\n", "fin"), PART, 503, ENDED, True,
                client=("head", "half", "listen"),
            ),
        ),
    ),
    (
        "After the last object, before the answer",
        (
            Row("no-answer-fin", "The archive hangs up without an answer.", ("head", "all", "fin"), ALL, 500, ENDED),
            Row("no-answer-rst", "The connection is reset.", ("head", "all", "rst"), ALL, 500, ENDED),
            Row("silent", "The archive says nothing until the patience for an answer ends.", ("head", "all", "hold"), ALL,
                500, "http_response_timeout"),
            Row("status-line", "The answer ends in the middle of its status line.", ("head", "all", b"HTTP/1.1 20", "fin"),
                ALL, 500, ENDED),
            Row("answer-head-fin", "It ends in the middle of its header section.", ("head", "all", HEAD, "fin"), ALL, 500,
                ENDED),
            Row("answer-head-rst", "The connection is reset there.", ("head", "all", HEAD, "rst"), ALL, 500, ENDED),
            Row("front-end-502", "A front end of the archive says that it got no valid answer itself (502).",
                ("head", "all", answer(502), "hold"), ALL, 500),
            Row("front-end-504", "A front end of the archive says that it got no answer in time (504).",
                ("head", "all", answer(504), "hold"), ALL, 500),
            Row("no-http", "What comes is no HTTP.", ("head", "all", b"\x15\x03\x01\x00\x02\x02\x46", "fin"), ALL, 500,
                "http_protocol_error"),
        ),
    ),
    (
        "In the list of what was stored",
        (
            Row("list-length-fin", "It is shorter than announced.", ("head", "all", STORED[:-30], "fin"), ALL, 500, CUT),
            Row("list-length-rst", "The connection is reset within a list of announced length.",
                ("head", "all", STORED[:-30], "rst"), ALL, 500, CUT),
            Row("list-chunked-fin", "It comes in chunks, and the last is missing.", ("head", "all", CHUNKED, "fin"), ALL, 500,
                CUT),
            Row("list-chunked-rst", "The connection is reset within a list in chunks.", ("head", "all", CHUNKED, "rst"), ALL,
                500, CUT),
            Row("list-close-fin", "A list whose end is the end of the connection ends too early.",
                ("head", "all", HEAD + b"\r\n" + MODULE[:40], "fin"), ALL, 500),
            Row("list-close-rst", "The connection is reset within such a list.",
                ("head", "all", HEAD + b"\r\n" + MODULE[:40], "rst"), ALL, 500, CUT),
            Row("list-stalls", "The archive falls silent within the list.", ("head", "all", STORED[:-30], "hold"), ALL, 500,
                "connection_read_timeout"),
        ),
    ),
    (
        "An answer before the end of the upload",
        (
            *EARLY,
            Row("early-200-reads", "It answers 200 before the end, and reads the rest.",
                ("head", "some", STORED, "all", "hold"), ALL, 200, client=("head", "half", "answered", "rest")),
            Row("early-200-fin", "It answers 200 before the end, and hangs up.", ("head", "some", STORED, "fin"), PART, 500,
                ENDED, client=("head", "half", "answered", "rest")),
            Row("early-200-rst", "It answers 200 before the end, and resets the connection.",
                ("head", "some", STORED, "rst"), PART, 500, ENDED, client=("head", "half", "answered", "rest")),
            Row("early-200-stall", "It answers 200 before the end, and reads no more.", ("head", STORED, "stall"), PART, 500,
                "connection_write_timeout", large=True),
        ),
    ),
    (
        "The sender",
        (
            Row("client-leaves-in-upload", "The sender leaves in the middle of its upload.", ("head", "some", "all"), PART,
                None, "client_gone", ended="client_gone", client=("head", "half", "heard", "leave")),
            Row("client-resets-in-upload", "Its connection is reset there.", ("head", "some", "all"), PART, None,
                "client_gone", ended="client_gone", client=("head", "half", "heard", "reset")),
            Row("client-stops", "The sender stops sending.", ("head", "some", "all"), PART, 400, "request_timeout",
                client=("head", "half", "listen")),
            Row("client-chunks", "The framing of its chunks breaks.", ("head", "some", "all"), PART, 400,
                "request_incomplete", client=("head", "half", b"no chunk\r\n", "listen"), uploads=PART_ONLY),
            Row("client-leaves", "The sender leaves after its upload, before the answer.", ("head", "all", "hold"), ALL, None,
                "client_gone", ended="client_gone", client=("head", "half", "rest", "heard", "leave")),
            Row("client-half-closes", "It closes its sending side after the upload and waits for the answer.",
                ("head", "all", "hold"), ALL, None, "client_gone", ended="client_gone",
                client=("head", "half", "rest", "heard", "fin", "listen")),
            Row("client-reads-nothing", "The sender does not read the answer.", ("head", "all", STORED, "hold"), ALL, 200,
                client=("head", "half", "rest", "recorded", "leave")),
        ),
    ),
    (
        "The gateway",
        (
            Row("drain", "The gateway is told to stop (SIGTERM) in the middle of the upload, and has the time it needs.",
                ("head", "some", "all", STORED, "hold"), ALL, 200, client=("head", "half", "heard", "drain", "rest")),
            Row("drain-too-short", "It is told to stop, and the time for that (`server.drain`) ends before the answer.",
                ("head", "all", "hold"), ALL, None, "draining", ended="draining",
                client=("head", "half", "rest", "heard", "cut", "listen")),
            Row("killed-in-upload", "The gateway is killed in the middle of the upload.", ("head", "some", "all"), PART, None,
                ended="", client=("head", "half", "heard", "kill", "listen"), uploads=(Upload.LENGTH,)),
            Row("killed-after-upload", "The gateway is killed while it waits for the answer.", ("head", "all", "hold"), ALL,
                None, ended="", client=("head", "half", "rest", "heard", "kill", "listen"), uploads=(Upload.CHUNKED,)),
        ),
    ),
)  # fmt: skip

ROWS = tuple(row for _, rows in SECTIONS for row in rows)
