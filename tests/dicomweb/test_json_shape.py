"""A list of data sets is a result; a number, an error object or half a list is not."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dicomweb.json_shape import JsonShape, json_shape

RESULT = JsonShape.RESULT
ERROR = JsonShape.ERROR_OBJECT
OTHER = JsonShape.OTHER_JSON
STATUS = JsonShape.STATUS_NUMBER
TRUNCATED = JsonShape.TRUNCATED
NOT_JSON = JsonShape.NOT_JSON

STUDY = {"0020000D": {"vr": "UI", "Value": ["2.25.100"]}, "00080061": {"vr": "CS", "Value": ["CT", "MR"]}}
NAMES = {"00100010": {"vr": "PN", "Value": [{"Alphabetic": "A^B"}, {"Alphabetic": "C^D"}]}}
NESTED = {"00081199": {"vr": "SQ", "Value": [STUDY, {}, STUDY]}, "00100010": {"vr": "PN"}}


@pytest.mark.parametrize(
    "document",
    [
        [STUDY],
        [STUDY, STUDY],
        [STUDY, NAMES, NESTED],
        STUDY,
        [{"0020000d": {"vr": "UI"}}],
        [{"00100010": None}],
        [STUDY | {"error": "none"}],
        [{"status": 500} | STUDY],
        [STUDY, {}],
        [{}, STUDY],
        [{"StudyInstanceUID": "2.25.100"}],
        {"FailedSOPSequence": []},
        # text that looks like the structure around it
        [STUDY, {"00081030": {"vr": "LO", "Value": ['a},{"b":[', "]", "{", '"', "\\", '\\"', "],["]}}],
        [{"00081030": {"vr": "LO", "Value": ["<b>not found</b>", "error"]}}],
        [{"00081030": {"vr": "LT", "Value": ["\U0001f600 \x00 \ud83d"]}}],
        [{"00189305": {"vr": "FD", "Value": [float("nan")]}}],
    ],
    ids=lambda document: json.dumps(document)[:60],
)
@pytest.mark.parametrize("indent", [None, 3])
def test_data_sets_are_a_result(document: Any, indent: int | None) -> None:
    content = json.dumps(document, indent=indent)
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32-be"):
        assert json_shape(content.encode(encoding)) == (RESULT, None)
    assert json_shape(f" \r\n{content}\n".encode()) == (RESULT, None)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
@pytest.mark.parametrize("first", ["0020000D", "00080005", "x"])
def test_a_name_in_an_old_encoding_is_still_a_result(encoding: str, first: str) -> None:
    document = {first: {"vr": "UI"}, "00100010": {"vr": "PN", "Value": [{"Alphabetic": "M\xfcller^J\xf6rg"}]}}
    assert json_shape(json.dumps([document], ensure_ascii=False).encode(encoding)) == (RESULT, None)


@pytest.mark.parametrize(
    ("content", "shape", "status"),
    [
        (b"[]", JsonShape.EMPTY_LIST, None),
        (b" [ \n] ", JsonShape.EMPTY_LIST, None),
        (b"{}", JsonShape.EMPTY_OBJECT, None),
        (b"500", STATUS, 500),
        (b"400\n", STATUS, 400),
        (b"\xef\xbb\xbf599", STATUS, 599),
        (b"399", OTHER, None),
        (b"600", OTHER, None),
        (b"-500", OTHER, None),
        (b"500.0", OTHER, None),
        (b'"500"', OTHER, None),
        (b"true", OTHER, None),
        (b"null", OTHER, None),
        (b"[500]", OTHER, None),
        (b"[null]", OTHER, None),
        (b"[{}]", OTHER, None),
        (b"[{}, {}]", OTHER, None),
        (b'["a"]', OTHER, None),
        (b"[[]]", OTHER, None),
        (b'[[{"0020000D":{}}]]', OTHER, None),
        (b'[{"0020000D":{}},null]', OTHER, None),
        (b'[{"0020000D":{}},"00080061"]', OTHER, None),
        (b'[{"0020000D":{}},{"error":"x"}]', OTHER, None),
        (b'[{"error":"x"},{"0020000D":{}}]', OTHER, None),
        (b'[{"error":"x"},{"error":"y"}]', OTHER, None),
        (b'[{"0020000D":1},500,{"0020000D":1}]', OTHER, None),
        (b"9" * 5000, OTHER, None),
        (b'{"error":' + b"9" * 5000 + b"}", OTHER, None),
        (b"[" * 100_000, OTHER, None),
        (b"[" * 100_000 + b"]" * 100_000, OTHER, None),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_other_documents_are_told_apart(content: bytes, shape: JsonShape, status: int | None) -> None:
    assert json_shape(content) == (shape, status)


@pytest.mark.parametrize(
    ("document", "status"),
    [
        ({"HttpError": "Not Found", "HttpStatus": 404, "Message": "Unknown resource", "OrthancStatus": 1}, 404),
        ({"errorMessage": "No such Application Entity"}, None),
        ({"message": "Missing Authentication Token"}, None),
        ({"error": "x"}, None),
        ({"timestamp": 1, "status": 503, "error": "Service Unavailable", "path": "/rs"}, 503),
        ({"title": "Insufficient Storage", "status": 507}, 507),
        ({"statusCode": 401, "message": "Unauthorized"}, 401),
        ({"code": 403}, 403),
        ({"error": {"code": 404, "message": "x", "status": "NOT_FOUND"}}, 404),
        ({"error": {"code": "Busy", "message": "x"}}, None),
        ({"code": 1, "httpStatus": 406}, 406),
        ({"status": "error", "code": 409}, 409),
        ({"status": 200}, None),
        ({"status": 600}, None),
        ({"status": "404"}, None),
        ({"status": 404.0}, None),
        ({"status": True}, None),
        ({"Status": 400, "status": 401, "details": "the last spelling wins"}, 401),
        ({"message": {"status": 404}}, None),
        ({"error": "no such study", "StudyInstanceUID": "2.25.999"}, None),
        ({"Message": "x", "SOPClassUID": "1.2"}, None),
        ({"HttpStatus": 404, "SOPClassUID": "1.2"}, 404),
        ({"studies": [STUDY]}, None),
        ({"resourceType": "Bundle"}, None),
        ({"0020000": 1, "0020000G": 1, " 0020000D": 1, "0020000D ": 1}, None),
        ({"": None}, None),
    ],
    ids=lambda value: json.dumps(value)[:40],
)
def test_an_object_without_tags_is_an_error(document: dict[str, Any], status: int | None) -> None:
    for written in (document, [document]):
        assert json_shape(json.dumps(written).encode()) == (ERROR, status)
        assert json_shape(json.dumps(written, indent=2).encode("utf-16")) == (ERROR, status)


@pytest.mark.parametrize(
    ("content", "shape"),
    [
        (b"", NOT_JSON),
        (b" \r\n", NOT_JSON),
        (b"\x00", NOT_JSON),
        (b"<html>500</html>", NOT_JSON),
        (b"500 Internal Server Error", NOT_JSON),
        (b"true story", NOT_JSON),
        (b'"0020000D', NOT_JSON),
        (b"[ERROR] 2024-01-01 {}", NOT_JSON),
        (b"[2024-01-01 10:00] failed", NOT_JSON),
        (b"{oops}", NOT_JSON),
        (b"{0020000D}", NOT_JSON),
        (b"\xff\xfe\xff", NOT_JSON),
        (b"M\xfcller", NOT_JSON),
        (bytes(128) + b"DICM", NOT_JSON),
        (b"[", TRUNCATED),
        (b"{ ", TRUNCATED),
        (b'{"', TRUNCATED),
        (b'{"error":"x"', TRUNCATED),
        (b"[{", TRUNCATED),
        (b"[1, 2", TRUNCATED),
        (b"[null,", TRUNCATED),
        (b'["a', TRUNCATED),
        (b'[{"0020000D":{"vr":"UI"}},', TRUNCATED),
        (b'[{"0020000D":{"vr":"UI"}}', TRUNCATED),
        (b'[{"0020000D":{"vr":"UI"}},{"error', TRUNCATED),
        (b'[{"0020000D":{"vr":"UI"}},<html>', TRUNCATED),
        (b'[{"0020000D":{"vr":"UI"}}]<html></html>', TRUNCATED),
        (b'[{"0020000D":{"vr":"UI"}}][{"0020000D":{"vr":"UI"}}]', TRUNCATED),
        (b'{"0020000D":{"vr":"UI"}}\n{"0020000D":{"vr":"UI"}}', TRUNCATED),
        (b'[{"0020000D":{"vr":"SQ","Value":[{}]', TRUNCATED),
        (b'[{"0020000D":{"vr":"LO","Value":["]', TRUNCATED),
        (b'[{"0020000D":{"vr":"LO","Value":["\\"]', TRUNCATED),
        (b'[{"0020000D":{"vr":"LO","Value":["\\\\"]', TRUNCATED),
        (b'[{"0020000D":{"vr":"LO","Value":["\\\\]', TRUNCATED),
        (b"\xef\xbb\xbf[{", TRUNCATED),
        (b'[{"0020000D":"M\xfcller"', TRUNCATED),
    ],
    ids=lambda value: repr(value)[:50],
)
def test_what_does_not_parse_is_cut_json_or_none(content: bytes, shape: JsonShape) -> None:
    assert json_shape(content) == (shape, None)


@pytest.mark.parametrize("text", ["", '\\"\\\\', "a\tb\r\nc", "\\u005b"])
@pytest.mark.parametrize("end", ["]", "]\r\n", " ] "])
def test_a_slip_in_a_whole_list_leaves_it_a_result(text: str, end: str) -> None:
    """A number with leading zeros stops a parser. Viewers read past it or not; the list is no less complete."""
    members = [f'{{"00200013":{{"vr":"IS","Value":[00{number}]}},"00081030":"{text}"}}' for number in range(3)]
    assert json_shape(f"[{','.join(members)}{end}".encode()) == (RESULT, None)
    assert json_shape(f"[{','.join(members)}".encode()) == (TRUNCATED, None)


@pytest.mark.parametrize(
    "content", [b'{"0020000D":"a\tb\nc"}', b'[{"x":1,"0020000D":"{\x01"}]', b'{"0020000D":"M\xfc\t"}']
)
def test_a_control_character_in_a_text_is_no_cut(content: bytes) -> None:
    assert json_shape(content) == (RESULT, None)


TAGS = st.sampled_from(["00080005", "0020000D", "7fe00010"])
TEXTS = st.text(st.sampled_from('a{}[]",:\\ 0é'), max_size=6)
VALUES = st.recursive(
    st.none() | st.integers() | TEXTS | st.fixed_dictionaries({"Alphabetic": TEXTS}),
    lambda inner: st.dictionaries(
        TAGS, st.fixed_dictionaries({"vr": st.just("SQ"), "Value": st.lists(inner, max_size=3)}), max_size=3
    ),
    max_leaves=8,
)
DATA_SETS = st.dictionaries(
    TAGS, st.fixed_dictionaries({"vr": st.just("SQ")}, optional={"Value": st.lists(VALUES, max_size=3)}), min_size=1
)
WAYS = st.sampled_from([{}, {"separators": (",", ":")}, {"indent": 1}, {"ensure_ascii": False}])


@given(st.lists(DATA_SETS, min_size=1, max_size=4), WAYS, st.data())
def test_a_result_is_whole_or_cut(documents: list[Any], way: dict[str, Any], data: st.DataObject) -> None:
    """Wherever a result is cut, even behind a bracket, it is no longer a result."""
    content = json.dumps(documents, **way).encode()
    assert json_shape(content) == (RESULT, None)
    kept = data.draw(st.integers(1, len(content) - 1))
    assert json_shape(content[:kept]) == (TRUNCATED, None)


MEMBERS = st.dictionaries(TAGS | st.sampled_from(["error", "status", "StudyInstanceUID"]), VALUES, max_size=2)


def plain_shape(members: list[Any]) -> JsonShape:
    """The verdict over a parsed list of more than one member."""
    sets = all(isinstance(member, dict) for member in members) and any(members)
    known = {"00080005", "0020000D", "7fe00010"}
    good = all(
        not known.isdisjoint(member) or ("StudyInstanceUID" in member and "error" not in member)
        for member in members
        if sets and member
    )
    return RESULT if sets and good else OTHER


@given(st.lists(DATA_SETS | MEMBERS | VALUES, min_size=2, max_size=4), WAYS)
def test_the_quick_look_says_what_a_parse_would_say(members: list[Any], way: dict[str, Any]) -> None:
    assert json_shape(json.dumps(members, **way).encode()) == (plain_shape(members), None)


@given(st.binary(max_size=60) | st.text('[]{}",:0123456789abcdefvr\\ ', max_size=60).map(str.encode))
def test_any_bytes_have_a_shape(content: bytes) -> None:
    shape, status = json_shape(content)
    assert (status is None) or (shape in {STATUS, ERROR} and 400 <= status <= 599)
