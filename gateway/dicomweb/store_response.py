"""Reading a Store Instances Response: which instances an archive says it stored, and which it did not.

PS3.18 I.1, written as DICOM JSON (annex F) or as Native DICOM XML (PS3.19 A.1). The bytes decide which of the two it is;
labels lie. Items are counted, not sequences: many archives send an empty Failed SOP Sequence with every success.

Never guesses. What can be read in two ways (a key twice, a value that lies elsewhere) is not read at all, or a failure
could be counted as a success. Never raises, never compares with what was sent, never chooses a code.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NoReturn
from xml.parsers import expat

# PS3.18 I.2.2. The first range that holds a reason is the one that explains it.
_OUT_OF_RESOURCES = range(0xA700, 0xA800)
FAILURE_REASONS: Mapping[range, str] = MappingProxyType(
    {
        range(0x0110, 0x0111): "processing failure",
        range(0x0122, 0x0123): "SOP class not supported",
        range(0xC122, 0xC123): "transfer syntax not supported",
        _OUT_OF_RESOURCES: "out of resources",
        range(0xA900, 0xAA00): "data set does not match SOP class",
        range(0xC000, 0xD000): "cannot understand",
    }
)

_RETRIEVE_URL = "00081190"
_WARNING_REASON = "00081196"
_FAILURE_REASON = "00081197"
_FAILED = "00081198"
_REFERENCED = "00081199"
_OTHER_FAILURES = "0008119A"

# Tags in any case, and the keywords that some servers write in their place.
_TAGS: Mapping[str, str] = {
    name.lower(): tag
    for tag, keyword in (
        (_RETRIEVE_URL, "RetrieveURL"),
        (_WARNING_REASON, "WarningReason"),
        (_FAILURE_REASON, "FailureReason"),
        (_FAILED, "FailedSOPSequence"),
        (_REFERENCED, "ReferencedSOPSequence"),
        (_OTHER_FAILURES, "OtherFailuresSequence"),
    )
    for name in (tag, keyword)
}

# One of these makes a data set a response module.
_OF_THE_MODULE = frozenset({_RETRIEVE_URL, _FAILED, _REFERENCED, _OTHER_FAILURES})

# The tag of a reason is at depth 4. Twenty levels leave room for what else an archive adds.
_DEEPEST = 20

_UNREADABLE = (ValueError, LookupError, RecursionError, expat.ExpatError)
# No element, or none but the beginning of one; a tag or a character without its end.
_XML_CUT = frozenset(
    expat.errors.codes[name]
    for name in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
    )
)
_SPACE = b" \t\r\n"
_US = re.compile(r"([0-9]{1,5})(?:\.0)?")


@dataclass(frozen=True, slots=True)
class StoreOutcome:
    """Numbers of instances. `warned` of those `stored` have a warning; `other_failures` are among those `failed`."""

    stored: int
    failed: int
    warned: int
    reasons: tuple[int, ...]
    other_failures: int

    @property
    def all_out_of_resources(self) -> bool:
        """Whether each failure, and not only each that has a reason, is for lack of resources."""
        return len(self.reasons) == self.failed and out_of_resources(self.reasons)


def out_of_resources(reasons: tuple[int, ...]) -> bool:
    """Whether reasons are given and all are A7xx, the temporary kind. A failure without a reason is not seen here."""
    return bool(reasons) and all(reason in _OUT_OF_RESOURCES for reason in reasons)


def failure_meaning(reason: int) -> str | None:
    return next((meaning for reasons, meaning in FAILURE_REASONS.items() if reason in reasons), None)


def read_store_response(content: bytes) -> StoreOutcome | None:
    """None where the content is no response module, or none that can be read for certain.

    `failed` counts the Failed SOP Sequence and the Other Failures Sequence (0008,119A, parts that are no instance).
    """
    try:
        is_xml = content.lstrip(b"\xef\xbb\xbf\xff\xfe\x00" + _SPACE)[:1] == b"<"
        return _outcome(_read_xml(content) if is_xml else _read_json(content))
    except _UNREADABLE:
        return None


def ends_too_early(content: bytes) -> bool:
    """Whether this is the beginning of a document and not all of it: what failed may stand in what is missing."""
    text = content.strip(b"\xef\xbb\xbf" + _SPACE)
    try:
        if text[:1] == b"<":
            parser = expat.ParserCreate()
            parser.StartDoctypeDeclHandler = _refuse
            parser.Parse(text, True)
        elif text[:1] in (b"{", b"["):
            json.loads(text, strict=False)
    except json.JSONDecodeError as error:
        return error.pos >= len(error.doc) or text[-1:] not in (b"}", b"]")
    except expat.ExpatError as error:
        return error.code in _XML_CUT
    except _UNREADABLE:
        return False
    return False


def _outcome(document: object) -> StoreOutcome | None:
    if isinstance(document, list) and len(document) == 1:
        document = document[0]
    if not isinstance(document, dict) or _OF_THE_MODULE.isdisjoint(document):
        return None
    stored = _items(document.get(_REFERENCED))
    others = _items(document.get(_OTHER_FAILURES))
    failed = _items(document.get(_FAILED)) + others
    reasons = (_reason(item) for item in failed)
    return StoreOutcome(
        stored=len(stored),
        failed=len(failed),
        warned=sum(_has_warning(item) for item in stored),
        reasons=tuple(reason for reason in reasons if reason is not None),
        other_failures=len(others),
    )


def _items(attribute: object) -> list[dict[str, Any]]:
    """The items of a sequence. An empty one is an item (PS3.18 F.2.5), null is none."""
    items = [value for value in _values(attribute) if value is not None]
    if not all(isinstance(item, dict) for item in items):
        raise ValueError("an item is not a data set")
    return items


def _values(attribute: object) -> list[Any]:
    """The values of an attribute: as F.2 wants them, or bare, as servers do that write keywords."""
    if isinstance(attribute, dict):
        if "Value" not in attribute and not attribute.keys() <= {"vr"}:
            raise ValueError("a value that is not in the document, or no attribute at all")
        attribute = attribute.get("Value")
    if attribute is None:
        return []
    return attribute if isinstance(attribute, list) else [attribute]


def _reason(item: Mapping[str, Any]) -> int | None:
    """A number, or the same in quotes; anything else is no reason, and no cause to doubt the rest."""
    match = _US.fullmatch(str(next(iter(_values(item.get(_FAILURE_REASON))), "")))
    reason = int(match[1]) if match else -1
    return reason if 0 <= reason <= 0xFFFF else None


def _has_warning(item: Mapping[str, Any]) -> bool:
    return any(value is not None and value != "" for value in _values(item.get(_WARNING_REASON)))


def _read_json(content: bytes) -> object:
    """Not strict: a line end in some text casts no doubt on the numbers."""
    return json.loads(content, object_pairs_hook=_data_set, strict=False)


def _data_set(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data_set = {_TAGS.get(key.lower(), key): value for key, value in pairs}
    if len(data_set) != len(pairs):
        raise ValueError("a key twice")
    return data_set


def _read_xml(content: bytes) -> dict[str, Any]:
    """The same shape as DICOM JSON has. No DTD and so no entity: nothing can grow or point elsewhere."""
    model = _NativeModel()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = model.start
    parser.CharacterDataHandler = model.text
    parser.EndElementHandler = model.end
    parser.Parse(content.lstrip(_SPACE), True)
    return model.data_set


def _refuse(*_: object) -> NoReturn:
    raise ValueError("a document type declaration")


class _NativeModel:
    """Gathers the attributes that matter. `_open` has for each open element what its children belong to."""

    def __init__(self) -> None:
        self.data_set: dict[str, Any] = {}
        self._open: list[dict[str, Any] | list[Any] | None] = []
        self._text: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= _DEEPEST:
            raise ValueError("too deep")
        self._text = []
        self._open.append(self._child(_local(name), {key.lower(): value for key, value in attributes.items()}))

    def _child(self, element: str, attributes: Mapping[str, str]) -> dict[str, Any] | list[Any] | None:
        if not self._open:
            if element != "NativeDicomModel":
                raise ValueError("no Native DICOM Model")
            return self.data_set
        parent = self._open[-1]
        if isinstance(parent, dict) and element == "DicomAttribute":
            return _attribute(parent, attributes.get("tag") or attributes.get("keyword", ""))
        if isinstance(parent, list) and element == "Item":
            item: dict[str, Any] = {}
            parent.append(item)
            return item
        return None

    def text(self, data: str) -> None:
        self._text.append(data)

    def end(self, name: str) -> None:
        self._open.pop()
        if self._open and isinstance(self._open[-1], list) and _local(name) == "Value":
            self._open[-1].append("".join(self._text).strip())


def _local(name: str) -> str:
    """Namespaces and prefixes are written, or not, as every server likes."""
    return name.rpartition(":")[2]


def _attribute(data_set: dict[str, Any], name: str) -> list[Any] | None:
    """The place for the values of an attribute; None where it is of no interest."""
    tag = _TAGS.get(name.lower())
    if tag is None:
        return None
    if tag in data_set:
        raise ValueError("an attribute twice")
    values: list[Any] = []
    data_set[tag] = {"Value": values}
    return values
