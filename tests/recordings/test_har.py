"""HAR files as browsers write them: every entry is judged as the exchange it was, with its content."""

import io
import json
from base64 import b64encode
from pathlib import Path

import pytest

from gateway.config.load import load_text
from gateway.core.decision import BodyPlan
from gateway.recordings.exchanges import Bad, Outside, Seen
from gateway.recordings.har import read_har
from gateway.recordings.judging import Bench, Untold, Verdict

BENCH = Bench(
    load_text(
        "version: 1\nupstreams: {pacs: {url: 'http://pacs'}}\nroutes: [{id: rs, prefix: /rs, upstream: pacs}]\n"
        "packs: [login-pages, error-texts]",
        "tests",
        {},
    )
)
LOGIN = '<html><form action="/login">Please log in<input type="password"></form></html>'


def har_entry(url: str = "http://pacs/rs/studies", status: int = 200, **more: object) -> dict[str, object]:
    given = {"method": "GET", "headers": [], "content": {"size": 0}, "answer_headers": [], **more}
    return {
        "startedDateTime": "2026-01-01T00:00:00.000Z",
        "request": {"method": given["method"], "url": url, "headers": given["headers"], **given.get("request", {})},  # type: ignore[dict-item]
        "response": {
            "status": status,
            "statusText": "",
            "headers": given["answer_headers"],
            "content": given["content"],
        },
        **given.get("entry", {}),  # type: ignore[dict-item]
    }


def read(document: object) -> list[Seen | Bad]:
    text = document if isinstance(document, str) else json.dumps(document)
    return list(read_har(Path("x.har"), io.StringIO(text), lambda _: None))


def judged(**more: object) -> object:
    (seen,) = read({"log": {"version": "1.2", "entries": [har_entry(**more)]}})  # type: ignore[arg-type]
    assert isinstance(seen, Seen)
    return seen.judged(BENCH)


def header(name: str, value: str) -> dict[str, str]:
    return {"name": name, "value": value}


JSON = [header("content-type", "application/dicom+json")]


@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        ({"status": 204}, Verdict(204, "-", BodyPlan.EMPTY)),
        ({"answer_headers": JSON, "content": {"size": 2, "text": "[]"}}, Verdict(204, "empty-search", BodyPlan.EMPTY)),
        (
            {"answer_headers": JSON, "content": {"size": 2, "text": b64encode(b"[]").decode(), "encoding": "base64"}},
            Verdict(204, "empty-search", BodyPlan.EMPTY),
        ),
        (
            {"status": 404, "content": {"size": 17, "text": "No studies found"}},
            Verdict(204, "text-no-match", BodyPlan.EMPTY),
        ),
        ({"status": 507, "content": {"size": 4, "text": "full"}}, Verdict(503, "fold", BodyPlan.KEEP)),
    ],
    ids=["as-it-is", "empty-list", "base64", "told-by-its-text", "folded"],
)
def test_an_entry_is_judged_as_the_exchange_it_was(more: dict[str, object], verdict: Verdict) -> None:
    assert judged(**more) == verdict


def test_a_login_page_in_a_har_file_is_not_a_result() -> None:
    found = judged(answer_headers=[header("Content-Type", "text/html")], content={"size": len(LOGIN), "text": LOGIN})
    assert isinstance(found, Verdict)
    assert found.status in (401, 403)


def test_what_was_compressed_is_judged_as_the_gateway_sees_it() -> None:
    """A browser saves the text with its compression undone; the gateway has only the compressed bytes, and looks at none."""
    coded = [*JSON, header("content-encoding", "gzip")]
    assert judged(answer_headers=coded, content={"size": 2, "text": "[]"}) == Verdict(200, "-", BodyPlan.KEEP)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"answer_headers": JSON, "content": {"size": 9000}}, "the file does not hold its content"),
        ({"status": 0}, "the browser got no answer"),
    ],
)
def test_what_the_file_does_not_hold_is_not_guessed(more: dict[str, object], why: str) -> None:
    assert judged(**more) == Untold(why)


def test_an_object_needs_no_content_to_be_told() -> None:
    label = [header("Content-Type", "application/dicom")]
    assert judged(url="http://pacs/rs/studies/1.2", answer_headers=label, content={"size": 9}) == Verdict(
        200, "-", BodyPlan.KEEP
    )


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"url": "http://viewer/app.js"}, "no route leads there"),
        ({"url": "data:text/plain,x"}, "it was no request over HTTP"),
        ({"entry": {"_fromCache": "memory"}}, "it came from the browser's cache"),
    ],
)
def test_what_was_never_for_this_gateway_is_told_apart(more: dict[str, object], why: str) -> None:
    assert judged(**more) == Outside(why)


def test_the_parts_of_a_store_are_counted_where_the_browser_kept_them() -> None:
    kind = 'multipart/related; type="application/dicom"; boundary=b'
    module = json.dumps({"00081199": {"vr": "SQ", "Value": [{}]}})
    found = judged(
        method="POST",
        headers=[header("Content-Type", kind)],
        request={"postData": {"mimeType": kind, "text": "--b\r\n\r\nx\r\n--b\r\n\r\ny\r\n--b--"}},
        answer_headers=JSON,
        content={"size": len(module), "text": module},
    )
    assert found == Verdict(202, "store-outcome", BodyPlan.KEEP)


def test_names_of_another_version_of_http_are_no_fields() -> None:
    (seen,) = read({"log": {"entries": [har_entry(headers=[header(":authority", "pacs"), header("accept", "*/*")])]}})
    assert isinstance(seen, Seen)
    assert [name for name, _ in seen.fields] == ["accept"]


def test_a_target_keeps_its_escapes_and_gets_those_it_lacks() -> None:
    (seen,) = read({"log": {"entries": [har_entry("http://pacs/rs/studies?PatientName=M%C3%BC*&x=ü#part")]}})
    assert isinstance(seen, Seen)
    assert seen.target == "/rs/studies?PatientName=M%C3%BC*&x=%C3%BC"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["x.har: is no HAR file: it has no list of entries"]),
        ("{}", ["x.har: is no HAR file: it has no list of entries"]),
        ('{"log": {"entries": []}}', []),
        ('{"log": {"entries": [{]}}', ["x.har: what comes next breaks off, or is damaged"]),
        ('{"log": {"entries": [{}]}}', ["x.har:1: this entry has no request, as HAR files have them"]),
        ('{"log": {"entries": [7]}}', ["x.har:1: this entry has no request, as HAR files have them"]),
        ('{"log": {"entries": [' + "[" * 100_000, ["x.har: what comes next is nested too deeply"]),
        (
            json.dumps({"log": {"entries": [har_entry(content={"size": 1, "text": "%", "encoding": "base64"})]}}),
            ["x.har:1: this entry has a content that is not base64, though it says so"],
        ),
    ],
    ids=range(8),
)
def test_what_is_wrong_with_a_file_is_said(text: str, found: list[str]) -> None:
    assert [str(one) for one in read(text) if isinstance(one, Bad)] == found


def test_a_large_file_is_read_entry_by_entry() -> None:
    """However the pieces fall: entries are of all sizes, and one is larger than a piece."""
    entries = [
        har_entry(content={"size": n, "text": "ü" * n}, status=500) for n in (1, 700_000, 3, *range(200), 300_000)
    ]
    text = json.dumps({"log": {"pages": [{"title": 'a "entries": [ of another kind'}], "entries": entries}}, indent=1)
    found = read(text)
    assert len(found) == len(entries)
    assert [len(one.content or b"") for one in found if isinstance(one, Seen)] == [
        2 * n for n in (1, 700_000, 3, *range(200), 300_000)
    ]


def test_a_file_that_breaks_off_is_read_to_there() -> None:
    text = json.dumps({"log": {"entries": [har_entry(), har_entry(), har_entry()]}})
    *seen, last = read(text[:-80])
    assert len(seen) == 2
    assert str(last) == "x.har:2: what comes next breaks off, or is damaged"
