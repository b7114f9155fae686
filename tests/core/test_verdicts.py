"""The table of built-in verdicts against the judgement: no verdict leads elsewhere than its row says, and no row says more
than can happen."""

import json
from collections.abc import Iterator
from functools import cache
from itertools import product

import pytest

from gateway.core.facts import RequestFacts, Response
from gateway.core.fields import Fields
from gateway.core.fold import row_for
from gateway.core.normalise import BUILT_IN, normalise
from gateway.core.owed import DEBTS
from gateway.core.policy import Documented, Policy, Quirks
from gateway.core.verdicts import NEEDS, VERDICTS, Lead
from gateway.dicomweb.classify import Classification
from gateway.dicomweb.statuses import DCS_SET
from gateway.dicomweb.transactions import TRANSACTIONS

# For each transaction the methods and the lines of its requests that the readings look at.
ASKED: tuple[tuple[str, str, str, tuple[tuple[str, str], ...]], ...] = (
    ("studies.search", "GET", "/studies", ()),
    ("studies.search", "GET", "/studies", (("Accept", "image/png"),)),
    ("mwl.search", "GET", "/modality-scheduled-procedure-steps", ()),
    ("studies.retrieve.dicom", "GET", "/studies/1", (("Accept", "application/dicom"),)),
    ("studies.retrieve.dicom", "GET", "/studies/1", (("If-None-Match", '"1"'),)),
    ("studies.retrieve.metadata", "GET", "/studies/1/metadata", ()),
    ("studies.store", "POST", "/studies", (("Content-Type", "multipart/related"),)),
    ("studies.store", "POST", "/studies", (("Content-Length", "0"), ("Content-Type", "text/csv"))),
    ("studies.store", "POST", "/studies", ()),
    ("worklist.create", "POST", "/workitems", (("Content-Type", "text/csv"),)),
    ("worklist.request-cancel", "POST", "/workitems/1/cancelrequest", ()),
    ("worklist.subscribe", "POST", "/workitems/1/subscribers/A", ()),
    ("uri.retrieve-dicom", "GET", "/wado?requestType=WADO&studyUID=1", ()),
    ("other", "BREW", "/studies", ()),
)
CONTENTS = (
    None, b"", b"[]", b"[{", b"404", b'{"code": 451}', b'{"message": "no"}', b"<html><body>login</body></html>",
    b"Internal server error", b"--b\r\n--b--", b'[{"0020000D":{"vr":"UI","Value":["1"]}}]',
    json.dumps({"00081199": {"vr": "SQ", "Value": [{"00081155": {"vr": "UI", "Value": ["1"]}}]}}).encode(),
    json.dumps({"00081198": {"vr": "SQ", "Value": [{"00081155": {"vr": "UI", "Value": ["1"]}}]}}).encode(),
    json.dumps({"00081199": {"vr": "SQ", "Value": []}}).encode(),
    b'{"00081199": {"vr": "SQ", "Value": [{"00081155":',
)  # fmt: skip
LABELLED = (
    (),
    (("Content-Type", "application/dicom+json"), ("Location", "/there")),
    (("Content-Type", "multipart/related; boundary=b"), ("Content-Range", "bytes 9-1/20")),
    (("Content-Type", "text/csv"),),
)
CODES = (200, 201, 203, 204, 206, 299, 301, 304, 400, 401, 403, 404, 406, 409, 500, 503)
POLICIES = (
    Policy(),
    Policy(documented=Documented(edition="2026a")),
    Policy(documented=Documented("dcs", DCS_SET)),
    Policy(quirks={"pacs": Quirks(empty_search="error", forbidden_as_not_found=True)}),
)


@cache
def transitions() -> frozenset[tuple[str, int, int, int]]:
    """Every (label, code of the archive, code that is sent, number of the policy) of many exchanges."""
    found: set[tuple[str, int, int, int]] = set()
    for number, policy in enumerate(POLICIES):
        for request, response in exchanges():
            decision = normalise(request, response, policy)
            found.add((decision.rule, response.status, decision.status, number))
    return frozenset(found)


def exchanges() -> Iterator[tuple[RequestFacts, Response]]:
    for id_, method, target, lines in ASKED:
        classification = Classification(TRANSACTIONS[id_], "", "", ("GET", "POST") if id_ == "other" else ())
        request = RequestFacts(method, target, Fields(lines), classification, "dicomweb", "pacs")
        for code, content, fields in product(CODES, CONTENTS, LABELLED):
            yield request, Response(code, Fields(fields), content, whole=content is not None)


def landing(lead: Lead, policy: Policy) -> set[int]:
    """What is sent for the codes of a lead under a policy, with what a debt makes of it."""
    sent = {code for code in lead.to if policy.documented.allows(code)}
    folded = {to for code in lead.to - sent for to, _when in row_for(code, policy).cases()}
    owed = {401: 403, 301: 503, 303: 503, 304: 503}
    return sent | folded | {owed[code] for code in (sent | folded) & owed.keys()}


def test_every_verdict_has_its_words() -> None:
    assert VERDICTS.keys() == BUILT_IN
    assert DEBTS.keys() | {412, 416} == NEEDS.keys()


def test_no_verdict_leads_elsewhere_than_its_row_says() -> None:
    for label, received, sent, number in sorted(transitions()):
        leads = VERDICTS[label].leads
        if leads:
            fitting = [lead for lead in leads if received in lead.of]
            assert any(sent in landing(lead, POLICIES[number]) for lead in fitting), (label, received, sent)


@pytest.mark.parametrize("label", [label for label, row in VERDICTS.items() if row.leads])
def test_no_row_says_more_than_can_happen(label: str) -> None:
    for lead in VERDICTS[label].leads:
        reached = [
            (received, sent)
            for found, received, sent, number in transitions()
            if found == label and received in lead.of and sent in landing(lead, POLICIES[number])
        ]
        assert reached, (label, lead)


def test_a_verdict_on_reads_is_about_reads_alone() -> None:
    for request, response in exchanges():
        decision = normalise(request, response, POLICIES[0])
        assert not VERDICTS[decision.rule].on_reads or request.method == "GET"
