"""The configuration that a survey writes: it repairs, says why, goes by more than a status, and passes `check` and `test`."""

from collections.abc import Callable

import pytest
from aiohttp import web

from gateway.config.load import load_text
from gateway.demo.resource import RETRIEVALS, Resource, Transaction
from gateway.probe.configuration import Archive, Written, written
from gateway.probe.survey import Found, Wishes
from tests.probe.archives import GoodArchive, serving
from tests.probe.surveying import DATE, configuration_of, deviating, found_in, survey

T = Transaction
Odd = Callable[[Resource, bool], web.Response | None]  # what an archive says in place of the right answer
READING = Wishes()


def odd(status: int, text: str, media: str = "text/plain") -> web.Response:
    return web.Response(status=status, text=text, content_type=media)


async def made(other: Odd, wishes: Wishes = READING) -> tuple[Found, Written]:
    async with serving(GoodArchive(other)) as origin:
        found = await survey(f"{origin}/dicom-web", wishes)
        return found, configuration_of(f"{origin}/dicom-web", found)


def unknown(resource: Resource, known: bool) -> bool:
    return resource.transaction in RETRIEVALS and bool(resource.study) and not known


async def test_a_wording_of_its_own_becomes_a_narrow_rule() -> None:
    def vendor(resource: Resource, known: bool) -> web.Response | None:
        return odd(500, f"E4711 InexistentStudyFault <{resource.study}>") if unknown(resource, known) else None

    found, configuration = await made(vendor)
    (rule,) = configuration.rules
    assert rule.id == "probe-unknown-study"
    assert (rule.status, rule.right, rule.sign.phrase) == (500, 404, "InexistentStudyFault")
    assert "studies.retrieve.dicom" in rule.transactions
    text = configuration.text
    assert "body: '\\bInexistentStudyFault\\b'" in text
    assert "only its vendor knows" in " ".join(text.split())
    assert "The volume is offline" in text
    left = [
        exchange for exchange, repair in configuration.judged if exchange.judgement.deviations and not repair.complete
    ]
    assert left == []
    assert len(deviating(found)) > 3


async def test_a_failure_that_tells_nothing_gets_no_rule_and_is_told_so() -> None:
    def silent(resource: Resource, known: bool) -> web.Response | None:
        return odd(500, "An error occurred.") if unknown(resource, known) else None

    async with serving(GoodArchive(silent)) as origin:
        found = await survey(f"{origin}/dicom-web")
        configuration = configuration_of(f"{origin}/dicom-web", found)
        findings = found_in(origin, found)
    assert configuration.rules == ()
    assert "rules:" not in configuration.text
    (words,) = {deviation.gateway for deviation in findings.deviations}
    assert words.startswith("cannot be repaired: nothing in the answer tells its cause")


async def test_a_wording_that_means_two_things_gets_no_rule() -> None:
    """The same words for an unknown study and for one that is there: which it is, the archive alone knows."""

    def confused(resource: Resource, known: bool) -> web.Response | None:
        if resource.transaction in RETRIEVALS and resource.study != "2.25.101":
            return odd(500, "InexistentStudyFault")
        return None

    _, configuration = await made(confused)
    assert configuration.rules == ()


async def test_a_success_is_never_made_out_of_a_failure() -> None:
    def denies(resource: Resource, known: bool) -> web.Response | None:
        empty = resource.transaction is T.SEARCH and not known and "PatientID" in resource.query
        return odd(500, "InexistentStudyFault: query matches no study") if empty else None

    found, configuration = await made(denies)
    assert [exchange.check.id for exchange in deviating(found)] == ["search-nobody"]
    assert configuration.rules == ()
    assert "allow_success" not in configuration.text


async def test_a_success_that_is_an_error_becomes_one() -> None:
    def polite(resource: Resource, known: bool) -> web.Response | None:
        return odd(200, f"InexistentStudyFault {resource.study}", "text/x-notice") if unknown(resource, known) else None

    _, configuration = await made(polite)
    (rule,) = configuration.rules
    assert (rule.status, rule.right, rule.media) == (200, 404, "text/x-notice")


async def test_wordings_of_several_checks_become_several_rules() -> None:
    def vendor(resource: Resource, known: bool) -> web.Response | None:
        if unknown(resource, known):
            return odd(500, '{"fault": "InexistentStudyFault"}', "application/json")
        if resource.query.get("limit") == "-1":
            return odd(500, "IllegalLimitFault")
        return None

    _, configuration = await made(vendor)
    assert {(rule.right, rule.sign.phrase) for rule in configuration.rules} == {
        (404, "InexistentStudyFault"), (400, "IllegalLimitFault"),
    }  # fmt: skip
    settings = load_text(configuration.text, "rules.yaml", {})
    assert len(settings.examples) == 4


@pytest.mark.parametrize("status", [400, 500, 503, 599, 404, 422])
async def test_whatever_the_status_the_examples_hold(status: int) -> None:
    """`written` plays them itself, and would raise."""

    def vendor(resource: Resource, known: bool) -> web.Response | None:
        return odd(status, f"InexistentStudyFault {resource.study}") if unknown(resource, known) else None

    _, configuration = await made(vendor)
    assert configuration.text.startswith("# Written by `pacs-gateway probe")


async def test_a_store_gets_a_rule_as_well() -> None:
    def mistaken(resource: Resource, known: bool) -> web.Response | None:
        into = resource.transaction is T.STORE and bool(resource.study)
        return odd(500, "the study UID differs from the URL") if into else None

    _, configuration = await made(mistaken, Wishes(store=True))
    (rule,) = configuration.rules
    assert (rule.right, rule.transactions) == (409, ("studies.store",))


async def test_zero_bytes_for_what_is_there_are_an_error_of_this_archive() -> None:
    def says_nothing(resource: Resource, known: bool) -> web.Response | None:
        named = resource.transaction is T.SEARCH and "PatientID" in resource.query
        return web.Response(body=b"", content_type="application/dicom+json") if named and known else None

    _, configuration = await made(says_nothing)
    assert "      empty_search: error" in configuration.text
    assert configuration.policy.quirks_of("pacs").empty_search == "error"


def guarded(challenge: str) -> Odd:
    """It says so of metadata, and 401 alone of a rendering."""

    def says(resource: Resource, _known: bool) -> web.Response | None:
        if resource.transaction is T.METADATA:
            return web.Response(status=401, headers={"WWW-Authenticate": challenge})
        return web.Response(status=401) if resource.transaction is T.RENDERED else None

    return says


async def test_a_challenge_that_was_seen_is_no_guess() -> None:
    _, configuration = await made(guarded('Bearer realm="pacs"'))
    assert 'unauthorized_challenge: "Bearer realm=\\"pacs\\""' in configuration.text
    assert "guess" not in configuration.text


async def test_what_is_no_challenge_is_not_written_down_as_one() -> None:
    _, configuration = await made(guarded("application/dicom+json"))
    assert 'unauthorized_challenge: "Basic realm=\\"PACS\\""' in configuration.text
    assert "This one is a guess." in configuration.text


async def test_a_good_archive_needs_nothing() -> None:
    _, configuration = await made(lambda _resource, _known: None)
    assert "packs: []" in configuration.text
    assert "quirks" not in configuration.text
    assert "What was found" not in configuration.text


def test_what_was_said_of_certificates_is_in_the_file() -> None:
    archive = Archive("https://pacs.local:8443", "https://pacs.local:8443/rs", DATE, ("tls: {verify: false}",))
    settings = load_text(written(archive, []).text, "rules.yaml", {})
    upstream = settings.upstreams["pacs"]
    assert (upstream.origin, upstream.tls.verify) == ("https://pacs.local:8443", False)
