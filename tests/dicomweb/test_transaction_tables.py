"""The transactions as data, and the words an operator may write for them."""

import re
from collections import defaultdict

import pytest

from gateway.dicomweb.statuses import DCS_SET
from gateway.dicomweb.transactions import (
    ALIASES,
    TRANSACTION_WORDS,
    TRANSACTIONS,
    Transaction,
    transaction_ids,
)

IDS = {
    "capabilities.retrieve", "cors.preflight", "notification.open", "uri.retrieve-dicom", "uri.retrieve-rendered",
    "studies.retrieve.dicom", "studies.retrieve.metadata", "studies.retrieve.rendered",
    "studies.retrieve.rendered-volume", "studies.retrieve.thumbnail", "studies.retrieve.frames",
    "studies.retrieve.bulkdata", "studies.retrieve.pixeldata", "studies.store", "studies.search", "studies.delete",
    "worklist.create", "worklist.retrieve", "worklist.update", "worklist.change-state", "worklist.request-cancel",
    "worklist.search", "worklist.subscribe", "worklist.unsubscribe", "worklist.suspend", "npi.retrieve", "npi.store",
    "npi.search", "stgcmt.request", "stgcmt.result", "mwl.search", "mpps.create", "mpps.update", "mpps.retrieve",
    "ws.retrieve", "other",
}  # fmt: skip


def test_every_transaction_is_there() -> None:
    assert set(TRANSACTIONS) == IDS
    assert all(id_ == row.id for id_, row in TRANSACTIONS.items())


@pytest.mark.parametrize("row", TRANSACTIONS.values(), ids=lambda row: row.id)
def test_a_row_is_complete(row: Transaction) -> None:
    assert row.name
    assert row.section
    assert row.service
    assert row.templates
    assert all(template.path.startswith("/") for template in row.templates)
    assert all(when.endswith(".") for when in row.responses.values())
    assert list(row.responses) == sorted(row.responses)


@pytest.mark.parametrize("row", TRANSACTIONS.values(), ids=lambda row: row.id)
def test_only_codes_of_the_larger_set_are_documented(row: Transaction) -> None:
    assert set(row.responses) <= DCS_SET


def test_the_tables_cannot_be_changed() -> None:
    row = TRANSACTIONS["studies.store"]
    with pytest.raises(TypeError):
        row.responses[201] = "Never."  # type: ignore[index]
    with pytest.raises(TypeError):
        TRANSACTIONS["mine"] = row  # type: ignore[index]


def test_a_transaction_may_be_the_key_of_a_table() -> None:
    assert {row: row.id for row in TRANSACTIONS.values()}[TRANSACTIONS["mpps.update"]] == "mpps.update"


def test_one_method_on_one_path_means_one_thing_unless_the_query_tells_them_apart() -> None:
    places = defaultdict(set)
    for row in TRANSACTIONS.values():
        for template in row.templates:
            if "{any*}" not in template.path:
                shape = re.sub(r"\{\w+\}", "{}", template.path)
                places[template.method, shape, template.query, template.absent].add(row.id)
    shared = {place: ids for place, ids in places.items() if len(ids) > 1}
    assert shared == {}
    told_apart = {(method, shape) for method, shape, query, absent in places if query or absent}
    assert told_apart == {("POST", "/modality-performed-procedure-steps/{}")}


def test_errors_stay_errors_where_clients_act_on_a_success() -> None:
    protected = {id_ for id_, row in TRANSACTIONS.items() if row.never_to_success}
    assert protected == {
        "studies.store", "npi.store", "stgcmt.request", "stgcmt.result", "mpps.create", "mpps.update",
        "worklist.create", "worklist.update", "worklist.change-state", "worklist.request-cancel",
        "worklist.subscribe", "worklist.unsubscribe", "worklist.suspend",
    }  # fmt: skip


def test_a_thumbnail_may_redirect_with_302_and_no_other_retrieve_may() -> None:
    assert [id_ for id_, row in TRANSACTIONS.items() if 302 in row.responses] == ["studies.retrieve.thumbnail"]


@pytest.mark.parametrize(
    ("id_", "codes"),
    [
        ("studies.store", {200, 202, 400, 401, 403, 409, 411, 413, 415, 501, 503}),
        ("studies.retrieve.dicom", {200, 206, 301, 303, 304, 400, 401, 403, 404, 406, 410, 413, 503}),
        ("studies.retrieve.bulkdata", {200, 206, 301, 303, 304, 400, 401, 403, 404, 406, 410, 413, 416, 503}),
        ("worklist.subscribe", {201, 400, 403, 404}),
        ("stgcmt.result", {200, 202, 400, 404, 503}),
        ("notification.open", {101, 400}),
        ("other", set()),
    ],
)
def test_the_codes_of_a_transaction(id_: str, codes: set[int]) -> None:
    assert set(TRANSACTIONS[id_].responses) == codes


@pytest.mark.parametrize(
    ("word", "ids"),
    [
        ("studies.store", {"studies.store"}),
        ("store", {"studies.store"}),
        ("other", {"other"}),
        ("capabilities", {"capabilities.retrieve"}),
        ("delete", {"studies.delete"}),
        ("search", {"studies.search", "worklist.search", "npi.search", "mwl.search"}),
        ("commitment", {"stgcmt.request", "stgcmt.result"}),
        ("stgcmt.*", {"stgcmt.request", "stgcmt.result"}),
        ("npi", {"npi.retrieve", "npi.store", "npi.search"}),
        ("uri", {"uri.retrieve-dicom", "uri.retrieve-rendered"}),
        ("mpps", {"mpps.create", "mpps.update", "mpps.retrieve"}),
        ("mwl", {"mwl.search"}),
        ("ws", {"ws.retrieve"}),
        ("metadata", {"studies.retrieve.metadata"}),
        ("frames", {"studies.retrieve.frames"}),
        ("rendered", {"studies.retrieve.rendered"}),
        ("thumbnail", {"studies.retrieve.thumbnail"}),
        ("bulkdata", {"studies.retrieve.bulkdata"}),
        ("worklist", {id_ for id_ in IDS if id_.startswith("worklist.")}),
        ("studies", {id_ for id_ in IDS if id_.startswith("studies.")}),
        ("studies.*", {id_ for id_ in IDS if id_.startswith("studies.")}),
        ("studies.retrieve.*", {id_ for id_ in IDS if id_.startswith("studies.retrieve.")}),
        ("retrieve", {id_ for id_ in IDS if id_.startswith(("studies.retrieve.", "uri."))} | {"npi.retrieve"}),
    ],
)
def test_a_word_stands_for_its_transactions(word: str, ids: set[str]) -> None:
    assert transaction_ids(word) == ids


def test_a_family_covers_its_own() -> None:
    for row in TRANSACTIONS.values():
        assert row.id in ALIASES[row.family]


@pytest.mark.parametrize("word", ["", "*", "studies.", "studie.*", "other.*", "STORE", "studies.store.*", "unknown"])
def test_an_unknown_word_is_refused(word: str) -> None:
    with pytest.raises(KeyError):
        transaction_ids(word)
    assert word not in TRANSACTION_WORDS


def test_every_listed_word_works() -> None:
    assert set(IDS) | set(ALIASES) < set(TRANSACTION_WORDS)
    assert all(transaction_ids(word) <= IDS and transaction_ids(word) for word in TRANSACTION_WORDS)
