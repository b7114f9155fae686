"""The pieces of a correct answer: content negotiation, DICOM JSON, multipart, refusals in plain text."""

import json
import re
from collections.abc import Sequence

from aiohttp import web

from gateway.demo import multipart

DICOM_JSON = "application/dicom+json"
JSON = "application/json"
PNG = "image/png"


def accepts(accept: str, *media_types: str) -> bool:
    """Whether one of the media types is acceptable. Weights are ignored: there is only one thing to offer."""
    ranges = {media_range for media_range, _ in _ranges(accept)}
    wild = {f"{media_type.partition('/')[0]}/*" for media_type in media_types}
    return bool(ranges & {"*/*", *media_types, *wild})


def accepts_parts(accept: str, part_type: str) -> bool:
    """Whether multipart/related with such parts is acceptable: `type` names the parts."""
    if accepts(accept, "multipart/*"):
        return True
    return any(name == "multipart/related" and kind in ("", "*/*", part_type) for name, kind in _ranges(accept))


def _ranges(accept: str) -> list[tuple[str, str]]:
    """Media range and its `type` parameter, for each range; an empty field asks for nothing in particular."""
    ranges = []
    for media_range in (accept.strip() or "*/*").lower().split(","):
        kind = re.search(r';\s*type="?([^";\s]+)', media_range)
        ranges.append((media_range.partition(";")[0].strip(), kind[1] if kind else ""))
    return ranges


def json_answer(content: object, status: int = 200) -> web.Response:
    return web.Response(body=json.dumps(content).encode(), content_type=DICOM_JSON, status=status)


def multipart_answer(part_type: str, contents: Sequence[bytes]) -> web.Response:
    content_type, body = multipart.related(part_type, contents)
    return web.Response(body=body, headers={"Content-Type": content_type})


def refusal(status: int, sentence: str) -> web.Response:
    return web.Response(text=sentence + "\n", status=status)


def not_found() -> web.Response:
    return refusal(404, "Nothing is stored under this name.")
