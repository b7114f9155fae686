"""Table N.7-89 from a configuration: what is done with each code of an archive."""

from typing import Any

from gateway.conformance.user_agent import OTHERS, Received
from gateway.dicomweb.statuses import DICOM_SET
from tests.conformance.making import archive, said


def table(**sections: Any) -> dict[str, Received]:
    (agent,) = said(**sections).agents
    return {row.code: row for row in agent.rows}


def test_every_documented_code_has_a_row_and_all_others_share_one() -> None:
    assert list(table()) == [*map(str, sorted(DICOM_SET | {429})), OTHERS]


def test_without_a_word_of_the_operator_everything_passes() -> None:
    assert {row.behaviour for row in table().values()} == {"pass"}


def test_a_code_that_passes_says_what_else_it_may_be_read_as() -> None:
    assert (
        table()["406"].text
        == "Passed on, or read as 202 (store-outcome); 409 (store-outcome); 415 (wrong-content-type)."
    )


def test_a_code_about_the_connection_is_not_passed_on() -> None:
    assert table()["505"].text == "Not passed on, but sent as 503."


def test_redirects_are_followed_within_their_bounds() -> None:
    follow = {"hosts": ["https://store.internal"], "hops": 2}
    row = table(**archive(on_status={"307": "follow"}, follow=follow))["307"]
    assert row.behaviour == "follow"
    assert row.text == (
        "Followed for GET and HEAD, up to 2 redirects in a row, to the archive's own origin or https://store.internal:443. "
        "Elsewhere: not passed on, but sent as 303 to GET and HEAD, with a Location, else 503."
    )


def test_requests_are_repeated_within_their_bounds() -> None:
    retry = {"attempts": 3, "max_wait": "1s", "budget": "5%"}
    row = table(**archive(on_status={"503": "retry"}, retry=retry))["503"]
    assert row.behaviour == "retry"
    assert row.text.startswith(
        "Asked again for GET and HEAD: 3 attempts in all, at most 1s apart and never before its Retry-After, for no more "
        "than 5% of the requests. So are failures that count as 503: destination_unavailable. After that: passed on"
    )


def test_the_row_of_all_others_says_what_they_become() -> None:
    text = table()[OTHERS].text
    assert text.startswith("Neither followed nor asked again, and sent as a documented code: ")
    for told in (
        "226 or another 2xx as 200", "207 as 202 after a store, else 200", "as 500 after a POST, PUT or PATCH, else 503",
        "what is not from 200 to 599, as a failure of the archive",
    ):  # fmt: skip
        assert told in text


def test_a_code_with_a_row_of_its_own_is_not_among_the_others() -> None:
    assert " 307" in table()[OTHERS].text
    assert " 307" not in table(**archive(on_status={"307": "follow"}))[OTHERS].text


def test_a_fold_of_the_site_is_among_the_others() -> None:
    assert "402 as 404" in table(documented={"fold": {"402": "404"}})[OTHERS].text


def test_each_archive_has_its_table() -> None:
    upstreams = {"pacs": {"url": "http://pacs:1"}, "vna": {"url": "http://vna:1", "on_status": {"503": "retry"}}}
    routes = [{"id": name, "prefix": f"/{name}", "upstream": name} for name in upstreams]
    first, second = said(upstreams=upstreams, routes=routes).agents
    assert (first.upstream, second.upstream) == ("pacs", "vna")
    behaviours = [{row.behaviour for row in agent.rows} for agent in (first, second)]
    assert behaviours == [{"pass"}, {"pass", "retry"}]


def test_interim_codes_of_the_second_set_end_nothing() -> None:
    assert table(documented={"set": "dcs"})["100"].text.startswith("Not the end of an exchange")
