"""Whatever an archive says, it is judged, told and tried without an error, and nothing that it alone knows is told."""

import json
from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from gateway.core.failures import FailureKind
from gateway.core.fields import Fields
from gateway.core.policy import Policy
from gateway.probe.checks import READING, WADO_URI, Check
from gateway.probe.configuration import Archive, shipped_policy, written
from gateway.probe.exchange import Answer, Ask, Ending
from gateway.probe.findings import findings
from gateway.probe.judgement import judge
from gateway.probe.names import example_names, made_up
from gateway.probe.proposals import proposals
from gateway.probe.repair import repair
from gateway.probe.report import Heading, report
from gateway.probe.report_json import report_json
from gateway.probe.store_checks import STORE
from gateway.probe.survey import Exchange, Found
from gateway.probe.target import target_of
from tests.probe.surveying import DATE

URL = "http://pacs.local/rs"
SECRET = "Mustermann"
NAMES = example_names(made_up(target_of(URL), plain=False))
LABELS = (
    "",
    "application/dicom+json",
    "text/html",
    "text/plain",
    "image/png",
    "multipart/related; boundary=b",
    "odd",
    "a/b;;=",
)
CONTENTS = st.one_of(
    st.binary(max_size=300),
    st.sampled_from([
        b"", b"[]", b"{}", b"[{}]", b"500", b"--b--", b"--b\r\n\r\nx\r\n--b--", f"<html>{SECRET}".encode(),
        f"no such study: {SECRET} 1".encode(), json.dumps([{"00100010": {"vr": "PN", "Value": [SECRET]}}]).encode(),
        json.dumps({"00081199": {"vr": "SQ", "Value": [{"00081155": {"vr": "UI", "Value": [SECRET]}}]}}).encode(),
        json.dumps({"error": SECRET, f"{SECRET} 1": 1}).encode(),
    ]),
)  # fmt: skip
FIELDS = st.lists(
    st.tuples(
        st.sampled_from(["Content-Type", "Retry-After", "Content-Length", "Location", "WWW-Authenticate", "Date", "X"]),
        st.one_of(st.sampled_from([*LABELS, "5", "soon", f"/{SECRET}"]), st.text("\x00\t aé\xff\"';,=", max_size=9)),
    ),
    max_size=4,
)  # fmt: skip


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    if draw(st.integers(0, 9)) == 0:
        return Answer(failure=draw(st.sampled_from(FailureKind)))
    return Answer(
        draw(st.integers(100, 999)), draw(st.sampled_from(["", "OK", SECRET])), Fields(draw(FIELDS)), draw(CONTENTS),
        draw(st.sampled_from(Ending)),
    )  # fmt: skip


@cache
def policy() -> Policy:
    return shipped_policy("http://pacs.local")


@given(st.sampled_from((*READING, *WADO_URI, *STORE)), answers(), answers())
def test_every_answer_is_judged_told_and_tried(check: Check, answer: Answer, again: Answer) -> None:
    content = b"--pacs-gateway-probe--\r\n" if check.content else None
    ask = Ask(check.method, NAMES.fill(check.target), NAMES.show(check.target), check.fields, content)
    exchange = Exchange(check, 1, NAMES, ask, answer, judge(check, ask, answer), again)
    judged = [(exchange, repair(exchange, policy()))]
    proposals(judged)
    found, known = Found([exchange]), findings(judged)
    told = "\n".join(report(Heading(URL, "0", DATE), found, known))
    told += json.dumps(report_json(Heading(URL, "0", DATE), found, known))
    assert SECRET not in told


@given(st.lists(st.tuples(st.sampled_from((*READING, *STORE)), answers()), min_size=1, max_size=3))
def test_what_is_written_always_holds(told: list[tuple[Check, Answer]]) -> None:
    """`written` loads and plays what it writes, and would raise."""
    exchanges = []
    for check, answer in told:
        ask = Ask(check.method, NAMES.fill(check.target), "", check.fields, b"" if check.content else None)
        exchanges.append(Exchange(check, 1, NAMES, ask, answer, judge(check, ask, answer), answer))
    assert written(Archive("http://pacs.local", URL, DATE), exchanges).text.startswith("# Written by")
