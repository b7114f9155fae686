"""Failures: each kind has its place, its status and its words. What became of a request that was sent is not guessed."""

import pytest

from gateway.core.decision import BodyPlan
from gateway.core.facts import RequestFacts
from gateway.core.failures import MEANINGS, Failure, FailureKind, Origin, Sent
from gateway.dicomweb.statuses import DCS_SET, DICOM_SET, STATUS_CODES
from tests.core.making import ELSEWHERE, RETRIEVE, SECOND_SET, STORE, STRICT, asked, failed, judged, replied

K = FailureKind
DELETE = asked("DELETE", "/rs/studies/2.25.1")
CHANGE_STATE = asked("PUT", "/rs/workitems/2.25.1/state", ("Content-Type", "application/dicom+json"))

# RFC 9209 2.3: the registered error types.
REGISTERED = {
    *("dns_timeout", "dns_error", "destination_not_found", "destination_unavailable", "destination_ip_prohibited"),
    *("destination_ip_unroutable", "connection_refused", "connection_terminated", "connection_timeout"),
    *("connection_read_timeout", "connection_write_timeout", "connection_limit_reached", "tls_protocol_error"),
    *("tls_certificate_error", "tls_alert_received", "http_request_error", "http_request_denied"),
    *("http_response_incomplete", "http_response_header_section_size", "http_response_timeout", "http_protocol_error"),
    *("http_response_status", "proxy_internal_error", "proxy_internal_response", "proxy_loop_detected"),
}

# kind: (with Table N.7-88, with the second set)
STATUSES = {
    **dict.fromkeys((K.DNS_TIMEOUT, K.CONNECTION_TIMEOUT, K.CONNECTION_READ_TIMEOUT), (503, 504)),
    **dict.fromkeys((K.CONNECTION_WRITE_TIMEOUT, K.HTTP_RESPONSE_TIMEOUT), (503, 504)),
    **dict.fromkeys((K.DNS_ERROR, K.DESTINATION_IP_UNROUTABLE, K.CONNECTION_REFUSED), (503, 502)),
    **dict.fromkeys((K.CONNECTION_TERMINATED, K.TLS_PROTOCOL_ERROR, K.TLS_CERTIFICATE_ERROR), (503, 502)),
    **dict.fromkeys((K.HTTP_PROTOCOL_ERROR, K.HTTP_RESPONSE_INCOMPLETE), (503, 502)),
    **dict.fromkeys((K.HTTP_RESPONSE_HEADER_SECTION_SIZE, K.PROXY_LOOP_DETECTED), (503, 502)),
    **dict.fromkeys((K.DESTINATION_UNAVAILABLE, K.BREAKER_OPEN, K.TOO_BUSY, K.MAINTENANCE, K.DRAINING), (503, 503)),
    K.RATE_EXHAUSTED: (503, 503),
    K.RATE_LIMITED: (503, 429),
    K.DESTINATION_NOT_FOUND: (404, 404),
    K.PROXY_INTERNAL_ERROR: (500, 500),
    K.HTTP_REQUEST_ERROR: (400, 400),
    K.METHOD_NOT_SUPPORTED: (501, 501),
    K.METHOD_REFUSED: (405, 405),
    K.VERSION_NOT_SUPPORTED: (505, 505),
    K.TARGET_TOO_LONG: (414, 414),
    K.HEADER_SECTION_TOO_LARGE: (400, 400),
    K.CONTENT_TOO_LARGE: (413, 413),
    K.EXPECTATION_FAILED: (400, 417),
    K.REQUEST_TIMEOUT: (400, 408),
    K.REQUEST_INCOMPLETE: (400, 400),
    K.CLIENT_GONE: (400, 400),
}


@pytest.mark.parametrize("kind", K)
def test_a_failure_is_answered_with_the_code_of_the_set(kind: FailureKind) -> None:
    strict, second = STATUSES[kind]
    for request in (RETRIEVE, ELSEWHERE):
        assert judged(request, failed(kind), STRICT).status == strict
        assert judged(request, failed(kind), SECOND_SET).status == second


@pytest.mark.parametrize("kind", K)
def test_every_kind_is_documented_in_both_sets_and_has_a_registered_word(kind: FailureKind) -> None:
    meaning = MEANINGS[kind]
    assert meaning.documented in DICOM_SET & DCS_SET
    assert meaning.status in STATUS_CODES
    assert meaning.error in REGISTERED
    assert meaning.sentence.endswith(".")
    assert failed(kind).origin is meaning.origin


@pytest.mark.parametrize("kind", K)
def test_a_failure_is_reported_in_our_words(kind: FailureKind) -> None:
    reply = replied(RETRIEVE, failed(kind))
    assert reply.body is BodyPlan.PROBLEM
    assert reply.content is not None
    assert MEANINGS[kind].sentence.encode() in reply.content
    assert reply.fields.get("Proxy-Status") == f'pacs-gateway; error={MEANINGS[kind].error}; details="rule=failure"'


@pytest.mark.parametrize("request_", [STORE, CHANGE_STATE, asked("PATCH", "/x")])
def test_what_may_have_been_read_is_not_invited_to_be_repeated(request_: RequestFacts) -> None:
    decision = judged(request_, failed(K.HTTP_RESPONSE_TIMEOUT, Sent.PERHAPS))
    assert (decision.status, decision.retry) == (500, None)
    assert "not known" in decision.why
    assert judged(request_, failed(K.HTTP_RESPONSE_TIMEOUT, Sent.NOTHING)).status == 503


@pytest.mark.parametrize("request_", [RETRIEVE, DELETE])
def test_what_can_be_repeated_without_harm_may_be(request_: RequestFacts) -> None:
    decision = judged(request_, failed(K.HTTP_RESPONSE_TIMEOUT, Sent.PERHAPS))
    assert decision.status == 503
    assert decision.retry is not None


def test_a_store_that_the_client_broke_off_is_the_clients_fault_however_much_was_sent() -> None:
    assert judged(STORE, failed(K.REQUEST_INCOMPLETE, Sent.PERHAPS)).status == 400


@pytest.mark.parametrize("kind", K)
def test_only_a_failing_archive_counts_against_it(kind: FailureKind) -> None:
    assert judged(RETRIEVE, failed(kind)).healthy is (MEANINGS[kind].origin is not Origin.UPSTREAM)


def test_a_failure_says_nothing_was_received() -> None:
    decision = judged(RETRIEVE, failed(K.CONNECTION_REFUSED))
    assert (decision.received, decision.failure) == (None, Failure(K.CONNECTION_REFUSED))


def test_the_words_of_metrics_and_rules_are_the_names_of_the_kinds() -> None:
    assert [kind.value for kind in K] == [kind.name.lower() for kind in K]
