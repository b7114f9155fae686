"""Reports that must not reach a client: pages for people, stack traces, file paths, images and objects under an error.

What an archive says in a short text, in JSON or in XML stays, byte for byte: it mostly says what is wrong.
"""

import re

from gateway.core.facts import RequestFacts, Response
from gateway.core.inspect import Looks, is_stack_trace, looks_like
from gateway.dicomweb.media import parse_media_type

_UNFIT = frozenset({Looks.HTML, Looks.DICOM, Looks.IMAGE, Looks.MULTIPART, Looks.BINARY})
_UNFIT_MEDIA = frozenset({"text/html", "application/dicom", "application/xhtml+xml"})
_UNFIT_TYPES = frozenset({"image", "video", "audio", "multipart"})
# Places on the archive's own disk. The paths of requests look otherwise and may stay.
_FILE_PATH = re.compile(
    rb"\b[A-Za-z]:\\\\?[^\s\\]"
    rb"|(?:^|[\s\"'(=])(?:\.{1,2}/|/(?:var|usr|home|opt|mnt|srv|tmp|etc|root|data)/)[\w.-]"
)


def unfit_for_clients(request: RequestFacts, response: Response) -> bool:
    """Whether an error's content says nothing to a client, or says too much."""
    if request.opaque or request.transaction.id == "other":
        return False
    media = parse_media_type(response.fields.get("Content-Type"))
    if media is not None and (media.essence in _UNFIT_MEDIA or media.type in _UNFIT_TYPES):
        return True
    content = response.peek
    if content is None:
        return False
    if not content.strip():
        return response.whole
    kind = looks_like(content)
    return kind in _UNFIT or is_stack_trace(content) or (kind is Looks.TEXT and names_a_file(content))


def names_a_file(content: bytes) -> bool:
    """Whether a text tells of the archive's own disk."""
    return _FILE_PATH.search(content) is not None
