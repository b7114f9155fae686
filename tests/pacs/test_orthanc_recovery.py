"""Orthanc is killed under load and started again: nobody is told anything false, it is left alone, and it is back at once.

Twenty clients search, fetch and store all the time, and do not even heed `Retry-After`. What each of them is told is held
against what is known of the archive, then and afterwards.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from tests.pacs.archives import Orthanc
from tests.pacs.gateway_process import Gateway
from tests.pacs.samples import MULTIPART, UIDS, ct, multipart, part10, path_of
from tests.pacs.wire import Answer, ask
from tests.support.servers import Server, until

ROOT = "/dicom-web"
KNOWN = part10(ct(f"{UIDS}.1", size=256))
PROTECTION = ", breaker: {failures: 3, open: 1s}, limits: {in_flight: 8, queue: 32, queue_timeout: 2s}"
IN_FLIGHT, OPEN = 8, 1.0
OUTAGE = 3.0  # seconds
SLACK = 2.0  # seconds for a probe, on a machine that does other things too
_numbers = count(1)


@dataclass(frozen=True)
class Told:
    """What one client was told. `is_true` is whether a success says what is known, and a failure when to come back."""

    moment: float
    status: int
    is_true: bool
    stored: str = ""  # the path of what was to be stored


def looked_for(base: str) -> Told:
    """A search with one match, which is known."""
    answer = ask(base, "GET", f"{ROOT}/studies?StudyInstanceUID={UIDS}.1")
    found = json.loads(answer.content) if answer.status == 200 else []
    return told(answer, [study["0020000D"]["Value"] for study in found] == [[f"{UIDS}.1"]])


def looked_for_in_vain(base: str) -> Told:
    answer = ask(base, "GET", f"{ROOT}/studies?StudyInstanceUID={UIDS}.404")
    return told(answer, answer.status == 204)


def fetched(base: str) -> Told:
    """An object that is known; or less than all of it, if the client can tell."""
    answer = ask(base, "GET", ROOT + path_of(KNOWN))
    return told(answer, not answer.complete or [content for _, content in answer.parts()] == [KNOWN])


def stored(base: str) -> Told:
    """An object of its own. Whether it is there is looked up when all is over."""
    file = part10(ct(f"{UIDS}.7", next(_numbers)))
    answer = ask(base, "POST", f"{ROOT}/studies", {"Content-Type": MULTIPART}, multipart(file))
    return told(answer, answer.status == 200, path_of(file))


def told(answer: Answer, is_true: bool, stored: str = "") -> Told:
    if answer.status == 503:
        is_true = answer.complete and int(answer.field("Retry-After")) >= 1
    elif answer.status == 500:  # the outcome is unknown, and nobody may repeat that by himself
        is_true = bool(stored) and answer.complete and not answer.field("Retry-After")
    return Told(time.monotonic(), answer.status, is_true, stored)


CLIENTS = [looked_for] * 5 + [looked_for_in_vain] * 4 + [fetched] * 6 + [stored] * 5


@contextmanager
def load(base: str) -> Iterator[list[Told]]:
    """Twenty clients at work. The list is complete at the end."""
    over, heard, failed = threading.Event(), list[Told](), list[BaseException]()

    def work(client: Callable[[str], Told]) -> None:
        try:
            while not over.wait(0.05):
                heard.append(client(base))
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(client,)) for client in CLIENTS]
    for thread in threads:
        thread.start()
    try:
        yield heard
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert failed == []


def successes(heard: list[Told], since: float) -> list[Told]:
    return [one for one in list(heard) if one.moment > since and one.status in (200, 204)]


@dataclass(frozen=True)
class Seen:
    """The gateway at one moment, by its metrics: the breaker's state as 0 and 1, and how many were under way."""

    breaker: dict[str, float]
    under_way: float


CLOSED, OPENED = ({word: float(word == now) for word in ("closed", "open", "probing")} for now in ("closed", "open"))


def seen(gateway: Gateway) -> Seen:
    metrics = gateway.metrics()
    states = {
        word: metrics.get(("pacs_gateway_breaker_state", f"state={word}", "upstream=pacs"), 0.0) for word in CLOSED
    }
    return Seen(states, metrics.get(("pacs_gateway_in_flight", "upstream=pacs"), 0.0))


@dataclass
class Story:
    """What happened, by the clock of the test."""

    orthanc: Orthanc
    heard: list[Told]
    killed: float
    answering: float
    refused: float  # connections that the gateway tried in the outage
    seen: list[Seen]

    @property
    def back(self) -> float:
        """When the first success after the outage reached a client."""
        return successes(self.heard, self.answering)[0].moment


@pytest.fixture
def story(start: Callable[[Server], None], tmp_path: Path) -> Story:
    for name in ("orthanc", "gateway"):
        (tmp_path / name).mkdir()
    orthanc = Orthanc(tmp_path / "orthanc")
    start(orthanc)
    ask(orthanc.base, "POST", f"{ROOT}/studies", {"Content-Type": MULTIPART}, multipart(KNOWN))
    gateway = Gateway(tmp_path / "gateway", orthanc.base, PROTECTION)
    start(gateway)
    with load(gateway.base) as heard:
        until(lambda: len(heard) > 100, "a hundred answers")
        return played(orthanc, gateway, heard)


def played(orthanc: Orthanc, gateway: Gateway, heard: list[Told]) -> Story:
    """The outage, from the kill until all is well again."""
    looks = [seen(gateway)]

    def looking(is_over: Callable[[], bool]) -> bool:
        looks.append(seen(gateway))
        return is_over()

    orthanc.kill()
    killed = time.monotonic()
    until(lambda: looking(lambda: time.monotonic() > killed + OUTAGE), "the outage is over")
    orthanc.start()
    answering = time.monotonic()
    refused = gateway.metrics()["pacs_gateway_failures_total", "kind=connection_refused", "upstream=pacs"]
    until(lambda: looking(lambda: len(successes(heard, answering)) > 100), "a hundred successes")
    return Story(orthanc, heard, killed, answering, refused, looks)


def test_an_archive_that_is_killed_under_load(story: Story) -> None:
    nothing_false_was_said(story)
    everybody_was_told_when_to_come_back(story)
    what_was_acknowledged_is_there(story)
    the_archive_was_left_alone(story)
    assert story.back - story.answering < OPEN + SLACK
    assert [story.seen[0].breaker, story.seen[-1].breaker] == [CLOSED, CLOSED]
    assert OPENED in [each.breaker for each in story.seen]
    assert all(sum(each.breaker.values()) == 1 for each in story.seen)


def nothing_false_was_said(story: Story) -> None:
    assert [one for one in story.heard if not one.is_true] == []
    assert {one.status for one in story.heard} <= {200, 204, 500, 503}
    assert successes(story.heard, 0.0)[0].moment < story.killed


def everybody_was_told_when_to_come_back(story: Story) -> None:
    during = [one for one in story.heard if story.killed + 1 < one.moment < story.killed + OUTAGE]
    assert len(during) > 100
    assert {one.status for one in during} == {503}


def what_was_acknowledged_is_there(story: Story) -> None:
    """And what was refused is not: who repeats it stores it once."""
    by_status: dict[int, set[str]] = {}
    for one in story.heard:
        if one.stored:
            by_status.setdefault(one.status, set()).add(one.stored)
    found = json.loads(ask(story.orthanc.base, "GET", f"{ROOT}/studies/{UIDS}.7/instances").content)
    there = {f"/studies/{UIDS}.7/series/{UIDS}.7.1/instances/{each['00080018']['Value'][0]}" for each in found}
    assert by_status[200] <= there
    assert not by_status[503] & there


def the_archive_was_left_alone(story: Story) -> None:
    """Those under way when it died, and then one probe for each second."""
    away = story.answering - story.killed
    assert story.refused <= IN_FLIGHT + away / OPEN + 2
    assert max(each.under_way for each in story.seen) <= IN_FLIGHT
