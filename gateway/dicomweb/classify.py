"""Which transaction a request is, from its method and its raw target: PS3.18 chapters 8 to 15.

The target is read, never changed: what is judged is what is sent. Nothing is decoded beyond what the comparison
needs. Every string has an answer, if only `other`; a malformed request must still land in the transaction that
can say what is wrong with it.

Order, first match wins:
1. GET with a WebSocket upgrade opens the notification channel (8.10.4): on its own paths, and on any that nothing below
   claims, since the archive chooses the channel's base (11.11.3). Elsewhere the offer is passed over (RFC 9110 7.8).
2. OPTIONS is a CORS preflight, or else Retrieve Capabilities (8.9), on any path.
3. GET or HEAD with the query key requestType is WADO-URI (chapter 9), on any path.
4. The path is matched from the leftmost segment at which a template reaches the end; what stands before is
   the service root. HEAD counts as GET.
5. POST with a SOAPAction or a SOAP media type is the retired WADO-WS, on any path.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.dicomweb._paths import CHANNELS, RESOURCES, Choice, Node, find, methods_allowed
from gateway.dicomweb.media import MediaRange, essence_of, parse_accept
from gateway.dicomweb.transactions import TRANSACTIONS, Template, Transaction


@dataclass(frozen=True, slots=True)
class Classification:
    """`allow` is what the templates of this path support; it may name methods that this archive does not. `template` is
    the one that matched, where the path decided."""

    transaction: Transaction
    root: str
    level: str
    allow: tuple[str, ...]
    template: Template | None = None


_CHANNEL = TRANSACTIONS["notification.open"]
_PREFLIGHT = TRANSACTIONS["cors.preflight"]
_CAPABILITIES = TRANSACTIONS["capabilities.retrieve"]
_SOAP = TRANSACTIONS["ws.retrieve"]
_URI_DICOM = TRANSACTIONS["uri.retrieve-dicom"]
_URI_RENDERED = TRANSACTIONS["uri.retrieve-rendered"]
_OTHER = TRANSACTIONS["other"]

_SOAP_TYPES = frozenset({"application/soap+xml", "text/xml"})
_ESCAPE = re.compile("%([0-9A-Fa-f]{2})")


def _anywhere(transaction: Transaction) -> Classification:
    """The answer for a transaction that is not known by its path."""
    template = transaction.templates[0]
    return Classification(transaction, "", template.level, methods_allowed({template.method}))


_ANYWHERE: Mapping[Transaction, Classification] = {
    row: _anywhere(row) for row in (_CHANNEL, _PREFLIGHT, _CAPABILITIES, _SOAP, _URI_DICOM, _URI_RENDERED)
}
_NOWHERE = Classification(_OTHER, "", "", ())
_NOT_FOR_WADO_URI = Classification(_OTHER, "", "", _ANYWHERE[_URI_DICOM].allow)


def classify(
    method: str,
    target: str,
    *,
    accept: str = "",
    content_type: str = "",
    soap_action: bool = False,
    websocket: bool = False,
    preflight: bool = False,
) -> Classification:
    """Names the transaction. `target` is origin-form, one character per byte."""
    path, _, query = target.partition("?")
    raw = path.split("/")
    segments = [_decode(segment) for segment in raw] if "%" in path else raw
    if websocket and method == "GET":
        place = find(CHANNELS, segments)
        found = None if place else classify(method, target, accept=accept)
        if found is None or found.transaction is _OTHER:
            return _beside(_CHANNEL, place, raw)
        return found
    if method == "OPTIONS":
        return _beside(_PREFLIGHT if preflight else _CAPABILITIES, find(RESOURCES, segments), raw)
    wado_uri = "requesttype" in query.lower() and _parameter(query, "requesttype") is not None
    if wado_uri and method in ("GET", "HEAD"):
        return _ANYWHERE[_URI_DICOM if _asks_for_dicom(query, accept) else _URI_RENDERED]
    place = find(RESOURCES, segments)
    if place is not None:
        return _resource(method, query, place, raw)
    if method == "POST" and (soap_action or essence_of(content_type) in _SOAP_TYPES):
        return _ANYWHERE[_SOAP]
    return _NOT_FOR_WADO_URI if wado_uri else _NOWHERE


def _resource(method: str, query: str, place: tuple[Node, int], raw: list[str]) -> Classification:
    node, start = place
    choice = _choose(node.choices.get("GET" if method == "HEAD" else method, ()), query)
    if choice is None:
        return Classification(_OTHER, _root(raw, start), "", node.allow)
    return Classification(choice.transaction, _root(raw, start), choice.template.level, node.allow, choice.template)


def _choose(choices: tuple[Choice, ...], query: str) -> Choice | None:
    """Only where one method means several things on a path does the query matter."""
    if len(choices) == 1:
        return choices[0]
    keys = frozenset(pair.partition("=")[0].lower() for pair in query.split("&"))
    return next((choice for choice in choices if choice.fits(keys)), None)


def _beside(transaction: Transaction, place: tuple[Node, int] | None, raw: list[str]) -> Classification:
    """A transaction that needs no template, but has its root and its methods where one matches."""
    if place is None:
        return _ANYWHERE[transaction]
    node, start = place
    return Classification(transaction, _root(raw, start), "", node.allow)


def _root(raw: list[str], start: int) -> str:
    return "/".join(raw[:start]).rstrip("/")


def _decode(text: str) -> str:
    return _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), text)


def _parameter(query: str, name: str) -> str | None:
    """The first value of a key. PS3.18 9.4.1 minds the case of keys; clients do not."""
    pairs = (pair.partition("=") for pair in query.split("&"))
    return next((value for key, _, value in pairs if key.lower() == name), None)


def _asks_for_dicom(query: str, accept: str) -> bool:
    """PS3.18 9.4 against 9.5: contentType decides, without it Accept, and the default is a rendering."""
    wanted = _decode(_parameter(query, "contenttype") or "") or accept
    if "application/dicom" not in wanted.lower():
        return False
    return any(_names_dicom(range_) for range_ in parse_accept(wanted))


def _names_dicom(range_: MediaRange) -> bool:
    return range_.q > 0 and "application/dicom" in (range_.essence, range_.parameter("type"))
