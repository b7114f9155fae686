"""How much of an answer's content must be held before it can be judged.

Most answers need their first bytes at most: an image labelled as such, a search result that begins like one. A store
response and a small JSON document are needed whole. What is held is bounded by the policy, never by the sender; what lies
beyond the bound passes uninspected, and is counted.
"""

import re
from dataclasses import replace

from gateway.core.facts import RequestFacts, Response
from gateway.core.policy import Policy
from gateway.dicomweb.media import parse_media_type
from gateway.dicomweb.statuses import FORBIDS_CONTENT

_FIRST_PIECE = 1
_PART_HEAD = 512  # a delimiter, the header block of a part, another delimiter
# `[{"00080005"`: whatever follows, this is a list of data sets.
_RESULT = re.compile(rb'\s*\[\s*\{\s*"[0-9A-Fa-f]{8}"')
_RESULT_HEAD = 64


def wanted(request: RequestFacts, held: Response, policy: Policy) -> int:
    """The number of bytes needed before `held` can be judged; at most as many as it holds when it has enough."""
    if not is_judged(request, held):
        return _FIRST_PIECE
    by_rules = policy.peek if _rules_need_content(request, held, policy) else _FIRST_PIECE
    return max(by_rules, _by_transaction(request, held, policy))


def look(request: RequestFacts, head: Response, content: bytes, policy: Policy) -> Response:
    """What would be held of a content that is known to its end: the head as it came, with as much as the verdict needs."""
    held = head
    if not is_read(request, head):
        return head
    while (size := wanted(request, held, policy)) > len(held.peek or b"") and not held.whole:
        held = replace(head, peek=content[:size], whole=size >= len(content))
    return held


def is_coded(response: Response) -> bool:
    """Whether the bytes are compressed, so that nobody can read them in passing."""
    return response.fields.get("Content-Encoding", "identity").lower() != "identity"


def begins_a_result(content: bytes) -> bool:
    """Whether these are the first bytes of a list of data sets."""
    return _RESULT.match(content) is not None


def is_judged(request: RequestFacts, response: Response) -> bool:
    """Whether the content has a part in the verdict at all."""
    if request.opaque or request.method == "HEAD" or response.status in FORBIDS_CONTENT:
        return False
    return request.transaction.id != "other"


def is_read(request: RequestFacts, response: Response) -> bool:
    """Whether the content has a part in the verdict, and can be read."""
    return is_judged(request, response) and not is_coded(response)


def _rules_need_content(request: RequestFacts, response: Response, policy: Policy) -> bool:
    candidates = policy.sieve.candidates(request, response)
    return any(candidate.of_content and candidate.may_match(request, response) for candidate in candidates)


def _by_transaction(request: RequestFacts, held: Response, policy: Policy) -> int:
    if request.transaction.id == "studies.store":
        return policy.document
    if held.status >= 400:
        return policy.peek
    media = parse_media_type(held.fields.get("Content-Type"))
    if media is not None and media.type == "multipart":
        return min(_PART_HEAD, policy.peek)
    if media is not None and media.type in ("image", "video", "audio"):
        return 32
    if media is not None and media.essence in ("application/dicom", "application/octet-stream"):
        return _FIRST_PIECE
    return _of_text(request, held, policy)


def _of_text(request: RequestFacts, held: Response, policy: Policy) -> int:
    """JSON, XML, text and unlabelled content: a result is known by its beginning, all else is read to its end."""
    content = held.peek or b""
    # First of all: a short document is seen to its end, in however many pieces it comes.
    if len(content) < _RESULT_HEAD:
        return _RESULT_HEAD
    if begins_a_result(content):
        return _FIRST_PIECE
    starts_as_json = content.lstrip()[:1] in (b"[", b"{")
    return policy.document if starts_as_json and request.transaction.family in ("search", "retrieve") else policy.peek
