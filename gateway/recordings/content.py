"""Content as its shape: how much of it was held, what it looks like, and the few things that the judgement reads out of it.
`copies` makes content of the same shape again.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.core.attention import begins_a_result
from gateway.core.error_bodies import names_a_file
from gateway.core.facts import Response
from gateway.core.inspect import WORDY, Looks, is_error_wording, is_stack_trace, looks_like
from gateway.dicomweb.json_shape import JsonShape, json_shape
from gateway.dicomweb.multipart import PartCounter, boundary_of, first_part_type, sniff_boundary
from gateway.dicomweb.store_response import StoreOutcome, ends_too_early, read_store_response
from gateway.recordings.media import essence_like
from gateway.recordings.tree import LARGEST, Document, tree_of

IMAGES: Mapping[str, bytes] = {
    "jpeg": b"\xff\xd8\xff", "png": b"\x89PNG\r\n\x1a\n", "gif": b"GIF8", "jp2": b"\x00\x00\x00\x0cjP  ", "tiff": b"II*\x00",
}  # fmt: skip
_FIRST_BYTES = 1024  # by which `looks_like` judges


@dataclass(frozen=True, slots=True)
class Parts:
    """A multipart as far as it was held: its parts, whether it was closed, and the type of the first."""

    begun: int
    closed: bool
    type: str = ""


@dataclass(frozen=True, slots=True)
class Json:
    """A JSON document. `sound` says that every reader reads it, `cut` that its last bracket is missing; `document` is
    None where it is too large to be told, or unsound."""

    shape: JsonShape
    code: int | None = None
    sound: bool = True
    cut: bool = False
    document: Document | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What was held of a content: `size` bytes, all of it where `whole`."""

    size: int
    whole: bool
    looks: Looks
    image: str = ""
    parts: Parts | None = None
    json: Json | None = None
    store: StoreOutcome | None = None
    broken: bool = False  # a document that ends too early
    result: bool = False  # it begins like a list of data sets
    complains: bool = False  # it speaks of an error
    traces: bool = False  # it holds a stack trace
    names_file: bool = False  # it names a file on the archive's disk

    @property
    def is_told_by_its_beginning(self) -> bool:
        """Whether more of it would look the same."""
        return self.whole or self.size >= _FIRST_BYTES or self.looks in (Looks.IMAGE, Looks.MULTIPART)


def content_shape(answer: Response, *, of_store: bool) -> Content | None:
    """The shape of what was held of an answer's content, None where nothing was looked at."""
    held = answer.peek
    if held is None:
        return None
    looks = looks_like(held)
    wordy = looks in WORDY
    is_json = looks in (Looks.JSON, Looks.TEXT)
    return Content(
        size=len(held),
        whole=answer.whole,
        looks=looks,
        image=next((name for name, magic in IMAGES.items() if held.startswith(magic)), "")
        if looks is Looks.IMAGE
        else "",
        parts=_parts(held, looks, answer.fields.get("Content-Type")),
        json=_json(held, looks) if is_json and answer.whole else None,
        store=read_store_response(held) if of_store and wordy and answer.whole else None,
        broken=of_store and wordy and answer.whole and ends_too_early(held),
        result=looks is Looks.JSON and not answer.whole and begins_a_result(held),
        complains=wordy and is_error_wording(held),
        traces=wordy and is_stack_trace(held),
        names_file=looks is Looks.TEXT and names_a_file(held),
    )


def _parts(held: bytes, looks: Looks, label: str) -> Parts | None:
    if not label.lower().startswith("multipart/") and looks is not Looks.MULTIPART:
        return None
    start = held.lstrip(b"\r\n")
    boundary = boundary_of(label) or sniff_boundary(start)
    if boundary is None:
        return None
    counter = PartCounter(boundary)
    counter.feed(held)
    type_ = (first_part_type(start) or "").partition(";")[0]
    return Parts(counter.parts, counter.closed, essence_like(type_) if type_ else "")


def _json(held: bytes, looks: Looks) -> Json | None:
    shape, code = json_shape(held)
    if shape is JsonShape.NOT_JSON and looks is Looks.TEXT:
        return None
    if len(held) > LARGEST:
        return Json(shape, code)
    try:
        return Json(shape, code, document=Document(tree_of(json.loads(held))))
    except (ValueError, RecursionError):
        return Json(shape, code, sound=False, cut=held.rstrip()[-1:] not in (b"]", b"}"))
