"""Labels repaired where the payload is clear: header fields only, never a byte of the content (PS3.18 8.7, RFC 2046 5.1).

Viewers split a multipart by the `boundary` of its label and choose a decoder by the label of an image. Where the archive
forgot or misspelt it, the first bytes tell. `application/dicom+json` never gains a charset: at least one client compares it
character for character.
"""

import re

from gateway.core.decision import NO_EDITS, FieldEdits
from gateway.core.facts import RequestFacts, Response
from gateway.core.inspect import Looks, looks_like
from gateway.dicomweb.json_shape import JsonShape, json_shape
from gateway.dicomweb.media import parse_media_type
from gateway.dicomweb.multipart import boundary_of, first_part_type, sniff_boundary

_IMAGES = (
    (b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"GIF8", "image/gif"),
    (b"\x00\x00\x00\x0cjP  ", "image/jp2"),
)  # fmt: skip
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_MEDIA_TYPE = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+/[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_BARE_TYPE = re.compile(r";\s*([A-Za-z0-9.+-]+/[A-Za-z0-9.+-]+)\s*(?=;|$)")
_RESULT = re.compile(rb'\s*\[\s*(?:\]\s*$|\{\s*"[0-9A-Fa-f]{8}")')


def label_repair(request: RequestFacts, response: Response) -> FieldEdits:
    """The edit of Content-Type that makes the label say what the content is; none where it already does or nobody knows."""
    if request.opaque or request.transaction.id == "other" or not response.peek:
        return NO_EDITS
    said = response.fields.all("Content-Type")
    label = _repaired(said[0] if said else "", response.peek, response.whole)
    if not label or said == (label,) or _CONTROL.search(label):  # what cannot be written was no label to begin with
        return NO_EDITS
    return FieldEdits(set=(("Content-Type", label),))


def _repaired(label: str, content: bytes, whole: bool) -> str:
    media = parse_media_type(label)
    if media is None:
        return _by_content(content, whole)
    if media.type == "multipart":
        return _multipart(label, content)
    if media.type == "image":
        return image_type(content) or media.essence
    return label


def _by_content(content: bytes, whole: bool) -> str:
    """A label for content that has none; empty where its first bytes leave a doubt."""
    kind = looks_like(content)
    if kind is Looks.DICOM:
        return "application/dicom"
    if kind is Looks.MULTIPART and sniff_boundary(content.lstrip(b"\r\n")):
        return _multipart("multipart/related", content)
    if kind is Looks.IMAGE:
        return image_type(content)
    if kind is Looks.JSON:
        is_result = _RESULT.match(content) or (whole and json_shape(content)[0] is JsonShape.RESULT)
        return "application/dicom+json" if is_result else "application/json"
    return ""


def image_type(content: bytes) -> str:
    """The media type of an image by its first bytes; empty where they leave a doubt."""
    return next((kind for magic, kind in _IMAGES if content.startswith(magic)), "")


def _multipart(label: str, content: bytes) -> str:
    """The same label with a boundary and a quoted type. What was well written stays as it was, to the letter."""
    if is_well_written(label):
        return label
    media = parse_media_type(label)
    assert media is not None
    type_ = media.parameter("type")
    boundary = boundary_of(label) or sniff_boundary(content.lstrip(b"\r\n"))
    if boundary is None:
        return label
    bare = _BARE_TYPE.search(label)
    type_ = type_ or (bare[1] if bare else None) or _without_parameters(first_part_type(content.lstrip(b"\r\n")))
    others = [(name, value) for name, value in media.parameters if name not in ("type", "boundary")]
    written = [f'type="{type_}"'] if type_ else []
    written += [f"boundary={_quoted(boundary)}"] + [f"{name}={_quoted(value)}" for name, value in others]
    return f"{media.essence}; " + "; ".join(written)


def is_well_written(label: str) -> bool:
    """Whether this label of a multipart needs no repair, whatever the content."""
    media = parse_media_type(label)
    if media is None or boundary_of(label) is None:
        return False
    return not _BARE_TYPE.search(label) and _is_quoted(label, media.parameter("type")) and "'" not in label


def _is_quoted(label: str, type_: str | None) -> bool:
    """RFC 2045 5.1: a value with a slash is no token and must be quoted."""
    return type_ is None or f'"{type_}"' in label or bool(_TOKEN.fullmatch(type_))


def _quoted(value: str) -> str:
    return value if _TOKEN.fullmatch(value) else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _without_parameters(label: str | None) -> str | None:
    """The type of a part, where it is one: a part is content, and content may hold anything."""
    bare = label.partition(";")[0].strip() if label else ""
    return bare if _MEDIA_TYPE.fullmatch(bare) else None
