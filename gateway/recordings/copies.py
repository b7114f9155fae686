"""Content of a given shape: it is judged like the one that the shape was drawn from, and no byte of it is of that one."""

import json
from collections.abc import Callable, Mapping
from itertools import chain, repeat

from gateway.core.inspect import Looks
from gateway.dicomweb.json_shape import JsonShape
from gateway.dicomweb.store_response import StoreOutcome
from gateway.recordings.content import IMAGES, Content, Json, Parts
from gateway.recordings.media import BOUNDARY
from gateway.recordings.tree import TAG, document_like

_MOST_PARTS = 100
_WARNING, _REASON = "00081196", "00081197"


def content_like(shape: Content) -> bytes:
    """A content of this shape."""
    return _MAKERS[shape.looks](shape).ljust(shape.size, b" ")


def _text(shape: Content) -> str:
    """Words that are judged like those that were left out."""
    complaint = "error" if shape.complains else "x"
    trace = "\n at x(" if shape.traces else ""
    return complaint + (" /var/x" if shape.names_file else "") + trace


def _of_text(shape: Content) -> bytes:
    if shape.parts is not None:
        return _of_parts(shape)
    return _of_json(shape) if shape.json is not None else _text(shape).encode()


def _of_markup(shape: Content) -> bytes:
    if shape.looks is Looks.HTML:
        return f"<html>{_text(shape)}</html>".encode()
    if shape.store is not None:
        return f"<NativeDicomModel>{_xml_module(shape.store)}</NativeDicomModel>".encode()
    return b"<a" if shape.broken else f"<a>{_text(shape)}</a>".encode()


def _of_json(shape: Content) -> bytes:
    if shape.store is not None:
        return json.dumps(_module(shape.store)).encode()
    if shape.broken:
        return b"[{"
    if shape.json is None:
        return b'[{"00080005": {' if shape.result else b"[{"
    if shape.json.document is not None:
        text = "Traceback (most recent call last)" if shape.traces else _text(shape)
        return document_like(shape.json.document, text).encode()
    return _by_shape(shape.json, _text(shape)).encode()


def _by_shape(document: Json, text: str) -> str:
    """A document of which only its kind is known."""
    match document.shape:
        case JsonShape.RESULT:
            return f'[{{"{TAG}": {{}}}}]'
        case JsonShape.ERROR_OBJECT:
            return json.dumps({"detail": text, **({"status": document.code} if document.code else {})})
        case JsonShape.STATUS_NUMBER:
            return str(document.code)
        case JsonShape.TRUNCATED:
            return "[{" if document.cut else '[{"x" ]'
        case JsonShape.NOT_JSON:
            return f"[{text}"
    return {JsonShape.EMPTY_LIST: "[]", JsonShape.EMPTY_OBJECT: "{}"}.get(document.shape, f'["{text}"]')


def _of_parts(shape: Content) -> bytes:
    parts = shape.parts or Parts(1, closed=False)
    head = f"--{BOUNDARY}\r\nContent-Type: {parts.type or 'application/octet-stream'}\r\n\r\nx\r\n"
    closing = f"--{BOUNDARY}--\r\n" if parts.closed else ""
    return (head * min(parts.begun, _MOST_PARTS) + closing).encode() or f"--{BOUNDARY}".encode()


def _items(store: StoreOutcome) -> dict[str, list[dict[str, int]]]:
    """The sequences of a Store Instances Response with so many items, each a tag and its number."""
    stored = chain(repeat({_WARNING: 0xB000}, store.warned), repeat({}, store.stored - store.warned))
    failed = [{_REASON: reason} for reason in store.reasons] + [{}] * (store.failed - len(store.reasons))
    cut = len(failed) - store.other_failures
    return {"00081199": list(stored), "00081198": failed[:cut], "0008119A": failed[cut:]}


def _module(store: StoreOutcome) -> object:
    def item(numbers: Mapping[str, int]) -> object:
        return {tag: {"vr": "US", "Value": [number]} for tag, number in numbers.items()}

    sequences = _items(store).items()
    return {tag: {"vr": "SQ", "Value": [item(numbers) for numbers in items]} for tag, items in sequences}


def _xml_module(store: StoreOutcome) -> str:
    def item(numbers: Mapping[str, int]) -> str:
        values = (f'<DicomAttribute tag="{tag}"><Value>{n}</Value></DicomAttribute>' for tag, n in numbers.items())
        return f"<Item>{''.join(values)}</Item>"

    sequences = _items(store).items()
    return "".join(f'<DicomAttribute tag="{tag}">{"".join(map(item, of))}</DicomAttribute>' for tag, of in sequences)


_MAKERS: Mapping[Looks, Callable[[Content], bytes]] = {
    Looks.EMPTY: lambda _: b"",
    Looks.DICOM: lambda _: bytes(128) + b"DICM",
    Looks.HTML: _of_markup,
    Looks.XML: _of_markup,
    Looks.JSON: _of_json,
    Looks.TEXT: _of_text,
    Looks.MULTIPART: _of_parts,
    Looks.IMAGE: lambda shape: IMAGES.get(shape.image, IMAGES["tiff"]),
    Looks.BINARY: lambda _: b"\x00",
}
