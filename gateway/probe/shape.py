"""An answer in words that are safe to send to a vendor: codes, labels, sizes, kinds. Never a value of the content."""

import json
import re

from gateway.core.failures import MEANINGS
from gateway.core.inspect import Looks, looks_like
from gateway.dicomweb.json_shape import JsonShape, json_shape
from gateway.dicomweb.media import essence_of
from gateway.probe.exchange import Answer, Ending

_KEY = re.compile(r"[A-Za-z][A-Za-z_]{0,30}")
_MOST_KEYS = 6
_WORDS = {
    Looks.EMPTY: "no content", Looks.DICOM: "a DICOM file", Looks.HTML: "an HTML page", Looks.XML: "XML",
    Looks.MULTIPART: "a multipart", Looks.IMAGE: "a picture", Looks.TEXT: "text", Looks.BINARY: "bytes",
}  # fmt: skip
# Fields that explain an answer: with their value where it is written as it should be, which leaves no room for anything
# about a patient, and by their name alone where it is not.
_TOLD = {
    "Allow": re.compile(r"(?:[A-Z]{1,12}(?:, ?|$)){0,12}"),
    "Retry-After": re.compile(r"[0-9]{1,9}"),
    "Content-Range": re.compile(r"bytes [0-9*/-]{1,40}"),
}
_NAMED = ("Location", "WWW-Authenticate")
_MEDIA_TYPE = re.compile(r"(?:application|audio|image|message|multipart|text|video)/[a-z0-9.+-]{1,60}")


def shape(answer: Answer) -> str:
    """What came back, in one line."""
    if answer.failure is not None:
        return MEANINGS[answer.failure].sentence.rstrip(".")
    parts = [str(answer.status), media_type(answer), *_fields(answer), _content(answer), _ENDINGS[answer.ending]]
    return ", ".join(part for part in parts if part)


_ENDINGS = {Ending.WHOLE: "", Ending.CUT: "cut off before its end", Ending.STOPPED: "of which we read no more"}


def media_type(answer: Answer) -> str:
    essence = essence_of(answer.fields.get("Content-Type"))
    return essence if _MEDIA_TYPE.fullmatch(essence) else ""


def _fields(answer: Answer) -> list[str]:
    told = [(name, value) for name in _TOLD for value in answer.fields.all(name)]
    shown = [f"{name}: {value}" if _TOLD[name].fullmatch(value) else f"with {name}" for name, value in told]
    length = answer.fields.get("Content-Length")
    if answer.status == 204 and length.isdecimal():
        shown.append(f"Content-Length: {int(length[:9])}")
    return shown + [f"with {name}" for name in _NAMED if name in answer.fields]


def _content(answer: Answer) -> str:
    kind = looks_like(answer.content)
    words = _json(answer.content) if kind is Looks.JSON else _WORDS[kind]
    return words if kind is Looks.EMPTY else f"{words} of {len(answer.content)} bytes"


def _json(content: bytes) -> str:
    found, _ = json_shape(content)
    if found in (JsonShape.RESULT, JsonShape.EMPTY_LIST):
        count = len(json.loads(content)) if content.lstrip()[:1] == b"[" else 1
        return f"DICOM JSON with {count} data set{'s' if count != 1 else ''}"
    keys = _keys(content)
    return "JSON" + (f" with {', '.join(keys)}" if keys else "")


def _keys(content: bytes) -> list[str]:
    """The names of an error object's members, where they look like names."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return []
    names = list(document) if isinstance(document, dict) else []
    return [name for name in names if _KEY.fullmatch(name)][:_MOST_KEYS]
