"""Answers that are alike: whatever differs between two of them, the verdict on the second is the verdict on the first.

`likeness` and `read_head` say which answers need not be judged anew. Here each of those is judged anew all the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gateway.config.load import load_text
from gateway.core.attention import look, wanted
from gateway.core.cors import Cors
from gateway.core.decision import Decision
from gateway.core.facts import RequestFacts, Response
from gateway.core.fields import Fields
from gateway.core.likeness import Alike, Head, likeness, read_head
from gateway.core.normalise import normalise
from gateway.core.policy import Mode, Policy, Quirks
from gateway.core.reply import compose
from gateway.proxy.express.usual import Usual, usual
from tests.core.making import NOON, asked
from tests.support import strategies as some
from tests.support.cases import Situation, situations
from tests.support.running import SHORT

Lines = tuple[tuple[str, str], ...]
ORIGIN = "http://pacs.internal:8042"


def written(lines: Lines, status_line: str = "HTTP/1.1 200 OK") -> bytes:
    """A head as an archive sends it."""
    return f"{status_line}\r\n{''.join(f'{name}: {value}' + chr(13) + chr(10) for name, value in lines)}\r\n".encode(
        "latin-1"
    )


def head(*lines: bytes) -> bytes:
    return b"\r\n".join((b"HTTP/1.1 200 OK", *lines, b"", b""))


# ---- reading a head --------------------------------------------------------------------------------------------------

MULTIPART = b'Content-Type: multipart/related; type="application/dicom"; boundary='


@pytest.mark.parametrize(
    ("lines", "length", "boundary"),
    [
        pytest.param((b"Content-Length: 5",), 5, b"", id="length"),
        pytest.param((b"content-length: 123456789012345",), 123456789012345, b"", id="lower case, as long as may be"),
        pytest.param((b"Content-Length: 5", MULTIPART + b"a-B_1.9+"), 5, b"a-B_1.9+", id="boundary"),
        pytest.param((b"Content-Length: 5", MULTIPART + b'"a.b"'), 5, b"a.b", id="boundary in quotes"),
        pytest.param((b"Content-Length: 5", b"Content-Type: multipart/related;boundary=a"), 5, b"a", id="no blank"),
        pytest.param((b"Content-Length: 5", b"content-type: multipart/related; boundary=a"), 5, b"a", id="lower name"),
        pytest.param((b"Content-Length: 5", b'ETag: W/"a b"', b"Date: x"), 5, b"", id="varying values"),
        pytest.param((b"Content-Length: 5", MULTIPART + b"a" * 70), 5, b"a" * 70, id="longest boundary"),
    ],
)
def test_a_head_that_is_read(lines: tuple[bytes, ...], length: int, boundary: bytes) -> None:
    read = read_head(head(*lines))
    assert read is not None
    assert (read.length, read.boundary) == (length, boundary)
    assert b"\r\n".join(read.lines) == head(*lines)


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param((), id="no length"),
        pytest.param((b"Content-Length: 0",), id="no content"),
        pytest.param((b"Content-Length: 5", b"Content-Length: 5"), id="two lengths"),
        pytest.param((b"Content-Length: 5", b"content-length: 6"), id="two lengths in two spellings"),
        pytest.param((b"Content-Length: 05",), id="a leading zero"),
        pytest.param((b"Content-Length: +5",), id="a sign"),
        pytest.param((b"Content-Length: 5, 5",), id="a list of lengths"),
        pytest.param((b"Content-Length: 1234567890123456",), id="a length beyond all measure"),
        pytest.param((b"Content-Length: \xb2",), id="a digit that is none in ASCII"),
        pytest.param((b"Content-Length:  5",), id="two blanks"),
        pytest.param((b"Content-Length: 5 ",), id="a blank behind"),
        pytest.param((b"Content-Length:5",), id="no blank"),
        pytest.param((b"Content-Length : 5",), id="a blank before the colon"),
        pytest.param((b"CONTENT-LENGTH: 5",), id="another spelling"),
        pytest.param((b"Content-Length: 5", b"ETag: a\x00b"), id="a control byte"),
        pytest.param((b"Content-Length: 5", b"ETag: a\tb"), id="a tab"),
        pytest.param((b"Content-Length: 5", b"ETag: a\x7fb"), id="a delete"),
        pytest.param((b"Content-Length: 5", b"ETag: a\x80b"), id="a byte beyond ASCII"),
        pytest.param((b"Content-Length: 5", b"ETag: a\nSet-Cookie: b"), id="a bare line feed"),
        pytest.param((b"Content-Length: 5", b"ETag: a\rSet-Cookie: b"), id="a bare carriage return"),
        pytest.param((b"Content-Length: 5", b"ETag: "), id="nothing"),
        pytest.param((b"Content-Length: 5", MULTIPART), id="no boundary"),
        pytest.param((b"Content-Length: 5", MULTIPART + b"a b"), id="a blank in the boundary"),
        pytest.param((b"Content-Length: 5", MULTIPART + b"a\nb"), id="a line feed in the boundary"),
        pytest.param((b"Content-Length: 5", MULTIPART + b"a" * 71), id="a boundary that is too long"),
        pytest.param((b"Content-Length: 5", MULTIPART + b"'a'"), id="a boundary in the wrong quotes"),
        pytest.param((b"Content-Length: 5", MULTIPART + b"a; x=y"), id="something behind the boundary"),
        pytest.param((b"Content-Length: 5", MULTIPART + b"a", MULTIPART + b"b"), id="two boundaries"),
        pytest.param((b"Content-Length: 5", MULTIPART + b"a; boundary=b"), id="two boundaries in one line"),
        pytest.param((b"Content-Length: 5", b"Server: a; boundary=b"), id="a boundary of nothing"),
    ],
)
def test_a_head_that_has_to_be_read_with_more_care(lines: tuple[bytes, ...]) -> None:
    assert read_head(head(*lines)) is None


SAME = head(b"Server: a", b'ETag: "1"', b"Content-Length: 5", MULTIPART + b"a")


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        (head(b"Server: a", b'ETag: W/"2"', b"Content-Length: 67", MULTIPART + b"b"), True),
        (head(b"Server: b", b'ETag: "1"', b"Content-Length: 5", MULTIPART + b"a"), False),
        (head(b"Server: a", b"Content-Length: 5", MULTIPART + b"a"), False),
        (head(b'ETag: "1"', b"Server: a", b"Content-Length: 5", MULTIPART + b"a"), False),
        (head(b"Server: a", b'Etag: "1"', b"Content-Length: 5", MULTIPART + b"a"), False),
        (head(b"Server: a", b'ETag: "1"', b"Content-Length: 5", MULTIPART + b'"a"'), False),
        (head(b"Server: a", b'ETag: "1"', b"Content-Length: 5", MULTIPART + b"a", b"X: y"), False),
        (head(b"Server: a", b'ETag: "1"', b" more", b"Content-Length: 5", MULTIPART + b"a"), False),
        (SAME.replace(b"200 OK", b"200 Fine"), False),
        (SAME.replace(b"200 OK", b"500 OK"), False),
        (SAME.replace(b"HTTP/1.1", b"HTTP/1.0"), False),
        (SAME.replace(b"Server: a\r\n", b"Server: a\n"), False),
        (b"\r\n" + SAME, False),
    ],
)
def test_heads_have_one_shape_where_only_what_varies_differs(other: bytes, is_same: bool) -> None:
    one, another = read_head(SAME), read_head(other)
    assert one is not None
    assert (another is not None and another.shape == one.shape) is is_same


# ---- what is asked and answered --------------------------------------------------------------------------------------

RESULT = '{"0020000D": {"vr": "UI", "Value": ["1.2"]}}'
JSON, OBJECT = "application/dicom+json", "application/dicom"
RELATED = 'multipart/related; type="application/dicom"; boundary=@'
OCTETS = 'multipart/related; type="application/octet-stream"; boundary=@'
PARTS = "--@\r\nContent-Type: application/dicom\r\n\r\nDICM\r\n--@--\r\n"
INSTANCE = "/rs/studies/#/series/3/instances/4"
# What archives send: the target, the label, the content. `#` differs from one request to the next, `@` is the boundary.
USUAL: dict[str, tuple[str, str, str]] = {
    "search": ("/rs/studies?PatientID=#", JSON, f"[{RESULT}]"),
    "search, plain label": ("/rs/studies?PatientID=#", "application/json", f" [ {RESULT},{RESULT} ]\n"),
    "metadata": ("/rs/studies/#/metadata", f"{JSON}; charset=utf-8", f"[{RESULT}]"),
    "study": ("/rs/studies/#", RELATED, PARTS),
    "instance": (INSTANCE, OBJECT, "\0" * 128 + "DICM"),
    "frames": (f"{INSTANCE}/frames/1", OCTETS, PARTS),
    "bulk data": (f"{INSTANCE}/bulkdata/#", "application/octet-stream", "<html>500 error"),
    "rendered": (f"{INSTANCE}/rendered", "image/jpeg", "\xff\xd8\xff\xe0"),
    "thumbnail": (f"{INSTANCE}/thumbnail", "image/png", "\x89PNG\r\n\x1a\n\0"),
}
PAGE = ("/rs/studies?PatientID=#", JSON, f"\x0b[{RESULT}<html >]")  # what opens it is no blank in JSON
LABELS = (
    *sorted({label for _, label, _ in USUAL.values()}),
    "", "text/html", "text/plain", "application/octet-stream", "image/gif", "IMAGE/JPEG", "image/jpeg; boundary=@",
    "multipart/related; type=application/dicom; boundary=@", 'multipart/related; boundary="@"', "multipart/related",
    "multipart/related; boundary=a; boundary=@", "multipart/related; BOUNDARY=b", f"{JSON}; boundary=@", "application/xml",
)  # fmt: skip
# What may come under any label.
CONTENTS = (
    "[]", " [ ] \n", "{}", "[{}]", "404", "[404]", '{"error": 500}', '[{"error": "x", "status": 500}]', "<html>login</html>",
    "<!DOCTYPE html><title>x", "an error occurred", "Traceback (most recent call last)", "not found", "\r\n", " ", "\0",
    f"[{RESULT}", f"[{RESULT}, ", f"[{RESULT}]", f"[{RESULT}, 404]", f'[{RESULT}, "error"]', f"[{RESULT}]]", f"{RESULT}",
    f"[{{}}, {RESULT}]", '[{"00080005"', '[{"00080005":', '[{"00080005": <html>error]', f'[{RESULT[:-1]}, "error": 1}}]',
    f"\x0b[{RESULT}]", f"\x0c[{RESULT} <html>]", f"\xef\xbb\xbf[{RESULT}]", f"[\x0b{RESULT}]<html>]", f"[{RESULT}]\x00",
    "DICM", "\0" * 128 + "DICM", f"[{RESULT},".ljust(128) + f"DICM{RESULT}]", "\xff\xd8\xff", "\x89PNG\r\n\x1a\n", "GIF89a",
    PARTS, PARTS[:-4], "--@--\r\n", "--@", "--@\r\n", "--@\r\n--@--", "--@\r\nA:", "--@\r\nA:\r\n\r\n--@--", "\r\n" + PARTS,
    "--@\nContent-Type: text/html\n\n--@--", "--\r\nA:\r\n\r\n----", "--b\r\nA:\r\n\r\n--b--", "---\r\nA: b",
    "--@x\r\nA:\r\n--@--", PARTS.replace("@", "other"), "--@--\r\nA: b\r\n--@\r\nA: b\r\n\r\n--@--",
)  # fmt: skip
VALUES: dict[str, tuple[str, ...]] = {
    "Date": ("Thu, 01 Jan 2026 00:00:00 GMT", "yesterday"), "ETag": ('"1"', 'W/"2"', "3"), "Etag": ('"1"', '"2"'),
    "Last-Modified": ("Thu, 01 Jan 2026 00:00:00 GMT", "0"), "Expires": ("0", "-1"), "expires": ("0", "1"),
    "date": ("Fri, 02 Jan 2026 00:00:00 GMT", "Thu, 01 Jan 2026 00:00:00 GMT"),
}  # fmt: skip
SAID = (
    ("Server", "Orthanc"), ("Connection", "keep-alive"), ("Connection", "Keep-Alive, ETag"), ("Keep-Alive", "timeout=5"),
    ("Vary", "Accept, Origin"), ("Cache-Control", "no-cache"), ("Accept-Ranges", "bytes"), ("X-Powered-By", "x"),
    ("Access-Control-Allow-Origin", "*"), ("Set-Cookie", "a=b"), ("Content-Encoding", "identity"), ("Warning", '299 x "y"'),
    ("Content-Disposition", "filename=NAME"), ("X-Patient", "NAME"), ("Content-Range", "bytes 0-1/2"), ("Retry-After", "5"),
    ("Location", "/login"), ("Link", "</a>"), ("Transfer-Encoding", "identity"), ("Via", "1.1 a"), ("Pragma", "no-cache"),
)  # fmt: skip
ACCEPTS = (
    "",
    "*/*",
    JSON,
    OBJECT,
    'multipart/related; type="application/dicom"',
    "application/json",
    "image/png",
    "text/html",
)
FILES = {
    "none": "",
    "packs": "packs: all\n",
    "strict": "packs: all\ndocumented: {set: dicom, strict: true}\n",
    "dcs": "packs: all\ndocumented: {set: dcs}\n",
    "2026a": "documented: {set: dicom, edition: 2026a}\n",
}
WRITTEN = tuple(load_text(SHORT + more, "tests", {"UPSTREAM": ORIGIN}).policy for more in FILES.values())
POLICIES = (
    *WRITTEN,
    Policy(quirks={"pacs": Quirks("Basic", "error", True)}),
    Policy(cors=Cors(frozenset({"https://viewer.example"}), credentials=True)),
    Policy(mode=Mode.OBSERVE),
)


@dataclass(frozen=True)
class Sent:
    """A request and its answer, to the last byte."""

    request: RequestFacts
    lines: Lines
    content: bytes
    status: int = 200

    @property
    def head(self) -> bytes:
        return written(self.lines, f"HTTP/1.1 {self.status} OK")

    @property
    def response(self) -> Response:
        return Response(self.status, Fields(self.lines), reason="OK")

    def held(self, size: int) -> Response:
        """With so much of its content."""
        return replace(self.response, peek=self.content[:size], whole=size >= len(self.content))


def sent(
    target: str, label: str, content: str, more: Lines = (), *, status: int = 200, accept: str = "", uid: str = "1.2"
) -> Sent:
    """`uid` stands in the target and is the boundary too."""
    asks = (("Origin", "https://viewer.example"), *((("Accept", accept),) if accept else ()))
    boundary = f"b.{uid}"
    whole = content.replace("@", boundary).encode("latin-1")
    labelled = (("Content-Type", label.replace("@", boundary)),) if label else ()
    lines = (*more, *labelled, ("Content-Length", str(len(whole))))
    return Sent(asked("GET", target.replace("#", uid), *asks), lines, whole, status)


def known(one: Sent, policy: Policy) -> tuple[Alike, Head, Usual, Decision] | None:
    """What is remembered of an answer, if anything is."""
    held = look(one.request, one.response, one.content, policy)
    decision = normalise(one.request, held, policy)
    alike, read = likeness(one.request, held, decision, policy), read_head(one.head)
    if alike is None or read is None:
        return None
    reply = compose(decision, one.request, held, policy, NOON, ORIGIN)
    made = usual(alike, read, reply)
    return (alike, read, made, decision) if made else None


def taken_for_alike(other: Sent, alike: Alike, like: Head) -> Iterator[int]:
    """The sizes of content by which another answer is taken for one that is alike."""
    read = read_head(other.head)
    if read is None or read.shape != like.shape or not other.content:
        return
    enough = alike.enough(read.length)
    for size in sorted({enough, (enough + read.length) // 2, read.length}):
        content = other.content[:size]
        is_held = alike.holds(content, read)
        assert alike.holds(memoryview(content), read) is is_held
        if is_held:
            yield size


def hold_together(one: Sent, other: Sent, policy: Policy) -> int:
    """Where the second answer is taken for one that is like the first, it is judged and composed like it. How often that
    was looked at."""
    remembered = known(one, policy)
    if remembered is None:
        return 0
    alike, like, made, decision = remembered
    sizes = list(taken_for_alike(other, alike, like))
    for size in sizes:
        for held in (other.held(size), other.held(max(size, wanted(other.request, other.response, policy)))):
            assert normalise(other.request, held, policy) == decision
            reply = compose(decision, other.request, held, policy, NOON, ORIGIN)
            read = read_head(other.head)
            assert read is not None
            lines = made.reply_head(read, NOON.now).decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
            assert lines[0] == f"HTTP/1.1 {reply.status} {reply.reason}"
            crossing = [f"{name}: {value}" for name, value in reply.fields if name.lower() != "content-length"]
            assert lines[1:] == [*crossing, f"Content-Length: {len(other.content)}"]
    return len(sizes)


policed = pytest.mark.parametrize("policy", WRITTEN, ids=FILES.keys())
usually = pytest.mark.parametrize(("target", "label", "content"), USUAL.values(), ids=USUAL.keys())


@policed
@usually
def test_what_archives_usually_answer_is_alike(target: str, label: str, content: str, policy: Policy) -> None:
    """Also with the rules of all packs; or nothing here would be worth its while."""
    more = (("Server", "Orthanc"), ("Connection", "keep-alive"), ("ETag", '"1"'))
    other = sent(target, label, content, (*more[:2], ("ETag", '"2"')), uid="3.4")
    looked = hold_together(sent(target, label, content, more), other, policy)
    # Under the general label packs know errors by their words: there each is judged.
    assert looked >= 1 or (policy.rules and label == "application/json")


@policed
@usually
def test_any_content_under_a_usual_head(target: str, label: str, content: str, policy: Policy) -> None:
    for accept in ("", label.replace("@", "b")):
        one = sent(target, label, content, accept=accept)
        for strange in CONTENTS:
            hold_together(one, sent(target, label, strange, accept=accept, uid="3.4"), policy)


@pytest.mark.parametrize("situation", situations(), ids=lambda situation: situation.id)
def test_the_content_of_every_situation_under_usual_heads(situation: Situation) -> None:
    """Of the files of cases, whatever was asked there, and by the policy of each."""
    policy, strange = situation.settings(ORIGIN).policy, situation.content.decode("latin-1")
    for target, label, content in USUAL.values():
        hold_together(sent(target, label, content), sent(target, label, strange, uid="3.4"), policy)


@pytest.mark.parametrize(
    "strange",
    [
        pytest.param(("search", "[]"), id="no match"),
        pytest.param(("metadata", "[]"), id="no metadata"),
        pytest.param(("search", f"[{RESULT}"), id="a result that breaks off"),
        pytest.param(("search", '[{"error": 500}]'), id="an error in a list"),
        pytest.param(("search", '{"status": 500}'), id="an error object"),
        pytest.param(("search", "<html>login</html>"), id="a page"),
        pytest.param(("search", "an error occurred"), id="a text"),
        pytest.param(("search", f"\x0b[{RESULT}<html>]"), id="a page behind a blank that is none in JSON"),
        pytest.param(("study", "--@--\r\n"), id="no parts"),
        pytest.param(("study", PARTS.replace("@", "other")), id="another boundary"),
        pytest.param(("study", "<html>login</html>"), id="a page in place of parts"),
        pytest.param(("study", PARTS[:-6]), id="parts that break off"),
        pytest.param(("frames", "an error occurred"), id="a text in place of frames"),
        pytest.param(("rendered", "\x89PNG\r\n\x1a\n"), id="another image than the label says"),
        pytest.param(("rendered", "<html>login</html>"), id="a page in place of an image"),
    ],
)
def test_what_is_judged_otherwise_is_not_alike(strange: tuple[str, str]) -> None:
    kind, content = strange
    target, label, usual_content = USUAL[kind]
    one, other = sent(target, label, usual_content), sent(target, label, content, uid="3.4")
    remembered = known(one, Policy())
    assert remembered is not None
    assert list(taken_for_alike(other, remembered[0], remembered[1])) == []


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(sent("/rs/studies", JSON, f"[{RESULT}]", (line,)), id=line[0])
        for line in SAID
        if line[0] in ("Set-Cookie", "X-Patient", "Content-Disposition", "Link", "Location", "Warning", "Via")
    ]
    + [
        pytest.param(sent("/rs/studies", JSON, f"[{RESULT}]", status=206), id="206"),
        pytest.param(sent("/rs/workitems", JSON, f"[{RESULT}]"), id="worklist"),
        pytest.param(sent("/index.html", "text/html", "<html>"), id="page"),
        pytest.param(sent("/wado?requestType=WADO&studyUID=1&seriesUID=2&objectUID=3", OBJECT, "x"), id="uri"),
        pytest.param(sent("/rs/studies", JSON, f"[{RESULT}]", accept="image/png"), id="not acceptable"),
    ],
)
def test_what_is_judged_anew_each_time(one: Sent) -> None:
    assert known(one, Policy()) is None


# ---- anything at all -------------------------------------------------------------------------------------------------


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Sent, Sent]:
    """Two answers to two requests in the same words; the second differs in whatever may, and in its content."""
    target, label, content = USUAL[draw(st.sampled_from(sorted(USUAL)))]
    label, accept = draw(st.sampled_from((label,) * len(LABELS) * 3 + LABELS)), draw(st.sampled_from(ACCEPTS))
    names = draw(st.lists(st.sampled_from(sorted(VALUES)), max_size=3))
    fixed = draw(st.lists(st.sampled_from(SAID[:9] * 8 + SAID), max_size=3))
    first, second = (
        tuple((name, draw(st.sampled_from(VALUES[name]))) for name in names) + tuple(fixed) for _ in range(2)
    )
    strange = draw(st.just(content) | st.sampled_from(CONTENTS) | some.LATIN)
    strange = draw(st.sampled_from(("", "", " ", "\n", "\x0b"))) + strange
    strange += draw(st.sampled_from(("", "", "]", " ]\n", "--@--", "<html>"))) * draw(st.sampled_from((1, 1, 400)))
    return (
        sent(target, label, draw(st.sampled_from((content,) * len(CONTENTS) * 3 + CONTENTS)), first, accept=accept),
        sent(target, label, strange, second, accept=accept, uid=draw(st.sampled_from(("1.2", "3.4", "1.2+x_Y")))),
    )


policies = st.builds(
    lambda policy, peek: replace(policy, peek=peek),
    st.sampled_from(POLICIES) | some.policies(),
    st.sampled_from((1024, 16 * 1024)),
)


@settings(max_examples=500, suppress_health_check=[HealthCheck.too_slow])
@given(pairs(), policies)
@example((sent(*USUAL["search"], accept=JSON), sent(*PAGE, accept=JSON, uid="3.4")), Policy())
def test_whatever_is_taken_for_alike_is_judged_alike(pair: tuple[Sent, Sent], policy: Policy) -> None:
    hold_together(*pair, policy)
