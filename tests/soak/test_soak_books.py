"""The soak's books are not blind: each thing that may go wrong is found."""

from collections import Counter
from dataclasses import replace

import pytest

from bench.soak_books import Books, Evidence, imbalances
from bench.soak_content import Study
from tests.support.client import Reply

WELL = Evidence(Counter(), 0, 0, 0, (8, 8), (50.0,) * 8, (1, 1), (), 0, 0)
GROWING = tuple(float(at) for at in range(40))


def reply(status: int | None, body: bytes = b"", *, complete: bool = True) -> Reply:
    return Reply(status, b"", body, complete, False)


def told(books: Books, found: Evidence = WELL) -> str:
    return "\n".join(imbalances(books, found, most_growth=8.0))


def test_nothing_done_is_nothing_wrong() -> None:
    assert told(Books()) == ""


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (replace(WELL, counted=1), "/metrics counts 1 exchanges, the access log has 0"),
        (replace(WELL, counted=1, logged=1), "the gateway counts 1"),
        (replace(WELL, in_flight=1), "1 exchanges are under way"),
        (replace(WELL, descriptors=(8, 9)), "file descriptors: 8 at the start, 9 at the end"),
        (replace(WELL, threads=(1, 7)), "threads: 1 at the start, 7 at the end"),
        (replace(WELL, memory=GROWING), "memory grew by 10.0 MiB"),
        (replace(WELL, errors=("an exchange failed",)), "the gateway logged: an exchange failed"),
        (replace(WELL, canaries=1), "1 lines that the gateway wrote name a patient"),
        (replace(WELL, exit_code=1), "exit code 1"),
        (replace(WELL, ledger=Counter({("stored", 5): 2})), "study 5 was stored 2 times"),
        (replace(WELL, ledger=Counter({("damaged", 5): 1})), "1 contents arrived damaged"),
    ],
)
def test_what_the_others_say_is_looked_at(found: Evidence, sentence: str) -> None:
    assert sentence in told(Books(), found)


@pytest.mark.parametrize(
    ("method", "came", "sentence"),
    [
        ("GET", reply(None), "was not answered"),
        ("GET", reply(200, Study(8).content()), "bytes that are not its content"),
        ("GET", reply(200, Study(7).content()[:99]), "bytes that are not its content"),
        ("GET", reply(200, b"--another", complete=False), "bytes that are not its content"),
        ("POST", reply(200), "was acknowledged and did not happen"),
        ("DELETE", reply(204), "was said to be deleted and was not"),
    ],
)
def test_what_clients_were_told_is_looked_at(method: str, came: Reply, sentence: str) -> None:
    books = Books()
    books.enter("client", method, Study(7), came, reset=False)
    assert sentence in told(books, replace(WELL, counted=books.answered, logged=books.answered))


@pytest.mark.parametrize("status", [503, 400, 413])
def test_a_store_that_was_denied_must_not_have_happened(status: int) -> None:
    books = Books()
    books.enter("client", "POST", Study(7), reply(status), reset=False)
    found = replace(WELL, counted=1, logged=1, ledger=Counter({("stored", 7): 1}))
    assert "study 7 was stored although its client was told otherwise" in told(books, found)


def test_a_store_of_which_nobody_can_tell_may_have_happened() -> None:
    books = Books()
    books.enter("client", "POST", Study(7), reply(500), reset=False)
    assert told(books, replace(WELL, counted=1, logged=1, ledger=Counter({("stored", 7): 1}))) == ""


def test_a_cut_that_can_be_seen_is_no_lie() -> None:
    books = Books()
    books.enter("client", "GET", Study(7), reply(200, Study(7).content()[:99], complete=False), reset=True)
    books.enter("client", "GET", Study(7), reply(None, complete=False), reset=True)
    assert told(books, replace(WELL, counted=2, logged=2)) == ""
    assert books.cut["client"] == 2
