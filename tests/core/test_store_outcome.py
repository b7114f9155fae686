"""What became of a store: the response module decides, the status line does not, and no error becomes a plain success."""

import json
from dataclasses import replace

import pytest

from gateway.core.decision import BodyPlan, Decision
from gateway.core.facts import RequestFacts
from tests.core.making import SEARCH, STORE, asked, judged, said

KEEP, PROBLEM = BodyPlan.KEEP, BodyPlan.PROBLEM
FORM = asked("POST", "/rs/studies", ("Content-Type", "multipart/form-data; boundary=b"))
UNLABELLED = asked("POST", "/rs/studies")
ITEM = {"00081155": {"vr": "UI", "Value": ["1.2.3"]}}
WARNING = {**ITEM, "00081196": {"vr": "US", "Value": [0xB000]}}


def in_json(stored: int, failed: int, warned: int = 0) -> bytes:
    done = [ITEM] * (stored - warned) + [WARNING] * warned
    module = {"00081199": {"vr": "SQ", "Value": done}, "00081198": {"vr": "SQ", "Value": [ITEM] * failed}}
    return json.dumps(module).encode()


def in_xml(stored: int, failed: int, warned: int = 0) -> bytes:
    warning = '<DicomAttribute tag="00081196" vr="US"><Value number="1">45056</Value></DicomAttribute>'
    done = f"<Item>{warning}</Item>" * warned + "<Item/>" * (stored - warned)
    lists = (("00081199", done), ("00081198", "<Item/>" * failed))
    attributes = "".join(f'<DicomAttribute tag="{tag}" vr="SQ">{items}</DicomAttribute>' for tag, items in lists)
    return f"<NativeDicomModel>{attributes}</NativeDicomModel>".encode()


def of_store(
    status: int, body: bytes, sent: int | None = None, label: str = "application/dicom+json", by: RequestFacts = STORE
) -> Decision:
    return judged(by, replace(said(status, ("Content-Type", label), body=body), parts_sent=sent))


# (stored, failed, warned, sent): the answer to a 200, 202, 400, 401, 404, 409, 500, 503
STATUSES = (200, 202, 400, 401, 404, 409, 500, 503)
TABLE = {
    (2, 0, 0, 2): (200, 200, 202, 202, 202, 202, 202, 202),
    (2, 0, 0, None): (200, 202, 202, 202, 202, 202, 202, 202),
    (2, 0, 1, 2): (200, 202, 202, 202, 202, 202, 202, 202),
    (2, 0, 0, 1): (200, 200, 202, 202, 202, 202, 202, 202),  # more than were sent: the archive may count otherwise
    (2, 0, 0, 3): (202, 202, 202, 202, 202, 202, 202, 202),  # one is accounted for nowhere
    (1, 1, 0, 2): (202, 202, 202, 202, 202, 202, 202, 202),
    (1, 1, 1, None): (202, 202, 202, 202, 202, 202, 202, 202),
    (0, 2, 0, 2): (409, 409, 409, 409, 409, 409, 409, 409),
    (0, 1, 0, None): (409, 409, 409, 409, 409, 409, 409, 409),
    (0, 0, 0, 2): (409, 409, 400, 403, 404, 409, 500, 503),
    (0, 0, 0, None): (409, 409, 400, 403, 404, 409, 500, 503),
    (0, 0, 0, 0): (400, 400, 400, 403, 404, 409, 500, 503),
}
ROWS = [
    pytest.param(*counts, status, wanted, id=f"{counts} under {status}")
    for counts, row in TABLE.items()
    for status, wanted in zip(STATUSES, row, strict=True)
]


@pytest.mark.parametrize(
    ("written", "label"),
    [
        (in_json, "application/dicom+json"),
        (in_xml, "application/dicom+xml"),
        (in_json, "text/html"),
        (in_xml, "application/json"),
        (in_json, "multipart/related; boundary=x"),
    ],
)
@pytest.mark.parametrize(("stored", "failed", "warned", "sent", "status", "wanted"), ROWS)
def test_the_module_decides_in_either_form_whatever_its_label(  # type: ignore[no-untyped-def]
    written, label: str, stored: int, failed: int, warned: int, sent: int | None, status: int, wanted: int
) -> None:
    decision = of_store(status, written(stored, failed, warned), sent, label)
    assert decision.status == wanted
    assert decision.status != 200 or status < 300
    if stored or failed:
        assert decision.rule in ("store-outcome", "-", "label", "error-body")


@pytest.mark.parametrize("status", [*range(200, 204), 206, 302, 400, 401, 403, 404, 409, 415, 500, 502, 503, 504, 507])
@pytest.mark.parametrize(("stored", "failed"), [(1, 0), (1, 1), (0, 1)])
def test_the_list_of_what_to_send_again_goes_along_with_whatever_code(status: int, stored: int, failed: int) -> None:
    decision = of_store(status, in_json(stored, failed), stored + failed)
    assert decision.body is KEEP
    if status >= 300:
        assert decision.status == (202 if stored else 409)


@pytest.mark.parametrize("status", [200, 202, 299, 302, 400, 404, 409, 500, 503])
def test_a_part_that_the_archive_lists_nowhere_is_not_stored(status: int) -> None:
    """A real archive says 200 where garbage was among the parts."""
    decision = of_store(status, in_json(1, 0), sent=2)
    assert decision.status == 202
    assert status == 202 or (decision.rule == "store-outcome" and "1 stored, 1 not" in decision.why)


@pytest.mark.parametrize(
    ("status", "body", "wanted", "rule"),
    [
        (200, b"", 200, "-"),
        (202, b"", 202, "-"),
        (204, b"", 204, "-"),
        (200, b"2 objects stored", 200, "-"),
        (200, b"Server error: cannot read part", 500, "error-text"),
        (200, b"DGATE: UNABLE TO STORE, failed", 500, "error-text"),
        (200, b"<html><body>DGATE web page</body></html>", 501, "unexpected-page"),
        (200, b'{"ID": "x", "Status": "Success"}', 200, "-"),
        (404, b"no such service", 404, "-"),
        (400, b"{}", 400, "-"),
        (503, b"busy", 503, "-"),
    ],
)
def test_without_a_module_the_class_of_the_code_stands_unless_the_words_say_otherwise(
    status: int, body: bytes, wanted: int, rule: str
) -> None:
    decision = of_store(status, body, sent=1, label="text/plain" if body[:1] != b"{" else "application/json")
    assert (decision.status, decision.rule) == (wanted, rule)


@pytest.mark.parametrize(
    ("by", "status", "body", "sent", "wanted"),
    [
        (FORM, 200, b"", None, 415),
        (FORM, 204, b"", None, 204),
        (FORM, 200, in_json(1, 0), None, 200),
        (UNLABELLED, 200, b"", None, 415),
        (UNLABELLED, 200, b"An error occurred", None, 415),
        (STORE, 200, b"", 0, 400),
        (STORE, 204, b"", 0, 400),
        (STORE, 202, b"thank you", 0, 400),
        (asked("POST", "/rs/studies", ("Content-Type", "application/dicom")), 200, b"", None, 200),
    ],
)
def test_a_request_that_no_archive_can_have_stored(
    by: RequestFacts, status: int, body: bytes, sent: int | None, wanted: int
) -> None:
    decision = of_store(status, body, sent, "text/plain", by)
    assert decision.status == wanted
    assert decision.body is (PROBLEM if wanted >= 400 else BodyPlan.EMPTY if wanted == 204 else KEEP)


@pytest.mark.parametrize(
    ("status", "body", "suspicion"),
    [
        (200, b"", "store_without_response"),
        (204, b"", "store_without_response"),
        (200, b"stored", "store_response_unread"),
        (200, in_json(1, 0), ""),
        (500, b"", ""),
    ],
)
def test_what_nobody_can_repair_is_counted(status: int, body: bytes, suspicion: str) -> None:
    assert of_store(status, body).suspicion == suspicion


def test_a_module_that_was_not_read_to_its_end_decides_nothing() -> None:
    half = replace(said(200, ("Content-Type", "application/dicom+json"), body=in_json(0, 1)), whole=False, parts_sent=1)
    assert (judged(STORE, half).status, judged(STORE, half).rule, judged(STORE, half).suspicion) == (200, "-", "")


def test_only_a_store_is_judged_by_a_module() -> None:
    assert judged(SEARCH, said(200, ("Content-Type", "application/dicom+json"), body=in_json(0, 1))).status == 200
    opaque = replace(STORE, opaque=True)
    decision = of_store(200, in_json(0, 1), 1, by=opaque)
    assert (decision.status, decision.rule, decision.suspicion) == (200, "-", "")


@pytest.mark.parametrize("whole", [in_json(1, 0), in_json(2, 1), in_xml(1, 0)], ids=["json", "json-failed", "xml"])
def test_a_success_whose_list_is_cut_off_is_an_unknown_outcome(whole: bytes) -> None:
    """The end of a connection can be the end of a content, so HTTP does not tell; and what failed may be in the rest."""
    for end in range(1, len(whole.rstrip())):
        decision = of_store(200, whole[:end], 1)
        assert (decision.status, decision.rule, decision.body) == (500, "store-outcome", PROBLEM), whole[:end]


@pytest.mark.parametrize("body", [b'{"stored": 1,}', b"<ok/>", b"[1] [2]", b"stored <1>", b'{"a": tru}'])
def test_a_list_that_is_only_odd_is_not_taken_for_a_cut_one(body: bytes) -> None:
    assert of_store(200, body, 1).status == 200
