"""Exchanges and policies nobody thought of, for Hypothesis: any outcome, and any policy that a file may hold."""

import operator
import re
from dataclasses import replace
from functools import partial

from hypothesis import strategies as st

from gateway.config.findings import Wrong
from gateway.config.vocabulary import editable_field
from gateway.core.conditions import (
    BodyMatches,
    FieldMatches,
    JsonHas,
    LocationMatches,
    LooksLike,
    MediaTypeIs,
    OneOf,
    SizeIs,
    StatusIs,
    UnexpectedMedia,
)
from gateway.core.decision import BodyPlan, FieldEdits
from gateway.core.facts import Outcome, RequestFacts, Response
from gateway.core.failures import Failure, FailureKind, Sent
from gateway.core.fields import Fields
from gateway.core.inspect import Looks
from gateway.core.policy import Documented, Mode, Policy, Quirks, RetryPolicy
from gateway.core.reply import Moment
from gateway.core.rule import Rule, Then
from gateway.dicomweb.classify import classify
from gateway.dicomweb.statuses import DCS_SET, DICOM_SET
from gateway.dicomweb.transactions import TRANSACTIONS

LATIN = st.text(st.characters(min_codepoint=0, max_codepoint=255), max_size=40)
WORDS = st.text("abcXYZ019-", min_size=1, max_size=8)

_NAMES = (
    "Content-Type", "Content-Length", "Content-Range", "Content-Encoding", "Location", "Retry-After", "WWW-Authenticate",
    "Allow", "Connection", "Via", "Date", "ETag", "Warning", "Transfer-Encoding", "Proxy-Status", "Set-Cookie",
    "Cache-Control", "Range", "If-None-Match", "If-Match", "Accept",
)  # fmt: skip
VALUES = (
    "", "0", "5", "-1", "soon", "9" * 40, "0" * 6000, "Fri, 31 Dec 2032 23:59:59 GMT", "Mon, 39 Feb 0000 29:59:69 GMT",
    "text/html", "text/plain", "application/json", "application/dicom+json", "application/dicom", "image/png", "bytes 0-1/2",
    'multipart/related; type="application/dicom"; boundary=b', "multipart/byteranges; boundary=b", "close, Location, Allow",
    "/login", "http://pacs.internal:8042/x", "//pacs.internal:8042", "http://[", "javascript:1", "Basic", "1.1 pacs-gateway",
    "text/html;q=0.5, */*;q=" + "9" * 400, "gzip", "identity", "chunked",
)  # fmt: skip
BODIES = (
    b"", b" \n", b"<html>login</html>", b'{"a": [1]}', b"[]", b"1" * 5000, b"[" * 5000, b"\xff\xd8\xff", b"not found",
    bytes(128) + b"DICM", b"Traceback (most recent call last)", b"--b\r\nContent-Type: a/b\r\n\r\n",
)  # fmt: skip
_TARGETS = (
    "/", "/index.html", "/rs/studies", "/rs/studies/1.2", "/rs/studies/1.2/metadata", "/rs/studies/1.2/series/3/instances/4",
    "/rs/workitems/1", "/rs/workitems/1/state", "/wado?requestType=WADO&studyUID=1&seriesUID=2&objectUID=3", "/%zz//..;?#",
)  # fmt: skip

lines = st.tuples(st.sampled_from(_NAMES) | LATIN, st.sampled_from(VALUES) | LATIN)
fields = st.lists(lines, max_size=6).map(Fields)
statuses = st.sampled_from((200, 204, 206, 301, 302, 304, 401, 404, 405, 407, 412, 416, 429, 500, 502, 503, 999)) | (
    st.integers(100, 599) | st.integers(-(10**6), 10**6)
)
peeks = st.none() | st.sampled_from(BODIES) | st.binary(max_size=200)
responses = st.builds(Response, statuses, fields, peeks, st.booleans())
failures = st.builds(
    Failure,
    st.sampled_from(FailureKind),
    st.sampled_from(Sent),
    st.none() | st.floats(0, 1e6),
    st.just(("GET", "HEAD")),
)
outcomes: st.SearchStrategy[Outcome] = responses | failures


@st.composite
def requests(draw: st.DrawFn) -> RequestFacts:
    method = draw(st.sampled_from(("GET", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "FROB", "")))
    target, sent = draw(st.sampled_from(_TARGETS) | LATIN), draw(fields)
    found = classify(method, target, accept=sent.combined("Accept"), content_type=sent.get("Content-Type"))
    base = draw(st.sampled_from(("", "https://gw.example")))
    return RequestFacts(method, target, sent, found, "dicomweb", "pacs", base, opaque=draw(st.booleans()))


_words = st.sampled_from(
    (
        ("origin", ("upstream", "gateway")), ("route", ("dicomweb",)), ("upstream", ("pacs",)), ("method", ("GET", "POST")),
        ("transaction", tuple(TRANSACTIONS)), ("failure", tuple(FailureKind)),
    )
)  # fmt: skip
_patterns = st.sampled_from(("login", "not found", ".", "^$")).map(re.compile)
conditions = st.one_of(
    _words.map(lambda row: OneOf(row[0], frozenset(row[1]))),
    st.frozensets(st.integers(100, 999), min_size=1).map(StatusIs),
    st.builds(FieldMatches, st.sampled_from(_NAMES), st.none() | _patterns),
    st.builds(LocationMatches, _patterns),
    st.just(MediaTypeIs(frozenset({"text/html", "application/*"}))),
    st.builds(UnexpectedMedia, st.booleans()),
    st.just(SizeIs(partial(operator.eq, 0), "0")),
    st.frozensets(st.sampled_from(Looks), min_size=1).map(LooksLike),
    st.builds(BodyMatches, _patterns),
    st.builds(JsonHas, st.sampled_from(("", "/a", "/a/0")), st.none() | st.integers() | st.booleans() | _patterns),
)


def _is_editable(name: str) -> bool:
    try:
        return bool(editable_field(name))
    except Wrong:
        return False


_edited = st.tuples(st.sampled_from(("X-A", "WWW-Authenticate", "Location", "Warning", "Allow", "Content-Type")), WORDS)
edits = st.builds(
    FieldEdits,
    st.lists(st.sampled_from([name for name in _NAMES if _is_editable(name)]), max_size=2).map(tuple),
    st.lists(_edited, max_size=2).map(tuple),
    st.lists(_edited, max_size=1).map(tuple),
)


def rules(documented: Documented) -> st.SearchStrategy[Rule]:
    """Rules whose status the site documents: any other is refused when a file is read."""
    allowed = sorted(code for code in documented.codes | documented.added.keys() if documented.allows(code))
    then = st.builds(
        Then,
        st.none() | st.sampled_from(allowed),
        edits,
        st.none() | st.sampled_from((BodyPlan.KEEP, BodyPlan.EMPTY, BodyPlan.PROBLEM)),
        st.none() | st.sampled_from(("upstream", "none")) | st.floats(0, 1e6),
        st.none() | st.booleans(),
        st.booleans(),
        st.booleans(),
    )
    return st.builds(Rule, WORDS, WORDS, st.lists(conditions, min_size=1, max_size=3).map(tuple), then)


documenteds = st.builds(
    lambda codes, added: Documented(
        "dicom" if codes is DICOM_SET else "dcs", codes, added={c: "x" for c in added if c not in codes}
    ),
    st.sampled_from((DICOM_SET, DCS_SET)),
    st.frozensets(st.sampled_from((302, 408, 412, 416, 422, 429, 502, 504, 507, 299)), max_size=3),
)
retries = st.builds(RetryPolicy, st.floats(1, 100), st.floats(0, 1), st.floats(100, 1000), st.floats(0, 1))
moments = st.builds(
    Moment, st.floats(0, 4e9), st.just("Thu, 01 Jan 2026 00:00:00 GMT"), st.floats(0, 0.999), st.just("id")
)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    documented = draw(documenteds)
    # A fold leads to a documented code, and never from a failure to a success.
    targets = [code for code in sorted(documented.codes) if documented.allows(code) and code >= 300]
    return Policy(
        mode=draw(st.sampled_from(Mode)),
        documented=documented,
        fold=draw(st.dictionaries(st.integers(200, 599), st.sampled_from(targets), max_size=3)),
        rules=tuple(
            replace(rule, id=f"rule-{n}") for n, rule in enumerate(draw(st.lists(rules(documented), max_size=3)))
        ),
        retry=draw(retries),
        quirks=draw(st.sampled_from(({}, {"pacs": Quirks(unauthorized_challenge="Basic")}))),
    )
