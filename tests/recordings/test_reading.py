"""Files read from one end to the other: what is sound is judged, what is not is told with its place."""

import gzip
import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.facts import RequestFacts, Response, classified
from gateway.core.fields import Fields
from gateway.core.policy import Mode
from gateway.recordings.entry import Entry, drawn
from gateway.recordings.exchanges import Bad, Recorded
from gateway.recordings.form import LONGEST, from_line, to_line
from gateway.recordings.judging import Bench
from gateway.recordings.plain import BadEntry
from gateway.recordings.reading import NothingToRead, files_in, read_files
from tests.recordings.test_stand_ins import GROUNDS


def entry() -> Entry:
    bench = Bench(GROUNDS[0])
    fields = Fields([("Content-Type", "application/json"), ("Location", "/login")])
    request = RequestFacts(
        "GET", "/studies?PatientID=1", Fields(), classified("GET", "/studies", Fields()), "dicomweb", "pacs"
    )
    exchange, known = drawn(request, Response(400, fields, b'{"status": 400, "error": ["x"]}', whole=True), "", bench)
    return Entry(1, "2026-01-01T00:00:00.000Z", "id", bench.digest, Mode.ENFORCE, 400, known, exchange)


LINE = to_line(entry())


def found_in(*files: Path) -> list[object]:
    return list(read_files(files, lambda _: None))


def test_a_line_holds_all_of_an_entry() -> None:
    assert from_line(LINE) == entry()


def changed(path: str, value: object) -> str:
    """The line with another value at a place; `...` takes the member away."""
    document = json.loads(LINE)
    *way, last = path.split(".")
    place = document
    for key in way:
        place = place[key]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return json.dumps(document)


ODD = {
    "": "is no JSON; it may have been cut when the gateway was killed, or be from elsewhere",
    "{": "is no JSON; it may have been cut when the gateway was killed, or be from elsewhere",
    "[" * 100_000: "is no JSON; it may have been cut when the gateway was killed, or be from elsewhere",
    "7": "is no entry of a recording",
    '{"time": "x"}': "is no entry of a recording",
    changed("version", 2): "is not of version 1, which is read here",
    changed("time", 7): "time is not what a recording holds there, but of the kind int",
    changed("known", ...): "known is missing",
    changed("known.verdict.status", "200"): "known.verdict.status is not what a recording holds there, but of the kind str",
    changed("known.told_by", "hearsay"): "known.told_by is not what a recording holds there, but of the kind str",
    changed("exchange.secret", 1): "exchange has a member that no recording has",
    changed("exchange.answer", ...): "exchange has neither an answer nor a failure, or both",
    changed("exchange.request.transaction", "x"): "exchange.request names a transaction or a method that is not known here",
    changed("exchange.answer.content.size", 10**12): "exchange.answer.content is larger than any gateway holds",
    changed("exchange.answer.content.looks", "odd"): "exchange.answer.content.looks is not what a recording holds there, "
    "but of the kind str",
    changed("exchange.answer.content.json.document", {"keys": 1}): "exchange.answer.content.json.document is not what a "
    "recording holds there, but of the kind dict",
}  # fmt: skip


@pytest.mark.parametrize(("line", "why"), ODD.items(), ids=range(len(ODD)))
def test_what_is_wrong_with_a_line_is_said(line: str, why: str) -> None:
    with pytest.raises(BadEntry) as caught:
        from_line(line)
    assert str(caught.value) == why


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def places(document: object, way: str = "") -> list[str]:
    inside = document.items() if isinstance(document, dict) else ()
    return [way] * bool(way) + [place for key, own in inside for place in places(own, f"{way}.{key}".lstrip("."))]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([place for place in places(json.loads(LINE)) if "document." not in place]), _values)
def test_a_line_is_read_or_refused_and_can_be_judged_then(place: str, value: object) -> None:
    """Whoever edits a recording gets a sentence, and never a traceback."""
    with suppress(BadEntry):
        Recorded(from_line(changed(place, value))).judged(Bench(GROUNDS[0]))


def test_bad_lines_are_told_with_their_place_and_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(LINE + "rubbish\n\n" + LINE + "x" * (LONGEST + 10) + "\n" + LINE + LINE[:50])
    found = found_in(file)
    assert [one.number for one in found if isinstance(one, Bad)] == [2, 5, 7]
    assert sum(isinstance(one, Recorded) for one in found) == 3
    assert str(found[1]).startswith(f"{file}:2: is no JSON")


def test_bytes_that_are_no_text_are_a_bad_line(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(b"\xff\xfe\x00\x01\n" + LINE.encode())
    assert [type(one) for one in found_in(file)] == [Bad, Recorded]


def test_a_packed_file_is_read_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl.gz"
    file.write_bytes(gzip.compress(LINE.encode() * 50))
    assert [type(one) for one in found_in(file)] == [Recorded] * 50


def test_a_packed_file_that_is_cut_is_read_to_the_cut(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl.gz"
    file.write_bytes(gzip.compress(LINE.encode() * 5000)[:-20])
    *_, last = found_in(file)
    assert isinstance(last, Bad)
    assert last.why == "the compressed file is damaged here"


def test_what_says_that_it_is_packed_and_is_not(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl.gz"
    file.write_text(LINE)
    (only,) = found_in(file)
    assert str(only) == f"{file}:1: the compressed file is damaged here"


def test_the_progress_ends_at_the_size_of_the_files(tmp_path: Path) -> None:
    plain, packed, har = tmp_path / "a.jsonl", tmp_path / "b.jsonl.gz", tmp_path / "c.har"
    plain.write_text(LINE * 30)
    packed.write_bytes(gzip.compress(LINE.encode() * 30))
    har.write_text('{"log": {"entries": []}}')
    read: list[int] = []
    list(read_files([plain, packed, har], read.append))
    assert sum(read) == sum(file.stat().st_size for file in (plain, packed, har))


def test_of_a_folder_the_recordings_are_read(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.jsonl.gz", "c.har", "notes.txt"):
        (tmp_path / name).write_bytes(b"")
    assert [file.name for file in files_in([tmp_path])] == ["a.jsonl.gz", "b.jsonl", "c.har"]


def test_a_folder_without_any_is_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(NothingToRead, match="there is no recording in this folder; looked for "):
        files_in([tmp_path])
    with pytest.raises(NothingToRead, match="there is no such file or folder"):
        files_in([tmp_path / "gone"])
