"""What archives answer, clients do and sites decide, and how far the short way goes then."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.proxy.express_acts import (
    DICOM,
    FOUND,
    HEAD,
    HUGE,
    JSON,
    KINDS,
    LARGE,
    LARGE_HEAD,
    MAINTENANCE,
    MATCH,
    RELATED,
    RULE,
    SERVED,
    UNREAD,
    Act,
    Hook,
    Way,
    adding,
    asks,
    behind,
    drain,
    goes,
    in_pieces,
    in_the_middle,
    is_cut,
    leave,
    leave_before_the_answer,
    leave_in_the_middle,
    leave_with_half_a_request_behind,
    meanwhile,
    ok,
    once,
    read_late,
    read_nothing,
    reads_on,
    related,
    reload_with,
    target,
    unread,
    unread_for_too_long,
)
from tests.support.upstream import Said, answer

# ---- the table -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """`cut`: how much of the content crosses before the break is chance."""

    said: Said
    way: Way
    kind: str = "search"
    act: Act = once
    before: Hook | None = None
    protection: str = ""
    more: str = ""
    idle: str = "5s"
    delay: float = 0.0  # seconds before the archive answers
    cut: bool = False
    stray: bool = False  # something comes that was not asked for, and ends the connection to the archive
    again: bytes = b""  # what is said when it is asked again


def kept(raw: bytes, **more: Any) -> Said:
    return Said(raw, "keep", **more)


GOOD = kept(KINDS["search"][1])
LONGER = ok(b"[" + b",".join([MATCH] * 30) + b"]", JSON)

ANSWERS: Mapping[str, Row] = {
    "the same": Row(GOOD, "short"),
    "another length": Row(kept(LONGER), "short"),
    "another ETag": Row(kept(KINDS["search"][1].replace(b'"1"', b'W/"2"')), "short"),
    "an ETag less": Row(kept(KINDS["search"][1].replace(b'ETag: "1"\r\n', b"")), "handed"),
    "a cookie more": Row(kept(ok(FOUND, JSON, ("Set-Cookie", "a=b"))), "handed"),
    "another label": Row(kept(ok(FOUND, ("Content-Type", "application/json"))), "handed"),
    "a page": Row(kept(ok(b"<html>login</html>", ("Content-Type", "text/html"))), "handed"),
    "a page under the usual label": Row(kept(ok(b"<html>login</html>", JSON)), "handed"),
    "no match": Row(kept(ok(b"[]", JSON)), "handed"),
    "an error object": Row(kept(ok(b'{"status": 500}', JSON)), "handed"),
    "JSON that breaks off": Row(kept(ok(FOUND[:-1], JSON)), "handed"),
    "long JSON that breaks off": Row(kept(ok(LONGER.partition(b"\r\n\r\n")[2][:-1], JSON)), "handed"),
    "a stack trace": Row(
        kept(answer(500, b"Traceback (most recent call last)", *SERVED, JSON, reason="Oops")), "handed"
    ),
    "401": Row(kept(answer(401, b"", ("WWW-Authenticate", "Basic"))), "handed"),
    "204": Row(kept(b"HTTP/1.1 204 No Content\r\nServer: Archive\r\n\r\n"), "handed"),
    "304": Row(kept(b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n'), "handed"),
    "chunks": Row(
        kept(
            HEAD.replace(b"Content-Length: 46", b"Transfer-Encoding: chunked") + b"%x\r\n%b\r\n0\r\n\r\n" % (46, FOUND)
        ),
        "handed",
    ),
    "no length": Row(Said(HEAD.replace(b"Content-Length: 46\r\n", b"") + FOUND), "handed"),
    "no content": Row(kept(ok(b"", JSON)), "handed"),
    "100 before": Row(kept(b"HTTP/1.1 100 Continue\r\n\r\n" + GOOD.raw), "handed"),
    "103 before": Row(kept(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + GOOD.raw), "handed"),
    "HTTP/1.0": Row(Said(GOOD.raw.replace(b"HTTP/1.1", b"HTTP/1.0")), "handed"),
    "the last on its connection": Row(Said(ok(FOUND, JSON, ("Connection", "close")), "keep"), "handed"),
    "two lengths": Row(Said(GOOD.raw.replace(b"\r\n\r\n", b"\r\nContent-Length: 45\r\n\r\n")), "handed"),
    "no HTTP": Row(Said(b"SSH-2.0-x\r\n\r\n"), "handed"),
    "two answers at once": Row(kept(GOOD.raw + GOOD.raw), "handed"),
    "a second answer later": Row(kept(GOOD.raw, late=LONGER), "short", stray=True),
    "half a head later": Row(kept(GOOD.raw, late=b"HTTP/1.1 200 OK\r\nX-Na"), "short", stray=True),
    "surplus": Row(kept(GOOD.raw + b"x"), "handed"),
    "the head alone at first": Row(kept(HEAD, late=FOUND, lull=0.005), "short"),
    "the head alone for a while": Row(kept(GOOD.raw, split="headers"), "handed"),
    "half a head at first": Row(kept(HEAD[:30], late=HEAD[30:] + FOUND), "handed"),
    "byte by byte": Row(kept(GOOD.raw, split="bytes"), "handed"),
    "half of the content at first": Row(kept(GOOD.raw[:-20], late=GOOD.raw[-20:], lull=0.005), "short"),
    "half of the content for a while": Row(kept(GOOD.raw[:-20], late=GOOD.raw[-20:]), "handed"),
    "then an end": Row(Said(GOOD.raw), "short"),
    "an end before a byte": Row(Said(b""), "handed", again=GOOD.raw),
    "a reset before a byte": Row(Said(b"", "rst"), "handed", again=GOOD.raw),
    "an end in the head": Row(Said(HEAD[:30]), "handed"),
    "an end behind the head": Row(Said(HEAD), "handed"),
    "an end in the content": Row(Said(GOOD.raw[:-1]), "handed"),
    "a reset in the content": Row(Said(GOOD.raw[:-1], "rst"), "handed"),
    "silence before the head": Row(Said(b"", "hold"), "handed"),
    "silence in the head": Row(Said(HEAD[:30], "hold"), "handed"),
    "silence behind the head": Row(Said(HEAD, "hold"), "handed"),
    "silence in the content": Row(Said(GOOD.raw[:-1], "hold"), "handed"),
}
LARGE_ANSWERS: Mapping[str, Row] = {
    "an instance": Row(kept(KINDS["instance"][1]), "short", "instance"),
    "large": Row(kept(ok(bytes(LARGE), DICOM)), "short", "instance"),
    "huge": Row(kept(ok(bytes(HUGE), DICOM)), "short", "instance"),
    "large, read late": Row(kept(ok(bytes(HUGE * 4), DICOM)), "short", "instance", read_late),
    "large, in pieces": Row(kept(LARGE_HEAD + bytes(40_000), late=bytes(60_000)), "short", "instance"),
    "large, in crumbs": Row(kept(LARGE_HEAD + bytes(LARGE), split="bytes"), "handed", "instance"),
    "large, the head at first": Row(kept(LARGE_HEAD, late=bytes(LARGE), lull=0.005), "short", "instance"),
    "large, the head alone for a while": Row(kept(LARGE_HEAD + bytes(LARGE), split="headers"), "handed", "instance"),
    "large and surplus": Row(kept(LARGE_HEAD + bytes(LARGE) + b"x"), "short", "instance"),
    "large and surplus later": Row(kept(LARGE_HEAD + bytes(LARGE), late=GOOD.raw), "short", "instance", stray=True),
    "large, then an end": Row(Said(LARGE_HEAD + bytes(LARGE)), "short", "instance"),
    "large and an end too early": Row(Said(LARGE_HEAD + bytes(LARGE - 9)), "short", "instance", cut=True),
    "large and a reset": Row(Said(LARGE_HEAD + bytes(LARGE - 9), "rst"), "short", "instance", cut=True),
    "large and silence": Row(Said(LARGE_HEAD + bytes(LARGE - 9), "hold"), "short", "instance", cut=True),
    "a label that names a boundary": Row(
        kept(ok(bytes(LARGE), ("Content-Type", "application/dicom; boundary=x"))), "usual", "labelled"
    ),
    "large, its end by the drop": Row(
        kept(ok(bytes(LARGE), DICOM), split="drip", pause=0.1), "short", "instance", cut=True
    ),
    "parts": Row(kept(related(2000, "b2")), "short", "study"),
    "many parts": Row(kept(related(LARGE, "b3")), "short", "study"),
    "parts without an end": Row(kept(related(2000, "b2", end=False)), "handed", "study", cut=True),
    "many parts without an end": Row(kept(related(LARGE, "b3", end=False)), "short", "study", cut=True),
    "parts of another boundary": Row(kept(related(2000).replace(b"boundary=b1", b"boundary=b2")), "handed", "study"),
    "no parts": Row(kept(ok(b"--b--\r\n", ("Content-Type", RELATED + "b"))), "handed", "study"),
    "a page in place of parts": Row(
        kept(ok(b"<html>login</html>", ("Content-Type", RELATED + "b"))), "handed", "study"
    ),
}
CLIENTS: Mapping[str, Row] = {
    "leaves before the answer": Row(Said(b"", "hold"), "short", act=leave_before_the_answer),
    "leaves, half a request behind": Row(Said(b"", "hold"), "short", act=leave_with_half_a_request_behind),
    "leaves in the middle": Row(
        Said(ok(bytes(HUGE), DICOM)[:-9], "hold"), "short", "instance", leave_in_the_middle, cut=True
    ),
    "stops reading": Row(
        Said(ok(bytes(HUGE * 8), DICOM), "keep"), "short", "instance", read_nothing, idle="500ms", cut=True
    ),
    "leaves, the end unread": Row(UNREAD, "short", "instance", unread(goes, is_told=False), cut=True),
    "reads the end late": Row(UNREAD, "short", "instance", unread(reads_on)),
    "never reads the end": Row(UNREAD, "short", "instance", unread_for_too_long, idle="500ms", cut=True),
    "is cut off, the end unread": Row(UNREAD, "short", "instance", unread(is_cut), cut=True),
    "is cut off before the answer": Row(Said(b"", "hold"), "short", act=meanwhile(leave)),
    "is cut off in the middle": Row(
        Said(ok(bytes(HUGE), DICOM)[:-9], "hold"), "short", "instance", in_the_middle(leave), cut=True
    ),
    "sends two at once": Row(GOOD, "usual", act=behind(lambda asked: asked * 2, replies=2)),
    "sends three at once": Row(GOOD, "usual", act=behind(lambda asked: asked * 3, replies=3)),
    "sends a second": Row(GOOD, "short", act=behind(*[lambda asked: asked] * 2, replies=2), delay=0.1),
    "sends a second and a third": Row(GOOD, "short", act=behind(*[lambda asked: asked] * 3, replies=3), delay=0.1),
    "sends a second in two pieces": Row(
        GOOD,
        "short",
        act=behind(lambda asked: asked, lambda asked: asked[:30], lambda asked: asked[30:], replies=2),
        delay=0.1,
    ),
    "sends a second, and the answer is another": Row(
        kept(ok(b"[]", JSON)), "handed", act=behind(*[lambda asked: asked] * 2, replies=2), delay=0.1
    ),
    "sends rubbish behind": Row(
        GOOD, "short", act=behind(lambda asked: asked, lambda _asked: b"\x16\x03\r\n\r\n", replies=2), delay=0.1
    ),
    "sends a line break behind": Row(
        GOOD, "short", act=behind(lambda asked: asked, lambda asked: b"\r\n" + asked, replies=2), delay=0.1
    ),
    "sends one in pieces": Row(GOOD, "usual", act=in_pieces(10, 40)),
    "sends one without its last byte": Row(GOOD, "usual", act=in_pieces(-1)),
    "asks with HEAD": Row(kept(HEAD), "usual", act=asks(lambda asked: asked.replace(b"GET", b"HEAD", 1), "HEAD")),
    "acts": Row(
        kept(answer(202)),
        "usual",
        act=asks(lambda asked: b"POST" + asked[3:-2] + b"Content-Length: 5\r\n\r\n12345", "POST"),
    ),
    "sends content with a GET": Row(
        GOOD, "usual", act=asks(lambda asked: asked[:-2] + b"Content-Length: 5\r\n\r\n12345")
    ),
    "shows another token": Row(GOOD, "usual", act=adding(b"Authorization: Bearer x")),
    "accepts something else": Row(GOOD, "usual", act=adding(b"Accept: image/png")),
    "asks whether it has changed": Row(
        kept(b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n'), "usual", act=adding(b'If-None-Match: "1"')
    ),
    "asks for a range": Row(
        kept(answer(206, b"x", ("Content-Range", "bytes 0-0/2"), JSON)), "usual", act=adding(b"Range: bytes=0-0")
    ),
    "says that it is the last": Row(GOOD, "usual", act=adding(b"Connection: close")),
    "speaks HTTP/1.0": Row(GOOD, "usual", act=asks(lambda asked: asked.replace(b"HTTP/1.1", b"HTTP/1.0"))),
    "asks for two slashes": Row(GOOD, "usual", act=target(lambda path: b"/" + path)),
    "asks in absolute form": Row(GOOD, "usual", act=target(lambda path: b"http://gw.example" + path)),
    "asks somebody else": Row(GOOD, "usual", act=target(lambda path: b"http://other.example" + path)),
    "asks for a fragment": Row(GOOD, "usual", act=target(lambda path: path + b"#x")),
    "asks with a blank": Row(GOOD, "usual", act=target(lambda path: path + b" x")),
    "asks with a control byte": Row(GOOD, "usual", act=target(lambda path: path + b"\x01")),
    "asks with a byte beyond ASCII": Row(GOOD, "usual", act=target(lambda path: path + b"\xe4")),
    "asks with a quotation mark": Row(GOOD, "usual", act=target(lambda path: path + b'"x"')),
    "asks for as much as may be": Row(GOOD, "short", act=target(lambda path: path.ljust(1024, b"x"))),
    "asks for too much": Row(GOOD, "usual", act=target(lambda path: path.ljust(1025, b"x"))),
    "asks for something else": Row(kept(ok(bytes(9), DICOM)), "usual", act=target(lambda _path: b"/studies/1/row")),
    "asks for no service": Row(kept(answer(404)), "usual", act=target(lambda _path: b"/index.html?row")),
}
SITES: Mapping[str, Row] = {
    "a reload": Row(GOOD, "usual", before=reload_with("")),
    "a reload with a rule for this answer": Row(GOOD, "usual", before=reload_with(RULE)),
    "a rule for this kind of answer": Row(GOOD, "usual", more=RULE.replace("0020000D", "NEVER")),
    "observing": Row(GOOD, "usual", more="mode: observe\n"),
    "draining": Row(GOOD, "usual", before=drain),
    "draining meanwhile": Row(GOOD, "handed", act=meanwhile(drain), delay=0.1),
    "a reload meanwhile": Row(GOOD, "short", act=meanwhile(reload_with("")), delay=0.1),
    "a reload with a rule meanwhile": Row(GOOD, "short", act=meanwhile(reload_with(RULE)), delay=0.1),
    "maintenance to come": Row(GOOD, "usual", more=MAINTENANCE.replace("2020", "2098")),
    "maintenance": Row(GOOD, "usual", before=reload_with(MAINTENANCE)),
    "a rate": Row(GOOD, "usual", protection="rate: [{requests: 100, per: 1s, key: client}]"),
    "limits": Row(GOOD, "short", protection="limits: {in_flight: 1, queue: 5}"),
    "limits by family": Row(
        GOOD, "short", protection="limits: {in_flight: 4, by_transaction: {search: {in_flight: 1, queue: 4}}}"
    ),
    "a breaker": Row(GOOD, "short", protection="breaker: {}"),
    "a breaker, and an error": Row(
        kept(answer(503)), "handed", protection="breaker: {failures: 1, share: 1%, open: 15s}"
    ),
    "asked again": Row(kept(answer(503)), "handed", protection="on_status: {503: retry}", again=GOOD.raw),
    "followed": Row(
        kept(answer(302, b"", ("Location", "/studies?PatientID=there"))),
        "handed",
        protection="on_status: {302: follow}",
    ),
    "an adaptive limit": Row(GOOD, "short", protection="limits: {in_flight: 4, adaptive: {}}"),
    "other origins": Row(GOOD, "short", more="cors: {origins: ['https://viewer.example']}\n"),
    "all packs": Row(GOOD, "short", more="packs: all\n"),
    "strict": Row(GOOD, "short", more="documented: {set: dicom, strict: true}\n"),
}
ROWS = {**ANSWERS, **LARGE_ANSWERS, **CLIENTS, **SITES}
