"""Table N.7-88 from a configuration: which rows there are, what stands in them, and what of it is switched on."""

from typing import Any

import pytest

from gateway.conformance.sources import all_sources
from gateway.conformance.switched_on import SWITCHES
from gateway.core.failures import FailureKind
from gateway.dicomweb.statuses import DCS_NAMES, DCS_SET, DICOM_SET
from tests.conformance.making import GUARDED, PORTAL, archive, labels, row, said, settings, texts

K = FailureKind


def test_the_rows_are_the_documented_codes_and_those_that_were_added() -> None:
    found = said()
    assert {row.code for row in found.rows} == DICOM_SET | {429}
    assert {row.code for row in found.rows if row.added} == {429}
    assert row(found, 429).added == "A limit of the gateway or of the archive was reached."
    assert row(found, 503).name == "Service Unavailable"


def test_the_second_set_has_its_own_codes_and_names() -> None:
    found = said(documented={"set": "dcs"})
    assert {row.code: row.name for row in found.rows} == DCS_NAMES
    assert {row.code for row in found.rows} == DCS_SET


def test_codes_that_never_leave_are_said_not_to_and_why() -> None:
    found = said(documented={"set": "dcs"})
    not_sent = {row.code: row.not_sent for row in found.rows if row.not_sent}
    assert not_sent.keys() == {100, 305, 306, 407}
    assert not_sent[100] == "It is an interim code: another answer always follows."
    assert not_sent[305] == "RFC 9110 has retired it (RFC 9110 15.4.6)."
    assert "connection between gateway and archive" in not_sent[407]
    assert found.declared == DCS_SET - not_sent.keys()


def test_a_rule_may_send_what_the_archive_may_not() -> None:
    rule = {"id": "asks-for-a-proxy", "why": "x", "when": {"status": "502"}, "then": {"status": "407"}}
    found = said(documented={"set": "dcs"}, rules=[rule])
    assert 407 in found.declared
    assert labels(found, 407, "rule") == ["asks-for-a-proxy"]


def test_the_archives_own_answers_name_the_transactions_whose_table_has_the_code() -> None:
    found = said()
    assert texts(found, 411, "archive") == ["As the archive sent it. PS3.18 lists it for Store (STOW-RS)."]
    assert texts(found, 205, "archive") == [
        "As the archive sent it. PS3.18 lists it in Table 8.5-1, and for no single transaction."
    ]
    assert texts(found, 429, "archive") == ["As the archive sent it. No table of PS3.18 lists it."]
    assert texts(found, 505, "archive") == []  # about the connection to the archive


def test_strict_leaves_a_code_to_the_transactions_that_have_it() -> None:
    found = said(documented={"strict": "true"})
    assert texts(found, 411, "archive") == ["As the archive sent it, to Store (STOW-RS), or on paths outside DICOMweb."]
    assert texts(found, 205, "archive") == ["As the archive sent it, on paths outside DICOMweb only."]
    assert labels(found, 400, "strict") == labels(found, 503, "strict") == ["strict"]
    assert labels(said(), 503, "strict") == []


def test_the_edition_decides_on_a_search_without_a_hit() -> None:
    assert "empty-search" in labels(said(), 204, "reading")
    assert "empty-search" not in labels(said(), 200, "reading")
    later = said(documented={"edition": "2026a"})
    assert "empty-search" in labels(later, 200, "reading")


def test_a_reading_that_hangs_on_a_quirk_is_there_with_it_alone() -> None:
    quirks = archive(quirks={"forbidden_as_not_found": "true", "empty_search": "error"})
    assert "forbidden-as-not-found" in labels(said(**quirks), 404, "reading")
    assert "empty-search" in labels(said(**quirks), 500, "reading")
    assert "forbidden-as-not-found" not in labels(said(), 404, "reading")
    assert "empty-search" not in labels(said(), 500, "reading")


def test_a_reading_that_names_an_undocumented_code_is_in_the_row_that_it_is_folded_to() -> None:
    (text,) = [text for text in texts(said(), 503, "reading") if text.startswith("The JSON broke off")]
    assert text == "The JSON broke off before its end. It means 502, which is not documented."
    assert "truncated" not in labels(said(), 500, "reading")  # only reads are read so
    assert "truncated" in labels(said(documented={"set": "dcs"}), 502, "reading")


def test_folds_are_the_effective_ones() -> None:
    assert "The archive said 402: refused." in texts(said(), 403, "fold")
    folded = said(documented={"fold": {"402": "404"}})
    assert "The archive said 402: refused." not in texts(folded, 403, "fold")
    assert "The archive said 402: overridden by documented.fold." in texts(folded, 404, "fold")


def test_a_fold_says_after_which_requests() -> None:
    after = [text for text in texts(said(), 500, "fold") if " 502, " in text]
    unless = [text for text in texts(said(), 503, "fold") if " 502, " in text]
    assert after[0].endswith("; after a POST, PUT or PATCH.")
    assert unless[0].endswith("; unless after a POST, PUT or PATCH.")


def test_a_rule_brings_its_reason_and_its_conditions_in_words() -> None:
    (source,) = [source for source in row(said(rules=[PORTAL]), 401).sources if source.kind == "rule"]
    assert (source.label, source.text, source.pack) == ("portal-login", "The portal's session ran out.", "")
    assert source.conditions == (
        "the status is 302 or 303", "the transaction is any search", "Location matches /login",
    )  # fmt: skip


def test_a_rule_that_observes_is_named_and_sends_nothing() -> None:
    observing = {**PORTAL, "then": {**PORTAL["then"], "observe": "true", "status": "407", "headers": {}}}
    found = said(documented={"set": "dcs"}, rules=[observing])
    assert labels(found, 407, "observing") == ["portal-login"]
    assert row(found, 407).not_sent


def test_a_rule_that_leaves_the_code_is_in_no_row() -> None:
    keeps = {**PORTAL, "then": {"body": "problem"}}
    assert not any(source.kind == "rule" for row in said(rules=[keeps]).rows for source in row.sources)


def test_rules_of_packs_say_which() -> None:
    packs = {source.pack for row in said(packs="all").rows for source in row.sources if source.kind == "rule"}
    assert {"orthanc", "iis", "login-pages"} <= packs


SWITCHED: dict[K, dict[str, Any]] = {
    K.MAINTENANCE: {"maintenance": GUARDED["maintenance"]},
    K.BREAKER_OPEN: archive(breaker={}),
    K.RATE_LIMITED: archive(rate=[{"requests": 300, "per": "10s", "key": "client"}]),
    K.RATE_EXHAUSTED: archive(rate=[{"requests": 100, "per": "1s", "key": "upstream"}]),
    K.DESTINATION_NOT_FOUND: {"routes": GUARDED["routes"]},
    K.TLS_PROTOCOL_ERROR: {"upstreams": {"pacs": {"url": "https://pacs.internal"}}},
    K.TLS_CERTIFICATE_ERROR: archive(on_status={"307": "follow"}, follow={"hosts": ["https://store.internal"]}),
}


def failing(**sections: Any) -> set[str]:
    found = all_sources(settings(**sections))
    return {source.label for sources in found.values() for source in sources if source.kind == "failure"}


@pytest.mark.parametrize("kind", SWITCHED)
def test_what_nobody_asked_for_cannot_happen(kind: FailureKind) -> None:
    assert kind.value in failing(**SWITCHED[kind])
    assert kind.value not in failing()


def test_every_switch_has_its_test() -> None:
    assert SWITCHES.keys() == SWITCHED.keys() | {K.TOO_BUSY}


def test_who_has_left_is_not_answered() -> None:
    assert {kind.value for kind in FailureKind} - failing(**GUARDED) == {"client_gone"}


def test_what_holds_requests_back_is_said_with_its_numbers() -> None:
    failures = texts(said(**GUARDED), 503, "failure") + texts(said(**GUARDED), 429, "failure")
    for told in (
        "(pacs: after 5 failures in 30s, for 15s)",
        "(pacs: more than 100 requests in 1s)",
        "(pacs: more than 300 requests in 10s)",
        "pacs: more than 32 under way and 64 waiting, or a wait of more than 5s)",
        "(every archive: 2026-12-05 21:00 to 2026-12-06 01:00 UTC)",
    ):
        assert any(told in text for text in failures), told


def test_lines_of_families_are_said_too() -> None:
    limits = {"in_flight": 32, "by_transaction": {"store": {"in_flight": 4}}}
    (busy,) = [text for text in texts(said(**archive(limits=limits)), 503, "failure") if "as much work" in text]
    assert "pacs, store: more than 4 under way" in busy


def test_a_limit_is_503_where_429_is_not_documented() -> None:
    rate = archive(rate=[{"requests": 300, "per": "10s", "key": "client"}])
    assert "rate_limited" in labels(said(**rate), 429, "failure")
    without = said(**rate, documented={"add": {}})
    assert "rate_limited" in labels(without, 503, "failure")


def test_a_preflight_is_answered_where_cors_is_configured() -> None:
    assert labels(said(**GUARDED), 204, "preflight") == ["preflight"]
    assert labels(said(), 204, "preflight") == []


@pytest.mark.parametrize("code", [429, 503])
def test_what_tells_clients_to_come_back_always_says_when(code: int) -> None:
    retry = {"default": "30s", "jitter": "0%"}
    (carried,) = row(said(retry_after=retry), code).carries
    assert carried.startswith("Always with Retry-After: ")
    assert carried.endswith("or else 30s (1s to 5m where nobody knows).")


def test_other_codes_carry_what_they_owe() -> None:
    found = said()
    assert row(found, 401).carries[0].startswith("Only with a challenge (WWW-Authenticate)")
    assert row(found, 405).carries == ("With the methods that are allowed (Allow).",)
    assert row(found, 202).carries == ("With Retry-After where the archive or a rule gives one.",)
    assert row(found, 404).carries == ()


def test_a_101_is_beyond_the_table() -> None:
    found = said()
    assert [row.code for row in found.beyond] == [101]
    assert 101 in found.declared


@pytest.mark.parametrize("service", ["opaque", "wado-uri"])
def test_a_route_that_offers_less_is_not_read_as_more(service: str) -> None:
    found = said(routes=[{"id": "r", "prefix": "/", "upstream": "pacs", "service": service}])
    assert found.beyond == ()
    assert texts(found, 411, "archive")[0].endswith("for no single transaction.")
    assert bool(labels(found, 406, "reading")) is (service == "wado-uri")


def test_equal_settings_give_an_equal_statement() -> None:
    assert said(**GUARDED, packs="all") == said(**GUARDED, packs="all")
