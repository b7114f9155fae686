"""Media types as archives write them, Accept as clients write it, and what was promised."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dicomweb.media import MediaRange, MediaType, covers, parse_accept, parse_media_type, promised
from gateway.dicomweb.transactions import TRANSACTIONS


@pytest.mark.parametrize(
    ("value", "essence", "parameters"),
    [
        ("application/dicom+json", "application/dicom+json", {}),
        (" Text/HTML ;Charset=UTF-8 ", "text/html", {"charset": "UTF-8"}),
        ('multipart/related; type="application/dicom"; boundary=gwb', "multipart/related",
         {"type": "application/dicom", "boundary": "gwb"}),
        ("multipart/related; type=application/dicom; boundary=b1c2", "multipart/related",
         {"type": "application/dicom", "boundary": "b1c2"}),
        ("multipart/related", "multipart/related", {}),
        ("multipart/related; application/octet-stream; boundary=b1c2", "multipart/related", {"boundary": "b1c2"}),
        ('multipart/related; boundary="DICOM DATA; BOUNDARY"', "multipart/related",
         {"boundary": "DICOM DATA; BOUNDARY"}),
        ("multipart/related;; ;boundary = b ;", "multipart/related", {"boundary": "b"}),
        (r'text/plain; x="a\"b\\c"', "text/plain", {"x": r'a"b\c'}),
        ('text/plain; x="never closed', "text/plain", {"x": "never closed"}),
        ('text/plain; x="', "text/plain", {"x": ""}),
        ("text/plain; x=", "text/plain", {"x": ""}),
        ("text/plain; =x; y=1", "text/plain", {"y": "1"}),
        ("text/html, text/html; charset=utf-8", "text/html", {"charset": "utf-8"}),
        ("text/html;a=1, text/plain", "text/html", {"a": "1"}),
    ],
)  # fmt: skip
def test_a_media_type_is_read_with_patience(value: str, essence: str, parameters: dict[str, str]) -> None:
    media_type = parse_media_type(value)
    assert media_type is not None
    assert media_type.essence == essence
    assert dict(media_type.parameters) == parameters


@pytest.mark.parametrize("value", ["", "json", ";", "/", "text/", "/html", 'type="application/dicom"', "; a/b"])
def test_without_type_and_subtype_there_is_no_media_type(value: str) -> None:
    assert parse_media_type(value) is None


def test_a_parameter_is_found_in_any_case_and_the_first_one_counts() -> None:
    media_type = MediaType("text", "html", (("charset", "a"), ("charset", "b")))
    assert media_type.parameter("Charset") == "a"
    assert media_type.parameter("boundary") is None


def test_accept_is_read_in_its_order() -> None:
    ranges = parse_accept('multipart/related; type="application/dicom, x;y"; q=0.5,, image/*, */*;q=.1, text/html;Q=0')
    assert ranges == (
        MediaRange("multipart", "related", (("type", "application/dicom, x;y"),), 0.5),
        MediaRange("image", "*", (), 1.0),
        MediaRange("*", "*", (), 0.1),
        MediaRange("text", "html", (), 0.0),
    )


def test_the_accept_of_java_is_understood() -> None:
    assert parse_accept("text/html, *; q=.2, */*; q=.2") == (
        MediaRange("text", "html"),
        MediaRange("*", "*", (), 0.2),
        MediaRange("*", "*", (), 0.2),
    )


@pytest.mark.parametrize("value", ["", "json", "*/json", "text/html;q=high", "text/html;q=", "text/html;q=-1", ",;,"])
def test_members_that_cannot_be_read_are_dropped(value: str) -> None:
    assert parse_accept(value) == ()


def test_a_weight_above_one_is_one() -> None:
    assert parse_accept("text/html;q=5")[0].q == 1.0


@pytest.mark.parametrize(
    ("accept", "media_type", "covered"),
    [
        ("", "text/html", True),
        ("*/*", "text/html", True),
        ("image/*", "image/jpeg", True),
        ("image/*", "video/mp4", False),
        ("image/jpeg", "IMAGE/JPEG; x=1", True),
        ("application/dicom+json", "application/json; charset=utf-8", True),
        ("application/json", "application/dicom+json", True),
        ("application/dicom+xml", "text/xml", True),
        ("text/xml", "application/xml", True),
        ("application/dicom+json", "application/dicom+xml", False),
        ("application/dicom+json", "text/html", False),
        ("application/dicom", "application/dicom+json", False),
        ('multipart/related; type="application/dicom"', "multipart/related; type=application/dicom; boundary=b", True),
        ('multipart/related; type="application/dicom"', 'multipart/related; type="image/jpeg"', False),
        ('multipart/related; type="application/json"', 'multipart/related; type="application/dicom+json"', True),
        ('multipart/related; type="image/*"', 'multipart/related; type="image/jpeg"', True),
        ('multipart/related; type="application/dicom"', "multipart/related", True),
        ("multipart/related", 'multipart/related; type="application/dicom"', True),
        ("multipart/*", 'multipart/related; type="application/dicom"', True),
        ("application/dicom", 'multipart/related; type="application/dicom"', False),
        ('application/dicom; transfer-syntax="1.2"', "application/dicom; transfer-syntax=1.3", True),
        ("image/*, image/png;q=0", "image/png", False),
        ("image/*;q=0, image/png", "image/png", True),
        ("*/*;q=0, image/*;q=0.1", "image/png", True),
        ("*/*;q=0", "image/png", False),
        ('multipart/related, multipart/related; type="image/gif"; q=0', 'multipart/related; type="image/gif"', False),
        ("application/json;q=0, application/dicom+json", "application/dicom+json", True),
    ],
)
def test_accept_covers_what_it_names(accept: str, media_type: str, covered: bool) -> None:
    parsed = parse_media_type(media_type)
    assert parsed is not None
    assert covers(parse_accept(accept), parsed) is covered


JSON, XML = "application/dicom+json", "application/dicom+xml"
MULTIPART_XML, MULTIPART_JSON = f'multipart/related; type="{XML}"', f'multipart/related; type="{JSON}"'
DATASETS = [JSON, "application/json; charset=utf-8", XML, "application/xml", "text/xml", MULTIPART_XML, MULTIPART_JSON]
OBJECTS = ["application/dicom", "application/octet-stream", "image/jpeg", "image/jphc", "video/mp4"]
PARTS = [f'multipart/related; type="{type_}"; boundary=b' for type_ in OBJECTS]
MULTIPARTS = [*PARTS, "multipart/related; boundary=b", "multipart/byteranges; boundary=b"]
DOCUMENTS = ["text/html; charset=utf-8", "text/plain", "application/pdf", "text/xml", "text/rtf"]
LOGIN = ["text/html"]

PROMISES = [
    ("studies.retrieve.dicom", OBJECTS + MULTIPARTS, [*LOGIN, JSON, "text/plain", MULTIPART_XML, "multipart/mixed"]),
    ("studies.retrieve.frames", OBJECTS + MULTIPARTS, [*LOGIN, JSON]),
    ("studies.retrieve.bulkdata", OBJECTS + MULTIPARTS, [*LOGIN, JSON]),
    ("studies.retrieve.pixeldata", OBJECTS + MULTIPARTS, [*LOGIN, JSON]),
    ("studies.retrieve.thumbnail", OBJECTS + MULTIPARTS, [*LOGIN, JSON]),
    ("studies.retrieve.rendered", OBJECTS + MULTIPARTS + DOCUMENTS, [JSON]),
    ("studies.retrieve.rendered-volume", OBJECTS + MULTIPARTS + DOCUMENTS, [JSON]),
    ("studies.retrieve.metadata", [*DATASETS, "multipart/byteranges"], [*LOGIN, "application/dicom", *PARTS]),
    ("uri.retrieve-dicom", OBJECTS, [*LOGIN, JSON, *MULTIPARTS]),
    ("uri.retrieve-rendered", OBJECTS + DOCUMENTS, [JSON, *MULTIPARTS]),
    ("studies.search", DATASETS, [*LOGIN, "application/dicom", "text/plain", "multipart/byteranges"]),
    ("studies.store", DATASETS, [*LOGIN, "text/plain"]),
    ("studies.delete", DATASETS, LOGIN),
    ("worklist.search", DATASETS, LOGIN),
    ("worklist.retrieve", DATASETS, [*LOGIN, "application/dicom"]),
    ("stgcmt.request", DATASETS, LOGIN),
    ("mwl.search", DATASETS, LOGIN),
    ("mpps.retrieve", DATASETS, LOGIN),
    ("npi.retrieve", DATASETS + OBJECTS, LOGIN),
    ("npi.store", DATASETS, LOGIN),
    ("capabilities.retrieve", ["application/vnd.sun.wadl+xml", "application/json", "application/xml"], LOGIN),
    ("ws.retrieve", ["application/soap+xml", "text/xml", *LOGIN], []),
    ("cors.preflight", LOGIN, []),
    ("other", [*LOGIN, *DATASETS, *MULTIPARTS, "model/stl"], []),
]


@pytest.mark.parametrize(("id_", "kept", "broken"), PROMISES, ids=[row[0] for row in PROMISES])
def test_a_transaction_promises_its_media_types(id_: str, kept: list[str], broken: list[str]) -> None:
    row = TRANSACTIONS[id_]
    assert [value for value in kept if not promised(row, parse_media_type(value))] == []
    assert [value for value in broken if promised(row, parse_media_type(value))] == []
    assert not promised(row, None)


@pytest.mark.parametrize("id_", TRANSACTIONS)
def test_what_the_standard_lists_is_promised(id_: str) -> None:
    row = TRANSACTIONS[id_]
    assert all(promised(row, parse_media_type(value)) for value in row.media_types)


@given(st.text())
def test_any_text_can_be_read(value: str) -> None:
    assert all(0.0 <= range_.q <= 1.0 for range_ in parse_accept(value))
    media_type = parse_media_type(value)
    if media_type is not None:
        assert parse_media_type(media_type.essence) == MediaType(media_type.type, media_type.subtype)


@given(st.text())
def test_a_quoted_value_comes_back_as_it_was(value: str) -> None:
    quoted = value.replace("\\", r"\\").replace('"', r"\"")
    (range_,) = parse_accept(f'multipart/related; type="{quoted}"; q=0.25')
    assert (range_.parameter("type"), range_.q) == (value, 0.25)


@given(st.sampled_from([";", ",", '"', "\\", " ", "=", "/"]), st.integers(1, 3))
def test_a_hostile_field_is_read_in_linear_time(filler: str, kind: int) -> None:
    """Twenty thousand of the characters that tempt a regular expression to try again; quadratic would take minutes."""
    value = ("text/html;", "text/html;x=", 'text/html;x="')[kind - 1] + filler * 20_000
    assert parse_media_type(value) is not None
    assert len(parse_accept(value)) <= 1
