"""The words of the field in a configuration: status codes, transactions, field names and values, methods, media types.

Whether a word exists is looked up where the field keeps it (`gateway.dicomweb`, `gateway.core`), not listed again here.
"""

import re
from dataclasses import dataclass
from functools import partial
from typing import Any

from gateway.config.findings import Report, Wrong, instead, shown
from gateway.config.kinds import Kind, MapOf, pairs_of
from gateway.config.source import Node
from gateway.core.headers import HOP_BY_HOP
from gateway.dicomweb.transactions import ALIASES, TRANSACTION_WORDS, transaction_ids

STATUS_CODE = re.compile(r"[2-5][0-9]{2}")
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# RFC 9110 5.5: visible characters, inside also spaces and tabs. What lies beyond ASCII has no agreed meaning.
FIELD_VALUE = re.compile(r"[!-~](?:[ \t!-~]*[!-~])?")
FIELD_LINE = re.compile(rf"({TOKEN.pattern}):[ \t]*({FIELD_VALUE.pattern})[ \t]*")
METHOD = re.compile(r"[A-Z][A-Z-]*")
MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/(?:[a-z0-9!#$&^_.+-]+|\*)")
CHALLENGE = re.compile(r"[A-Za-z][A-Za-z0-9-]*(?: .+)?")

# Fields that say where a message ends and how its bytes are to be read: no rule may touch them.
_FRAMING = HOP_BY_HOP | {"content-length", "content-encoding", "content-range"}
# Fields that the gateway writes last, with the word that governs each.
_GOVERNED = {
    "retry-after": "then.retry_after says what it holds",
    "via": "the gateway writes it",
    "proxy-status": "the gateway writes it",
    "date": "the gateway adds it where it is missing",
}


def status_code(written: str) -> int:
    """A code that ends an exchange."""
    if not STATUS_CODE.fullmatch(written):
        raise Wrong(f"{shown(written)} is not a status code from 200 to 599")
    return int(written)


def transactions(written: str) -> frozenset[str]:
    try:
        return transaction_ids(written)
    except KeyError:
        hint = instead(written, TRANSACTION_WORDS, listed=ALIASES)
        raise Wrong(f"{shown(written)} is not a transaction; {hint}") from None


def field_name(written: str) -> str:
    if not TOKEN.fullmatch(written):
        raise Wrong(f"{shown(written)} is not a field name; write a token such as WWW-Authenticate")
    return written


def editable_field(written: str) -> str:
    """A field that a rule may set, add or remove in a reply."""
    low = field_name(written).lower()
    if low in _FRAMING:
        raise Wrong(f"{written} frames or codes the message; no rule may change it")
    if low in _GOVERNED:
        raise Wrong(f"{written} is not for rules: {_GOVERNED[low]}")
    return written


def field_value(written: str) -> str:
    if not FIELD_VALUE.fullmatch(written):
        raise Wrong("is not a field value; write visible ASCII characters, with spaces only between them, on one line")
    return written


def challenge(written: str) -> str:
    if not CHALLENGE.fullmatch(field_value(written)):
        raise Wrong(f'{shown(written)} is not a challenge such as Basic realm="PACS"')
    return written


def method(written: str) -> str:
    if not METHOD.fullmatch(written):
        hint = f"; did you mean {written.upper()}?" if METHOD.fullmatch(written.upper()) else ""
        raise Wrong(f"{shown(written)} is not a method{hint}")
    return written


def media_type(written: str) -> str:
    low = written.lower()
    if not MEDIA_TYPE.fullmatch(low):
        raise Wrong(f"{shown(written)} is not a media type such as text/html or text/*, without parameters")
    return low


@dataclass(frozen=True, slots=True)
class ByTransaction:
    """A mapping from transaction words to values: an id weighs more than its family, whatever their order."""

    value: Kind

    @property
    def form(self) -> Kind:
        return MapOf(transactions, self.value)

    def read(self, node: Node, report: Report) -> dict[str, Any]:
        rows: list[tuple[frozenset[str], Any]] = []
        for pair in pairs_of(node):
            ids = report.attempt(pair.place, partial(transactions, pair.key))
            value = report.attempt(pair.node.place, partial(self.value.read, pair.node, report))
            if ids is not None and value is not None:
                rows.append((ids, value))
        rows.sort(key=lambda row: len(row[0]), reverse=True)
        return {id_: value for ids, value in rows for id_ in sorted(ids)}

    def show(self, value: Any) -> object:
        return {id_: self.value.show(item) for id_, item in value.items()}
