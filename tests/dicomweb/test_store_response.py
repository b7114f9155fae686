"""What an archive says it stored: counted by items, in JSON or XML, and never guessed."""

import json
from typing import Any
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dicomweb.store_response import (
    FAILURE_REASONS,
    StoreOutcome,
    failure_meaning,
    out_of_resources,
    read_store_response,
)

CT_IMAGE = {"00081150": {"vr": "UI", "Value": ["1.2.840.10008.5.1.4.1.1.2"]}}
STORED = CT_IMAGE | {"00081155": {"vr": "UI", "Value": ["2.25.300"]}}
WARNED = STORED | {"00081196": {"vr": "US", "Value": [45056]}}


def failed(*values: object) -> dict[str, Any]:
    return CT_IMAGE | {"00081197": {"vr": "US", "Value": list(values)}}


def sq(*items: object) -> dict[str, Any]:
    return {"vr": "SQ", "Value": list(items)}


def outcome(stored: int = 0, failed: int = 0, warned: int = 0, reasons: Any = (), other: int = 0) -> StoreOutcome:
    return StoreOutcome(stored, failed, warned, tuple(reasons), other)


MODULES: list[tuple[str, Any, StoreOutcome]] = [
    ("all stored", {"00081199": sq(STORED, STORED)}, outcome(2)),
    ("an empty failed list is no failure", {"00081198": {"vr": "SQ"}, "00081199": sq(STORED)}, outcome(1)),
    ("an empty stored list is no success", {"00081198": sq(failed(272)), "00081199": sq()}, outcome(0, 1, 0, [272])),
    ("both lists empty", {"00081198": {"vr": "SQ"}, "00081199": {"vr": "SQ"}}, outcome()),
    ("both lists absent", {"00081190": {"vr": "UR", "Value": ["http://pacs.example/studies/1"]}}, outcome()),
    ("null in place of an attribute", {"00081199": None, "00081198": sq(failed())}, outcome(0, 1)),
    ("null in place of the values", {"00081199": {"vr": "SQ", "Value": None}}, outcome()),
    ("null items", {"00081199": sq(None, STORED, None), "00081198": sq(None)}, outcome(1)),
    ("an empty item is an item", {"00081199": sq({}), "00081198": sq({})}, outcome(1, 1)),
    ("a single item without a list", {"00081199": {"vr": "SQ", "Value": STORED}}, outcome(1)),
    ("members nobody knows", {"00081199": sq(STORED) | {"name": "x"}, "status": "ok"}, outcome(1)),
    ("the wrong vr", {"00081199": {"vr": "UN", "Value": [STORED]}}, outcome(1)),
    ("an object in a list", [{"00081199": sq(STORED)}], outcome(1)),
    ("some failed", {"00081199": sq(STORED), "00081198": sq(failed(1), failed(2))}, outcome(1, 2, 0, [1, 2])),
    ("other failures are failures", {"0008119A": sq(failed(49442))}, outcome(0, 1, 0, [49442], 1)),
    ("both kinds", {"0008119A": sq({}), "00081198": sq(failed(7))}, outcome(0, 2, 0, [7], 1)),
    ("lower case", {"0008119a": sq(failed(1))}, outcome(0, 1, 0, [1], 1)),
    ("warnings are stored", {"00081199": sq(STORED, WARNED, WARNED)}, outcome(3, 0, 2)),
    ("a warning of zero", {"00081199": sq({"00081196": {"vr": "US", "Value": [0]}})}, outcome(1, 0, 1)),
    ("an empty warning", {"00081199": sq({"00081196": {"vr": "US"}}, {"00081196": sq(None, "")})}, outcome(2)),
    ("a warning that is an object", {"00081199": sq({"00081196": sq({})})}, outcome(1, 0, 1)),
    ("a warning of a failure", {"00081198": sq(WARNED)}, outcome(0, 1)),
    ("keywords", {"ReferencedSOPSequence": sq(STORED), "FailedSOPSequence": sq()}, outcome(1)),
    ("keywords in another case", {"referencedSopSequence": sq(STORED)}, outcome(1)),
    ("bare values", {"FailedSOPSequence": [{"FailureReason": 42752}]}, outcome(0, 1, 0, [42752])),
    ("bare items with a warning", {"ReferencedSOPSequence": [{"WarningReason": 45056}, {}]}, outcome(2, 0, 1)),
    ("bare other failures", {"OtherFailuresSequence": [{"FailureReason": [1]}]}, outcome(0, 1, 0, [1], 1)),
    ("a keyword alone", {"RetrieveURL": "http://pacs.example"}, outcome()),
]


@pytest.mark.parametrize(("module", "expected"), [pytest.param(*case[1:], id=case[0]) for case in MODULES])
def test_items_are_counted_and_not_sequences(module: Any, expected: StoreOutcome) -> None:
    for indent in (None, 2):
        assert read_store_response(json.dumps(module, indent=indent).encode()) == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_the_encoding_does_not_matter(encoding: str) -> None:
    assert read_store_response(json.dumps({"00081199": sq(STORED)}).encode(encoding)) == outcome(1)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (0, 0),
        (65535, 65535),
        (272.0, 272),
        ("272", 272),
        (65536, None),
        (-1, None),
        (272.5, None),
        (10**40, None),
        ("", None),
        ("A700", None),
        (True, None),
        (None, None),
        ({}, None),
        ([272], None),
    ],
)
def test_a_reason_is_a_number_of_sixteen_bits(value: object, reason: int | None) -> None:
    module = {"00081198": sq(failed(value))}
    assert read_store_response(json.dumps(module).encode()) == outcome(0, 1, 0, [] if reason is None else [reason])


def test_a_line_end_in_a_text_does_not_hide_the_rest() -> None:
    content = b'{"00081198":{"vr":"SQ","Value":[{"00000902":{"vr":"LO","Value":["disk\r\n\tfull"]}}]}}'
    assert read_store_response(content) == outcome(0, 1)


def test_the_first_of_several_reasons_counts() -> None:
    assert read_store_response(json.dumps({"00081198": sq(failed(272, 290))}).encode()) == outcome(0, 1, 0, [272])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" ",
        b"stored",
        b"200",
        b"null",
        b'"00081199"',
        b"[]",
        b"{}",
        b"[null]",
        b"[1]",
        b'{"errorMessage":"00081199"}',
        b'{"00081197":{"vr":"US","Value":[272]}}',
        b'[{"00081199":{"vr":"SQ"}},{"00081199":{"vr":"SQ"}}]',
        b'[[{"00081199":{"vr":"SQ"}}]]',
        b'{"0020000D":{"vr":"SQ","Value":[{"00081198":{"vr":"SQ"}}]}}',
        # cut, or followed by something else
        b'{"00081199":{"vr":"SQ","Value":[{}]}',
        b'{"00081199":{"vr":"SQ"}} {}',
        b'{"00081199":{"vr":"SQ"}}\x00',
        # readable in two ways
        b'{"00081198":{"vr":"SQ"},"00081198":{"vr":"SQ","Value":[{}]}}',
        b'{"0008119A":{"vr":"SQ"},"0008119a":{"vr":"SQ","Value":[{}]}}',
        b'{"00081198":{"vr":"SQ"},"FailedSOPSequence":[{}]}',
        b'{"00081199":{"vr":"SQ","vr":"SQ"}}',
        b'{"00081199":{"vr":"SQ","BulkDataURI":"http://pacs.example/1"}}',
        b'{"ReferencedSOPSequence":{"ReferencedSOPInstanceUID":"2.25.300"}}',
        # no sequence at all
        b'{"00081199":"stored"}',
        b'{"00081199":{"vr":"SQ","Value":["2.25.300"]}}',
        b'{"00081199":{"vr":"SQ","Value":[[{}]]}}',
        b'{"00081199":true}',
        # not to be decoded, not to be parsed
        b'{"00081199":{"vr":"SQ"},"00100010":"M\xfcller"}',
        b'\xff\xfe{"00081199":{"vr":"SQ"}}',
        b'{"00081199":{"vr":"SQ"},"n":' + b"9" * 5000 + b"}",
        b'{"00081199":' + b"[" * 100_000,
        b'{"00081198":' + b'[{"x":' * 50_000 + b"1" + b"}]" * 50_000 + b"}",
        b"\x89PNG\r\n\x1a\n" + bytes(200),
    ],
    ids=lambda content: repr(content[:50]),
)
def test_what_is_no_module_or_not_certain_is_not_read(content: bytes) -> None:
    assert read_store_response(content) is None


NAMESPACE = "http://dicom.nema.org/PS3.19/models/NativeDICOM"


def model(inner: str, start: str = "<NativeDicomModel>", end: str = "</NativeDicomModel>") -> bytes:
    return (start + inner + end).encode()


def attribute(tag: str, *items: str, vr: str = "SQ") -> str:
    inner = "".join(f'<Item number="{number}">{item}</Item>' for number, item in enumerate(items, 1))
    return f'<DicomAttribute tag={quoteattr(tag)} vr="{vr}">{inner}</DicomAttribute>'


def value(tag: str, text: str) -> str:
    return f'<DicomAttribute tag="{tag}" vr="US"><Value number="1">{text}</Value></DicomAttribute>'


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (model(attribute("00081199", value("00081155", "2.25.300"), "")), outcome(2)),
        (model(attribute("00081198") + attribute("00081199", "")), outcome(1)),
        (model(attribute("00081198") + attribute("00081199")), outcome()),
        (model(value("00081190", "http://pacs.example/studies/1")), outcome()),
        (model(attribute("00081198", value("00081197", "272"))), outcome(0, 1, 0, [272])),
        (model(attribute("00081198", value("00081197", " 2<!-- -->72\n"))), outcome(0, 1, 0, [272])),
        (model(attribute("00081198", value("00081197", ""))), outcome(0, 1)),
        (model(attribute("00081198", value("00081197", "busy"))), outcome(0, 1)),
        (model(attribute("0008119a", value("00081197", "1"))), outcome(0, 1, 0, [1], 1)),
        (model(attribute("00081199", value("00081196", "45056"), value("00081196", ""))), outcome(2, 0, 1)),
        (model(attribute("00081199", ""), f'<NativeDicomModel xmlns="{NAMESPACE}">'), outcome(1)),
        (model('<DicomAttribute keyword="FailedSOPSequence"><Item/></DicomAttribute>'), outcome(0, 1)),
        (model('<DicomAttribute TAG="00081199"><Item/></DicomAttribute>'), outcome(1)),
        (model(attribute("00081199", ""), '\r\n<?xml version="1.0"?>\n<NativeDicomModel>'), outcome(1)),
        (b"\xef\xbb\xbf" + model(attribute("00081199", "")), outcome(1)),
        (model(attribute("00081199", "")).decode().encode("utf-16"), outcome(1)),
        (
            model(attribute("00081199", "") + "\xe9", '<?xml version="1.0" encoding="latin-1"?><NativeDicomModel>'),
            outcome(1),
        ),
        (
            f'<d:NativeDicomModel xmlns:d="{NAMESPACE}"><d:DicomAttribute tag="00081198"><d:Item/></d:DicomAttribute>'
            "</d:NativeDicomModel>".encode(),
            outcome(0, 1),
        ),
        # what is not where it belongs does not count
        (model(attribute("00081199", attribute("00081199", "", ""))), outcome(1)),
        (model(attribute("00081199") + "<Item/><Value>1</Value>"), outcome()),
        (model(attribute("00081199") + f"<x>{attribute('00081198', '')}</x>"), outcome()),
        (model(attribute("00081199") + attribute("00400275", "", attribute("00081198", ""))), outcome()),
    ],
)
def test_native_xml_is_read_as_json_is(content: bytes, expected: StoreOutcome) -> None:
    assert read_store_response(content) == expected


@pytest.mark.parametrize(
    "content",
    [
        b"<",
        b"<html><body>stored</body></html>",
        b"<NativeDicomModel/>",
        model(attribute("00080005")),
        model(attribute("00081199", ""), end=""),
        model(attribute("00081199", "")) + b"<x/>",
        model(attribute("00081198") + attribute("00081198", "")),
        model(attribute("00081198") + '<DicomAttribute keyword="FailedSOPSequence"/>'),
        model(value("00081199", "2.25.300")),
        model(attribute("00081199", ""), "<Response>", "</Response>"),
        model(attribute("00081199", ""), "<Response><NativeDicomModel>", "</NativeDicomModel></Response>"),
        # nothing that a DTD brings
        model(attribute("00081199", ""), "<!DOCTYPE NativeDicomModel><NativeDicomModel>"),
        model("&a;" + attribute("00081199", ""), '<!DOCTYPE x [<!ENTITY a "b">]><NativeDicomModel>'),
        model("&a;" + attribute("00081199", "")),
        model(attribute("00081199", ""), '<!DOCTYPE x SYSTEM "http://pacs.example/x"><NativeDicomModel>'),
        # depth and encodings
        model(attribute("00081199", "") + "<x>" * 20 + "</x>" * 20),
        model("<x>" * 200_000),
        model(attribute("00081199", ""), '<?xml version="1.0" encoding="utf-7"?><NativeDicomModel>'),
        model(attribute("00081199", ""), '<?xml version="1.0" encoding="nonsense"?><NativeDicomModel>'),
        model(attribute("00081199", ""), '<?xml version="1.0" encoding="hex"?><NativeDicomModel>'),
        model(attribute("00081199", "")) + b"<!-- \xff -->",
    ],
    ids=lambda content: repr(content[:60]),
)
def test_xml_that_is_no_module_or_not_certain_is_not_read(content: bytes) -> None:
    assert read_store_response(content) is None


def test_nesting_up_to_the_limit_is_read() -> None:
    assert read_store_response(model(attribute("00081199", "") + "<x>" * 19 + "</x>" * 19)) == outcome(1)


@pytest.mark.parametrize(
    ("reasons", "expected"),
    [
        ((), False),
        ((0xA700,), True),
        ((0xA700, 0xA7FF), True),
        ((0xA6FF,), False),
        ((0xA800,), False),
        ((0xA700, 272), False),
    ],
)
def test_lack_of_resources_is_said_of_all_failures(reasons: tuple[int, ...], expected: bool) -> None:
    assert out_of_resources(reasons) is expected
    assert outcome(0, len(reasons), 0, reasons).all_out_of_resources is expected
    assert outcome(0, len(reasons) + 1, 0, reasons).all_out_of_resources is False


@pytest.mark.parametrize(
    ("reason", "meaning"),
    [
        (272, "processing failure"),
        (290, "SOP class not supported"),
        (42752, "out of resources"),
        (43007, "out of resources"),
        (43264, "data set does not match SOP class"),
        (43519, "data set does not match SOP class"),
        (49152, "cannot understand"),
        (53247, "cannot understand"),
        (49442, "transfer syntax not supported"),
        (0, None),
        (271, None),
        (43008, None),
        (53248, None),
    ],
)
def test_a_reason_has_the_meaning_of_the_standard(reason: int, meaning: str | None) -> None:
    assert failure_meaning(reason) == meaning


def test_every_meaning_is_reached() -> None:
    """A range before another may hide part of it, not all of it."""
    assert {failure_meaning(reason) for reason in range(0x10000)} == {*FAILURE_REASONS.values(), None}


ITEM = st.fixed_dictionaries({}, optional={"00081196": st.integers(0, 9), "00081197": st.integers(0, 65535)})


@given(st.lists(ITEM), st.lists(ITEM), st.lists(ITEM))
def test_json_and_xml_say_the_same(stored: list[Any], failed: list[Any], others: list[Any]) -> None:
    lists = {"00081199": stored, "00081198": failed, "0008119A": others}
    as_json = {tag: sq(*({k: {"vr": "US", "Value": [v]} for k, v in i.items()} for i in lists[tag])) for tag in lists}
    as_xml = "".join(
        attribute(tag, *("".join(value(key, str(number)) for key, number in item.items()) for item in items))
        for tag, items in lists.items()
    )
    expected = outcome(
        len(stored),
        len(failed) + len(others),
        sum("00081196" in item for item in stored),
        [item["00081197"] for item in failed + others if "00081197" in item],
        len(others),
    )
    assert read_store_response(json.dumps(as_json).encode()) == expected
    assert read_store_response(model(as_xml)) == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["00081199", "00081198", "0008119A", "00081190", "00081196", "00081197", "vr", "Value"])
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=25,
)


@given(JSON)
def test_any_json_is_read_or_refused(document: Any) -> None:
    found = read_store_response(json.dumps(document).encode())
    assert found is None or (0 <= found.warned <= found.stored and len(found.reasons) <= found.failed)


@given(st.data())
def test_a_damaged_module_raises_nothing(data: st.DataObject) -> None:
    whole = data.draw(
        st.sampled_from(
            [
                json.dumps({"00081199": sq(WARNED), "00081198": sq(failed(272))}).encode(),
                model(attribute("00081199", "") + attribute("00081198", value("00081197", "272"))),
            ]
        )
    )
    start, end = sorted(data.draw(st.tuples(st.integers(0, len(whole)), st.integers(0, len(whole)))))
    found = read_store_response(whole[:start] + data.draw(st.binary(max_size=8)) + whole[end:])
    assert found is None or isinstance(found, StoreOutcome)


@given(st.integers(0, 200))
def test_a_module_that_is_cut_is_not_read(kept: int) -> None:
    for whole in (
        json.dumps({"00081199": sq(STORED), "00081198": sq()}).encode(),
        model(attribute("00081199", "") + attribute("00081198")),
    ):
        assert read_store_response(whole[: min(kept, len(whole) - 1)]) is None
