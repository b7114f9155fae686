"""What every answer owes, whatever was asked: fields that belong to its code, and framing (RFC 9110, RFC 9112)."""

from collections.abc import Iterator

from gateway.core.redirect import FOLLOWABLE
from gateway.core.retry_after import is_valid
from gateway.dicomweb.statuses import DICOM_SET
from gateway.probe.exchange import Answer, Ask, Ending
from gateway.probe.problems import Problem


def manners(ask: Ask, answer: Answer, allowed: frozenset[int]) -> Iterator[Problem]:
    """What is wrong with an answer by itself. `allowed` are the codes that are right here, documented or not."""
    if answer.status not in DICOM_SET | allowed | {429}:
        yield Problem(
            "undocumented-code",
            f"{answer.status} is none of the codes of DICOMweb",
            "PS3.18 Table 8.5-1, PS3.2 Table N.7-88",
        )
    for owes in (_challenge, _allow, _location, _retry_after, _no_content, _range):
        yield from owes(ask, answer)
    if answer.ending is Ending.CUT:
        yield Problem("cut", "the content ends before its end", "RFC 9112 8, RFC 2046 5.1.1")
    yield from _label(ask, answer)
    if "Date" not in answer.fields:
        yield Problem("no-date", "no Date", "RFC 9110 6.6.1", habit=True)


def _challenge(_ask: Ask, answer: Answer) -> Iterator[Problem]:
    if answer.status == 401 and "WWW-Authenticate" not in answer.fields:
        yield Problem("no-challenge", "a 401 without WWW-Authenticate", "RFC 9110 15.5.2")


def _allow(_ask: Ask, answer: Answer) -> Iterator[Problem]:
    if answer.status == 405 and "Allow" not in answer.fields:
        yield Problem("no-allow", "a 405 without Allow", "RFC 9110 15.5.6")


def _location(_ask: Ask, answer: Answer) -> Iterator[Problem]:
    if answer.status in FOLLOWABLE and "Location" not in answer.fields:
        yield Problem("no-location", f"a {answer.status} without Location", "RFC 9110 15.4")


def _retry_after(_ask: Ask, answer: Answer) -> Iterator[Problem]:
    if answer.status not in (429, 503):
        return
    said = answer.fields.all("Retry-After")
    if not said:
        yield Problem("no-retry-after", f"a {answer.status} that does not say when to come back", "RFC 9110 10.2.3")
    elif len(said) > 1 or not is_valid(said[0]):
        yield Problem("bad-retry-after", "a Retry-After that is neither seconds nor a date", "RFC 9110 10.2.3")


def _no_content(_ask: Ask, answer: Answer) -> Iterator[Problem]:
    announces = answer.fields.get("Content-Length", "0") != "0" or "Transfer-Encoding" in answer.fields
    if answer.status == 204 and (announces or answer.content):
        yield Problem("content-in-204", "a 204 that announces content", "RFC 9110 8.6, 15.3.5")


def _range(ask: Ask, answer: Answer) -> Iterator[Problem]:
    ranged = any(name == "Range" for name, _ in ask.fields)
    several = answer.fields.get("Content-Type").lower().startswith("multipart/byteranges")
    if answer.status == 206 and ranged and "Content-Range" not in answer.fields and not several:
        yield Problem("no-content-range", "a 206 without Content-Range", "RFC 9110 15.3.7")


def _label(ask: Ask, answer: Answer) -> Iterator[Problem]:
    if answer.content and ask.method != "HEAD" and "Content-Type" not in answer.fields:
        kind = "an error" if answer.status >= 400 else "content"
        yield Problem(
            "no-content-type", f"{kind} without Content-Type", "RFC 9110 8.3, PS3.18 8.4.3", habit=answer.status >= 400
        )
