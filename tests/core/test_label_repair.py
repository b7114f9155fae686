"""Labels: what is well written stays to the letter, what is missing or misspelt is told from the first bytes."""

import pytest

from gateway.core.decision import NO_EDITS, BodyPlan
from gateway.core.repair import label_repair
from gateway.dicomweb.multipart import boundary_of
from tests.core.making import ELSEWHERE, RETRIEVE, SEARCH, asked, judged, replied, said

FRAMES = asked("GET", "/rs/studies/1.2/series/3/instances/4/frames/1")
DICOM = bytes(128) + b"DICM\x02\x00"
PARTS = b"--b\r\nContent-Type: application/dicom; transfer-syntax=*\r\n\r\nx\r\n--b--\r\n"
SPACED = b"--a b\r\nContent-Type: image/jpeg\r\n\r\nx\r\n--a b--\r\n"
MATCH = b'[{"00100020":{"vr":"LO","Value":["1"]}}]'

WELL_WRITTEN = [
    ('multipart/related; type="application/dicom"; boundary=b', PARTS),
    ('Multipart/Related;boundary="b";TYPE="application/dicom"', PARTS),
    ("multipart/related; boundary=b", PARTS),
    ('multipart/related; boundary="b"; start="<1>"; type="application/dicom"', PARTS),
    ("multipart/related", b"nobody knows"),
    ("application/dicom+json", MATCH),
    ("application/dicom+json; charset=utf-8", MATCH),
    ("application/json", MATCH),
    ("application/octet-stream", DICOM),
    ("image/png", b"\x89PNG\r\n\x1a\n"),
    ("image/jls", b"\x01\x02"),
    ("text/plain", b"hello"),
]


@pytest.mark.parametrize(("label", "body"), WELL_WRITTEN)
def test_a_label_that_says_what_the_content_is_stays_to_the_letter(label: str, body: bytes) -> None:
    assert label_repair(FRAMES, said(200, ("Content-Type", label), body=body)) is NO_EDITS
    reply = replied(FRAMES, said(200, ("Content-Type", label), body=body))
    assert reply.fields.all("Content-Type") == (label,)


REPAIRED = {
    "no boundary": (
        'multipart/related; type="application/dicom"', PARTS,
        'multipart/related; type="application/dicom"; boundary=b',
    ),
    "nothing but the type": ("multipart/related", PARTS, 'multipart/related; type="application/dicom"; boundary=b'),
    "type without quotes": (
        "multipart/related; type=application/dicom; boundary=b", PARTS,
        'multipart/related; type="application/dicom"; boundary=b',
    ),
    "type without its name": (
        "multipart/related; application/octet-stream; boundary=b", PARTS,
        'multipart/related; type="application/octet-stream"; boundary=b',
    ),
    "single quotes": (
        "multipart/related; type=\"application/dicom\"; boundary='b'", PARTS,
        'multipart/related; type="application/dicom"; boundary=b',
    ),
    "blanks in the boundary": ("multipart/related", SPACED, 'multipart/related; type="image/jpeg"; boundary="a b"'),
    "parameters of others": (
        "multipart/related; boundary=b; type=image/jpeg; start=\"<1>\"; x=y", PARTS,
        'multipart/related; type="image/jpeg"; boundary=b; start="<1>"; x=y',
    ),
    "no type anywhere": ("multipart/mixed", b"--b\r\nContent-ID: 1\r\n\r\nx", "multipart/mixed; boundary=b"),
    "no label, parts": ("", PARTS, 'multipart/related; type="application/dicom"; boundary=b'),
    "no label, parts after a line end": ("", b"\r\n" + PARTS, 'multipart/related; type="application/dicom"; boundary=b'),
    "no label, an object": ("", DICOM, "application/dicom"),
    "no label, matches": ("", MATCH, "application/dicom+json"),
    "no label, an empty list": ("", b"[]", "application/dicom+json"),
    "no label, keywords": ("", b'[{"PatientID":"1"}]', "application/dicom+json"),
    "no label, another JSON": ("", b'{"a":1}', "application/json"),
    "no label, an image": ("", b"\xff\xd8\xff\xe0", "image/jpeg"),
    "a false label, JPEG": ("image/png", b"\xff\xd8\xff\xe0", "image/jpeg"),
    "a false label, PNG": ("image/jpeg", b"\x89PNG\r\n\x1a\n", "image/png"),
    "a false label, GIF": ("image/jpeg", b"GIF89a", "image/gif"),
    "a false label, JPEG 2000": ("image/jpeg", b"\x00\x00\x00\x0cjP  \r\n", "image/jp2"),
    "a label that is none": ("rubbish", DICOM, "application/dicom"),
}  # fmt: skip


@pytest.mark.parametrize(("label", "body", "wanted"), REPAIRED.values(), ids=REPAIRED)
def test_a_label_is_repaired_where_the_payload_is_clear(label: str, body: bytes, wanted: str) -> None:
    answer = said(200, *([("Content-Type", label)] if label else []), body=body)
    edits = label_repair(FRAMES, answer)
    assert edits.set == (("Content-Type", wanted),)
    assert "charset" not in wanted
    again = said(200, ("Content-Type", wanted), body=body)
    assert label_repair(FRAMES, again) is NO_EDITS  # what was repaired needs no repair


def test_a_repaired_boundary_is_the_one_in_the_content() -> None:
    ((_, label),) = label_repair(FRAMES, said(200, ("Content-Type", "multipart/related"), body=SPACED)).set
    assert boundary_of(label) == "a b"


@pytest.mark.parametrize("body", [b"hello", b"<a/>", b"\x00\x01", b"--x", b"", None])
def test_what_leaves_a_doubt_gets_no_label(body: bytes | None) -> None:
    assert label_repair(FRAMES, said(200, body=body)) is NO_EDITS


def test_the_content_stays_and_the_repair_is_named() -> None:
    answer = said(200, ("content-type", "multipart/related"), ("ETag", '"x"'), body=PARTS)
    decision, reply = judged(RETRIEVE, answer), replied(RETRIEVE, answer)
    assert (decision.status, decision.rule, decision.body) == (200, "label", BodyPlan.KEEP)
    assert reply.content is None
    assert reply.fields.get("ETag") == '"x"'


def test_two_labels_become_the_first_one() -> None:
    answer = said(200, ("Content-Type", "application/dicom+json"), ("Content-Type", "text/html"), body=MATCH)
    assert replied(SEARCH, answer).fields.all("Content-Type") == ("application/dicom+json",)


def test_nothing_is_labelled_elsewhere_or_where_our_own_report_goes_out() -> None:
    for request in (ELSEWHERE, asked("GET", "/rs/studies/1.2", opaque=True)):
        assert label_repair(request, said(200, body=PARTS)) is NO_EDITS
    assert judged(RETRIEVE, said(404, body=DICOM)).rule == "error-body"


@pytest.mark.parametrize("type_", ["image/jp\x00eg", 'image/jpeg"', "image/jpeg\x7f", "image", "ima ge/jpeg"])
def test_what_a_part_calls_itself_is_repeated_only_where_it_is_a_media_type(type_: str) -> None:
    """A part is content: its bytes may be anything, and would stand in a field."""
    parts = f"--b\r\nContent-Type: {type_}\r\n\r\nx\r\n--b--\r\n".encode()
    reply = replied(FRAMES, said(200, ("Content-Type", "multipart/related"), body=parts))
    assert reply.fields.all("Content-Type") == ("multipart/related; boundary=b",)


def test_a_label_that_cannot_be_written_is_not_written() -> None:
    """The line itself never crosses; a repair must not bring it back."""
    label = 'multipart/related; type="application/dicom"; start="\x01"'
    assert "Content-Type" not in replied(FRAMES, said(200, ("Content-Type", label), body=PARTS)).fields
