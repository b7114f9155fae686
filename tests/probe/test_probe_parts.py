"""The parts of a survey that need no archive: targets, pace, phrases, shapes."""

import pytest

from gateway.core.fields import Fields
from gateway.probe.exchange import Answer, Ask, Ending
from gateway.probe.manners import manners
from gateway.probe.names import example_names, made_up, others
from gateway.probe.pace import Pace, Spent, rate_of
from gateway.probe.shape import shape
from gateway.probe.target import Target, UnusableTarget, target_of
from gateway.probe.telling import Sign, sign

TEXT = Fields([("Content-Type", "text/plain")])


@pytest.mark.parametrize(
    ("url", "wado", "target"),
    [
        ("http://pacs:8042/dicom-web", "", Target("http://pacs:8042", "/dicom-web")),
        ("http://pacs:8042/dicom-web/", "/w", Target("http://pacs:8042", "/dicom-web", "/w", named=True)),
        ("https://pacs", "", Target("https://pacs", "")),
        ("http://[::1]:80/a/b", "http://[::1]:80/wado", Target("http://[::1]:80", "/a/b", "/wado", named=True)),
    ],
)
def test_a_target_is_where_a_service_begins(url: str, wado: str, target: Target) -> None:
    assert target_of(url, wado) == target


@pytest.mark.parametrize(
    ("url", "wado", "words"),
    [
        ("pacs.local", "", "no http or https URL"),
        ("ftp://pacs", "", "no http or https URL"),
        ("http://", "", "no http or https URL"),
        ("http://pacs:port/", "", "is no URL"),
        ("http://user:secret@pacs/", "", "use --header-file"),
        ("http://pacs/dicom-web?x=1", "", "neither ? nor #"),
        ("http://pacs/dicom web", "", "percent-encode"),
        ("http://pacs/", "http://other/wado", "has to be at http://pacs"),
        ("http://pacs/", "wado", "has to be at http://pacs; give its path, such as /wado"),
    ],
)
def test_what_is_no_target_is_refused_in_words(url: str, wado: str, words: str) -> None:
    with pytest.raises(UnusableTarget, match=words.replace("?", r"\?")) as refused:
        target_of(url, wado)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(("written", "rate"), [("5", 5), ("5/s", 5), ("0.5/s", 0.5), ("30/m", 0.5), ("60/min", 1)])
def test_a_rate(written: str, rate: float) -> None:
    assert rate_of(written) == rate


@pytest.mark.parametrize("written", ["", "0", "0/s", "-1", "5/h", "fast", "100000/s", "nan"])
def test_what_is_no_rate(written: str) -> None:
    with pytest.raises(ValueError, match="is not a rate"):
        rate_of(written)


def test_requests_keep_their_distance_however_late_one_is() -> None:
    pace = Pace(rate=2, most=5)
    assert [pace.take(now) for now in (10.0, 10.0, 10.5, 13.0, 13.1)] == pytest.approx([0, 0.5, 0.5, 0, 0.4])
    with pytest.raises(Spent):
        pace.take(20.0)
    assert pace.sent == 5


def of(text: str, status: int = 500, reason: str = "", fields: Fields = TEXT) -> Answer:
    return Answer(status, reason, fields, text.encode())


@pytest.mark.parametrize(
    ("right", "answer", "again", "phrase"),
    [
        (404, of("E17 no such study: 2.25.1"), of("E17 no such study: 2.25.2"), "no such study"),
        (404, of("[StudyNotFoundException: 1]"), of("[StudyNotFoundException: 2]"), "StudyNotFoundException"),
        (404, of('{"m": "object unknown to store"}'), None, "object unknown to store"),
        (400, of("limit must be positive"), None, "limit must be positive"),
        (406, of("cannot serve this media type"), None, "cannot serve this media type"),
        (409, of("study UID does not match"), None, "study UID does not match"),
        (415, of("unsupported content type"), None, "unsupported content type"),
        # Nothing that tells: not what it is about, not what is the matter, only in one of two, or what every server says.
        (404, of("an error occurred"), None, None),
        (404, of("Internal Server Error"), None, None),
        (404, of("Not Found"), None, None),
        (404, of("no route to host"), None, None),
        (404, of("java.lang.NullPointerException at Study.open"), None, None),
        (404, of("no such study Anna"), of("no such study Ben"), None),
        (404, of("no such study"), of("no such study", 503), None),
        (404, of("no such study: " + "x" * 20_000), None, None),
        (404, of('[{"00081030": {"vr": "LO", "Value": ["no such study"]}}]'), None, None),
        (200, of("no such study"), None, None),
    ],
)  # fmt: skip
def test_a_phrase_tells_its_cause_or_there_is_none(
    right: int, answer: Answer, again: Answer | None, phrase: str | None
) -> None:
    assert sign(right, answer, again) == (Sign("body", phrase) if phrase else None)


def test_a_reason_phrase_may_tell_where_there_is_no_content() -> None:
    assert sign(404, of("", reason="Study not found in partition"), None) == Sign(
        "reason", "Study not found in partition"
    )
    assert sign(404, of("", 404, reason="Not Found"), None) is None


def test_what_was_made_up_is_made_up_anew_for_the_second_question() -> None:
    names = made_up(target_of("http://pacs/rs"), plain=False)
    again = others(names)
    template = "{root}/studies/{unknown}?PatientID={nobody}"
    assert names.fill(template) != again.fill(template)
    assert names.show(template) == "/rs/studies/{made-up UID}?PatientID=PACS-GATEWAY-PROBE-NOBODY"
    assert example_names(names).fill("{root}/studies/{study}") == "/rs/studies/2.25.100"


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/rs/studies/1.2/series/1.2.3/bulk/7fe00010", "/rs/studies/{study 1}/series/{series 1}/bulk/7fe00010"),
        ("/rs/instances/1.2.3.4/bulkdata/zzz", "/rs/instances/{instance 1}/bulkdata/zzz"),
        ("/rs/studies/1.2/files/Anna%201", "{bulk 1}"),
        ("/rs/studies/1.2/bulk/9.9.9", "{bulk 1}"),
        ("/rs/bulk?token=abc", "{bulk 1}"),
    ],
)  # fmt: skip
def test_a_path_that_the_archive_gave_shows_nothing_unknown(path: str, shown: str) -> None:
    names = made_up(target_of("http://pacs/rs"), plain=False)
    names = names.finding(1, study="1.2", series="1.2.3", instance="1.2.3.4").concealing(1, bulk=path)
    assert (names.fill("{bulk}"), names.show("{bulk}")) == (path, shown)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (of("Anna", 404), "404, text/plain, text of 4 bytes"),
        (of("", 204), "204, text/plain, no content"),
        (of('{"Details": "Anna", "Anna 1": 2}', 500), "500, text/plain, JSON with Details of 32 bytes"),
        (of('[{"00100010": {"vr": "PN"}}]', 200), "200, text/plain, DICOM JSON with 1 data set of 28 bytes"),
        (Answer(302, fields=Fields([("Location", "/Anna")])), "302, with Location, no content"),
        (Answer(503, fields=Fields([("Retry-After", "soon")])), "503, with Retry-After, no content"),
        (Answer(503, fields=Fields([("Retry-After", "9")])), "503, Retry-After: 9, no content"),
        (Answer(405, fields=Fields([("Allow", "GET, HEAD")])), "405, Allow: GET, HEAD, no content"),
        (Answer(200, content=b"x", ending=Ending.CUT), "200, text of 1 bytes, cut off before its end"),
    ],
)
def test_an_answer_is_told_by_its_shape(answer: Answer, words: str) -> None:
    assert shape(answer) == words


@pytest.mark.parametrize(
    ("status", "fields", "ids"),
    [
        (200, (), []),
        (401, (), ["no-challenge"]),
        (401, (("WWW-Authenticate", "Basic"),), []),
        (405, (), ["no-allow"]),
        (405, (("Allow", ""),), []),
        (503, (), ["no-retry-after"]),
        (503, (("Retry-After", "5"),), []),
        (503, (("Retry-After", "5s"),), ["bad-retry-after"]),
        (303, (), ["no-location"]),
        (204, (("Content-Length", "5"),), ["content-in-204"]),
        (206, (), ["no-content-range"]),
        (206, (("Content-Range", "bytes 0-9/10"),), []),
        (418, (), ["undocumented-code"]),
        (429, (("Retry-After", "5"),), []),
    ],
)
def test_what_a_code_owes(status: int, fields: tuple[tuple[str, str], ...], ids: list[str]) -> None:
    ask = Ask("GET", "/", "/", (("Range", "bytes=0-9"),))
    answer = Answer(status, fields=Fields([*fields, ("Date", "today")]))
    assert [problem.id for problem in manners(ask, answer, frozenset())] == ids
