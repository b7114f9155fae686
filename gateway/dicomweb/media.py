"""Media types: reading them, comparing them with Accept, and what each transaction promises.

PS3.18 8.7 and RFC 9110 8.3.1 and 12.5.1, read as archives and viewers write them: an unquoted
`type=application/dicom`, no boundary, stray semicolons, q without a leading zero. Reading never raises. What is
read here is for judging only; the field itself is passed on as it came.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from gateway.dicomweb.transactions import Transaction


@dataclass(frozen=True, slots=True)
class MediaType:
    """`type` and `subtype` in lower case; names of parameters too, their values as written."""

    type: str
    subtype: str
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def essence(self) -> str:
        return f"{self.type}/{self.subtype}"

    def parameter(self, name: str) -> str | None:
        return next((value for key, value in self.parameters if key == name.lower()), None)


@dataclass(frozen=True, slots=True)
class MediaRange(MediaType):
    """One member of Accept; its type or subtype may be `*`."""

    q: float = 1.0


_ESSENCE = re.compile(r'\s*([^\s/;,="]+)/([^\s/;,="]+)')
_PARAMETER = re.compile(r';\s*([^\s;,="]++)\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)|([^;,]*+))', re.DOTALL)
_MEMBER = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*+"?)++', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_Q = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")


@lru_cache(1024)  # an archive sends the same few all day
def parse_media_type(value: str) -> MediaType | None:
    """The value of Content-Type; None only where no type/subtype is to be seen."""
    match = _ESSENCE.match(value)
    if match is None:
        return None
    return MediaType(match[1].lower(), match[2].lower(), tuple(_parameters(value[match.end() :])))


def essence_of(label: str) -> str:
    """The type without its parameters; empty where none is to be seen."""
    media = parse_media_type(label)
    return media.essence if media else ""


def _parameters(text: str) -> Iterator[tuple[str, str]]:
    for name, quoted, plain in _PARAMETER.findall(text):
        yield name.lower(), _ESCAPED.sub(r"\1", quoted) or plain.strip()


@lru_cache(1024)
def parse_accept(value: str) -> tuple[MediaRange, ...]:
    """The members of Accept in their order; those that cannot be read are dropped."""
    ranges = (_media_range(member) for member in _MEMBER.findall(value))
    return tuple(range_ for range_ in ranges if range_ is not None)


def _media_range(member: str) -> MediaRange | None:
    # `*` alone is what Java's HttpURLConnection sends, and with it many DICOM toolkits, for */*.
    essence, semicolon, rest = member.partition(";")
    media_type = parse_media_type("*/*" + semicolon + rest if essence.strip() == "*" else member)
    if media_type is None or (media_type.type == "*" and media_type.subtype != "*"):
        return None
    weight = media_type.parameter("q")
    if weight is not None and not _Q.fullmatch(weight):
        return None
    others = tuple(pair for pair in media_type.parameters if pair[0] != "q")
    return MediaRange(media_type.type, media_type.subtype, others, 1.0 if weight is None else min(float(weight), 1.0))


# Servers label DICOM JSON as plain JSON and clients ask for it so; the same with XML.
_SAME_AS: Mapping[str, str] = {
    "application/json": "application/dicom+json",
    "application/xml": "application/dicom+xml",
    "text/xml": "application/dicom+xml",
}


def _fits(pattern: str, essence: str) -> bool:
    if pattern.endswith("/*"):
        return pattern == "*/*" or essence.startswith(pattern[:-1])
    return _SAME_AS.get(pattern, pattern) == _SAME_AS.get(essence, essence)


def _part_type(media_type: MediaType) -> str:
    """What the parts of a multipart are said to be; empty where nothing is said."""
    return (media_type.parameter("type") or "").partition(";")[0].strip().lower()


def covers(ranges: Sequence[MediaRange], media_type: MediaType) -> bool:
    """Whether Accept allows the media type: the most specific member decides, and its q=0 is a no."""
    if not ranges:
        return True
    precision, q = max((_precision(range_, media_type), range_.q) for range_ in ranges)
    return precision > 0 and q > 0


def _precision(range_: MediaRange, media_type: MediaType) -> int:
    """RFC 9110 12.5.1: how closely a range names the media type, 0 where it does not."""
    if not _fits(range_.essence, media_type.essence):
        return 0
    if range_.subtype == "*":
        return 1 if range_.type == "*" else 2
    wanted, got = _part_type(range_), _part_type(media_type)
    if range_.type == "multipart" and wanted and got:
        return 4 if _fits(wanted, got) else 0
    return 3


_DATASETS = frozenset({"application/dicom+json", "application/dicom+xml"})
_OBJECTS = frozenset({"application/dicom", "application/octet-stream", "image/*", "video/*"})
_DOCUMENTS = frozenset({"text/html", "text/plain", "text/rtf", "text/xml", "application/pdf"})
_CAPABILITIES = frozenset({"application/vnd.sun.wadl+xml", "application/json", "application/xml"})

# By the id of a transaction or else by its family. Where neither is listed (`other`, the preflight, a WebSocket,
# SOAP) nothing was promised, so nothing can be unexpected.
_PROMISES: Mapping[str, frozenset[str]] = {
    "capabilities": _CAPABILITIES,
    "commitment": _DATASETS,
    "delete": _DATASETS,
    "mpps": _DATASETS,
    "npi": _DATASETS,
    "npi.retrieve": _OBJECTS | _DATASETS,
    "retrieve": _OBJECTS,
    "search": _DATASETS,
    "store": _DATASETS,
    "studies.retrieve.metadata": _DATASETS,
    "studies.retrieve.rendered": _OBJECTS | _DOCUMENTS,
    "studies.retrieve.rendered-volume": _OBJECTS | _DOCUMENTS,
    "uri.retrieve-rendered": _OBJECTS | _DOCUMENTS,
    "worklist": _DATASETS,
}


@lru_cache(1024)
def promised(transaction: Transaction, media_type: MediaType | None) -> bool:
    """Whether a successful answer of this transaction may come as this media type."""
    if media_type is None:
        return False
    types = _PROMISES.get(transaction.id) or _PROMISES.get(transaction.family)
    if types is None:
        return True
    if media_type.type == "multipart" and transaction.service != "uri":
        return _multipart_promised(types, transaction, media_type)
    return any(_fits(pattern, media_type.essence) for pattern in types)


def _multipart_promised(types: frozenset[str], transaction: Transaction, media_type: MediaType) -> bool:
    """A multipart is judged by its parts. Without `type` it is badly labelled, but still what was promised."""
    if media_type.subtype == "byteranges":
        return transaction.family == "retrieve"
    part_type = _part_type(media_type)
    return media_type.subtype == "related" and (not part_type or any(_fits(pattern, part_type) for pattern in types))
