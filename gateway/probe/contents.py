"""What the content of a success must be, by kind: one function a kind, each telling what is wrong, never with a value."""

import json
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType

from gateway.core.inspect import Looks, looks_like
from gateway.core.repair import image_type
from gateway.dicomweb.json_shape import JsonShape, json_shape
from gateway.dicomweb.media import covers, parse_accept, parse_media_type
from gateway.dicomweb.multipart import PartCounter, boundary_of
from gateway.dicomweb.store_response import StoreOutcome, read_store_response
from gateway.probe.exchange import Answer, Ask
from gateway.probe.problems import Problem


class Kind(StrEnum):
    """What a success must hold; the words are for people."""

    ANY = ""
    RESULTS = "a list of matches"
    ONE_RESULT = "one match"
    NO_RESULT = "no match"
    METADATA = "metadata"
    OBJECTS = "DICOM objects in multipart/related"
    OCTETS = "the bytes themselves"
    FILE = "a DICOM file"
    PICTURE = "a picture under its right name"
    ALL_STORED = "a response that lists everything as stored"
    SOME_STORED = "a response that lists what is stored and what is not"


_SEARCH = "PS3.18 10.6.3"
_RETRIEVE = "PS3.18 10.4.3"
_STORE = "PS3.18 10.5.3, I.1"


def wrong_content(kind: Kind, ask: Ask, answer: Answer) -> Iterator[Problem]:
    """What is wrong with the content of a success."""
    if kind is Kind.ANY:
        return
    if answer.content and looks_like(answer.content) is Looks.HTML:
        yield Problem("page", "a page for people where data was asked for", "PS3.18 8.7.5")
        return
    yield from _READERS[kind](answer)
    yield from _unaccepted(ask, answer)


def _unaccepted(ask: Ask, answer: Answer) -> Iterator[Problem]:
    media = parse_media_type(answer.fields.get("Content-Type"))
    if media is not None and answer.content and not covers(parse_accept(ask.accept), media):
        yield Problem("unaccepted", "a media type that Accept excludes", "PS3.18 8.7.5")


def _results(answer: Answer) -> Iterator[Problem]:
    if answer.status == 204 or not answer.content.strip() or _shape(answer) is JsonShape.EMPTY_LIST:
        yield Problem("lost", "no match for what a search had found", _SEARCH)
    elif _shape(answer) is not JsonShape.RESULT:
        yield Problem("no-result", "content that is no list of matches", "PS3.18 10.6.3, F.2")


def _one_result(answer: Answer) -> Iterator[Problem]:
    yield from _results(answer)
    if len(data_sets(answer.content)) > 1:
        yield Problem("limit-ignored", "more matches than `limit` allows", "PS3.18 8.3.4.4")


def _no_result(answer: Answer) -> Iterator[Problem]:
    if answer.status == 204 or _shape(answer) is JsonShape.EMPTY_LIST:
        return
    if not answer.content.strip():
        yield Problem("empty-200", "a 200 without any content, which is no JSON", "PS3.18 10.6.3, F.2")
    elif _shape(answer) is JsonShape.RESULT:
        yield Problem("key-ignored", "matches for what nobody has: the key was ignored", "PS3.18 8.3.4.1")
    else:
        yield Problem("no-result", "content that is no list of matches", "PS3.18 10.6.3, F.2")


def _metadata(answer: Answer) -> Iterator[Problem]:
    if _shape(answer) is not JsonShape.RESULT:
        yield Problem("no-metadata", "content that is no metadata", "PS3.18 10.4.1.1.2, F.2")


def _objects(answer: Answer) -> Iterator[Problem]:
    label = answer.fields.get("Content-Type")
    parts = _parts(answer)
    if parts is None:
        yield Problem("no-multipart", "content that is no multipart/related with a boundary", "PS3.18 8.7.4, 10.4.4")
    elif not parts:
        yield Problem("no-parts", "a multipart without parts", _RETRIEVE)
    elif "application/dicom" in label.lower() and b"DICM" not in answer.content:
        yield Problem("no-dicom", "parts that are no DICOM", _RETRIEVE)


def _octets(answer: Answer) -> Iterator[Problem]:
    if not answer.content:
        yield Problem("empty", "a success without content", _RETRIEVE)
    elif answer.fields.get("Content-Type").lower().startswith("multipart/"):
        yield from _objects(answer)


def _file(answer: Answer) -> Iterator[Problem]:
    if answer.content[128:132] != b"DICM":
        yield Problem("no-dicom", "content that is no DICOM file", "PS3.18 9.4.3, PS3.10 7.1")


def _picture(answer: Answer) -> Iterator[Problem]:
    media = parse_media_type(answer.fields.get("Content-Type"))
    kind = image_type(answer.content)
    if not answer.content:
        yield Problem("empty", "a success without content", _RETRIEVE)
    elif media is None or media.type not in ("image", "video", "multipart"):
        yield Problem("no-picture", "content that is no picture", "PS3.18 8.7.4")
    elif kind and media.essence != kind:
        yield Problem("wrong-label", f"{kind} that is called {media.essence}", "RFC 9110 8.3, PS3.18 8.7.4")


def _all_stored(answer: Answer) -> Iterator[Problem]:
    outcome = _stored(answer)
    if outcome is None:
        yield Problem("no-store-response", "no response that lists what was stored", _STORE)
    elif outcome.failed or not outcome.stored:
        yield Problem("not-all-stored", "a success although not everything is stored", _STORE)


def _some_stored(answer: Answer) -> Iterator[Problem]:
    outcome = _stored(answer)
    if outcome is None:
        yield Problem("no-store-response", "no response that lists what was stored", _STORE)
    elif not outcome.stored:
        yield Problem("none-stored", "a success although nothing is stored", _STORE)


def stored_under_an_error(answer: Answer) -> Iterator[Problem]:
    """A refusal whose own list says that something was kept: who believes the code sends it all again."""
    outcome = _stored(answer)
    if outcome is not None and outcome.stored:
        yield Problem(
            "stored-under-error", f"a {answer.status} although {outcome.stored} of the parts is stored", _STORE
        )


_READERS: Mapping[Kind, Callable[[Answer], Iterator[Problem]]] = MappingProxyType(
    {
        Kind.RESULTS: _results,
        Kind.ONE_RESULT: _one_result,
        Kind.NO_RESULT: _no_result,
        Kind.METADATA: _metadata,
        Kind.OBJECTS: _objects,
        Kind.OCTETS: _octets,
        Kind.FILE: _file,
        Kind.PICTURE: _picture,
        Kind.ALL_STORED: _all_stored,
        Kind.SOME_STORED: _some_stored,
    }
)


def data_sets(content: bytes) -> list[dict[str, object]]:
    """The data sets of DICOM JSON; none where it cannot be read."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return []
    members = document if isinstance(document, list) else [document]
    return [member for member in members if isinstance(member, dict)]


def _shape(answer: Answer) -> JsonShape:
    return json_shape(answer.content)[0]


def _stored(answer: Answer) -> StoreOutcome | None:
    return read_store_response(answer.content)


def _parts(answer: Answer) -> int | None:
    boundary = boundary_of(answer.fields.get("Content-Type"))
    if boundary is None:
        return None
    counter = PartCounter(boundary)
    counter.feed(answer.content)
    return counter.parts
