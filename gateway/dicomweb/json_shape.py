"""What a JSON document is: a DICOM JSON result, nothing, or an error in disguise.

PS3.18 annex F: a result is a list of objects whose keys are tags of eight hexadecimal digits. Some servers write
keywords, and some a single object. Whole documents only: of a part nobody can say how it ends.

Never keeps a value, never changes a byte, never raises. A long list that is plainly a result is told by its brackets,
without being parsed: a parse would stop the event loop for the time of many exchanges.
"""

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class JsonShape(StrEnum):
    RESULT = "result"
    EMPTY_LIST = "empty_list"
    EMPTY_OBJECT = "empty_object"
    STATUS_NUMBER = "status_number"
    ERROR_OBJECT = "error_object"
    OTHER_JSON = "other_json"
    TRUNCATED = "truncated"
    NOT_JSON = "not_json"


_BOM = b"\xef\xbb\xbf"
_ERROR_CODES = range(400, 600)

_TAG = re.compile("[0-9A-Fa-f]{8}")
# Those that results are known by; the words of an error (Message, Details, Uri) look like keywords too.
_KEYWORDS: frozenset[str] = frozenset(
    {
        "AccessionNumber",
        "FailedSOPSequence",
        "InstanceNumber",
        "Modality",
        "PatientID",
        "PatientName",
        "ProcedureStepLabel",
        "ProcedureStepState",
        "ReferencedSOPSequence",
        "RetrieveURL",
        "SOPClassUID",
        "SOPInstanceUID",
        "SeriesInstanceUID",
        "SeriesNumber",
        "SpecificCharacterSet",
        "StudyDate",
        "StudyInstanceUID",
    }
)
# An error may name the study it is about.
_COMPLAINTS: frozenset[str] = frozenset(
    {"detail", "details", "error", "errormessage", "errors", "exception", "httpstatus", "message"}
)
# Orthanc; Spring, Node and ASP.NET; API gateways. In lower case, the surest first.
_STATUS_MEMBERS: tuple[str, ...] = ("httpstatus", "statuscode", "status", "code")

_RESULT_BEGINS = re.compile(rb'\s*+\[\s*+\{\s*+"[0-9A-Fa-f]{8}"\s*+:')
# In a clean result every object in a list, and every attribute after an object, begins with a tag.
_NOT_AN_ATTRIBUTE = re.compile(rb'\}\s*+,\s*+(?!(?:\{\s*+)?"[0-9A-Fa-f]{8}"\s*+:)')
_NO_STRUCTURE = bytes(set(range(256)) - set(b'"[]{}'))

# A log line such as `[ERROR] ...` opens a bracket too.
_BEGINS = re.compile(rb'\s*+(?:\{\s*+(?:["}]|\Z)|\[\s*+(?:[\[{"\]]|\Z|(?:[-+.0-9Ee]++|true|false|null)\s*+[,\]]))')


def json_shape(content: bytes) -> tuple[JsonShape, int | None]:
    """The shape, and the error code that a bare number or an error object names."""
    content = content.removeprefix(_BOM)
    if _plainly_a_result(content):
        return JsonShape.RESULT, None
    try:
        return _shape(_load(content))
    except json.JSONDecodeError:
        return (JsonShape.TRUNCATED if _BEGINS.match(content) else JsonShape.NOT_JSON), None
    except (ValueError, RecursionError):
        # Numbers of thousands of digits, brackets in thousands of brackets: no result, and nothing to be sure of.
        return JsonShape.OTHER_JSON, None


def _plainly_a_result(content: bytes) -> bool:
    """True only where a parse would say the same, provided that the document breaks no rule but by being cut."""
    return (
        _RESULT_BEGINS.match(content) is not None
        and content.rstrip().endswith(b"]")
        and _NOT_AN_ATTRIBUTE.search(content) is None
        and _brackets_close(content)
    )


def _brackets_close(content: bytes) -> bool:
    """Whether a document that may be cut is not. False also where a string holds brackets, which only costs time."""
    if b"\\" in content:
        content = content.replace(b"\\\\", b"").replace(b'\\"', b"")
    # Of a string without brackets only its two quotes are left, side by side.
    brackets = content.translate(None, _NO_STRUCTURE).replace(b'""', b"")
    return (
        b'"' not in brackets
        and b"][" not in brackets
        and brackets.count(b"[") == brackets.count(b"]")
        and brackets.count(b"{") == brackets.count(b"}")
    )


def _load(content: bytes) -> object:
    """Not strict: reports with a bare line end in a text are common, and nothing is missing from them."""
    try:
        return json.loads(content, strict=False)
    except UnicodeDecodeError:
        # Old archives write names as Latin-1. The shape is the same in any such encoding.
        return json.loads(content.decode("latin-1"), strict=False)


def _shape(document: object) -> tuple[JsonShape, int | None]:
    if isinstance(document, list):
        return _shape_of_list(document)
    if isinstance(document, dict):
        return _shape_of_object(document) if document else (JsonShape.EMPTY_OBJECT, None)
    if isinstance(document, int) and document in _ERROR_CODES:
        return JsonShape.STATUS_NUMBER, document
    return JsonShape.OTHER_JSON, None


def _shape_of_list(members: list[Any]) -> tuple[JsonShape, int | None]:
    if not members:
        return JsonShape.EMPTY_LIST, None
    if not all(isinstance(member, dict) for member in members) or not any(members):
        return JsonShape.OTHER_JSON, None
    if len(members) == 1:
        return _shape_of_object(members[0])
    # A match without attributes among others is odd, but no error.
    is_result = all(_is_data_set(member) for member in members if member)
    return (JsonShape.RESULT if is_result else JsonShape.OTHER_JSON), None


def _shape_of_object(document: Mapping[str, Any]) -> tuple[JsonShape, int | None]:
    if _is_data_set(document):
        return JsonShape.RESULT, None
    return JsonShape.ERROR_OBJECT, _status_in(document)


def _is_data_set(document: Mapping[str, Any]) -> bool:
    if any(_TAG.fullmatch(key) for key in document):
        return True
    return not _KEYWORDS.isdisjoint(document) and _COMPLAINTS.isdisjoint(key.lower() for key in document)


def _status_in(document: Mapping[str, Any]) -> int | None:
    """The code that an error object names, in itself or in its member `error` (as OData and Google write it)."""
    members = {key.lower(): value for key, value in document.items()}
    for name in _STATUS_MEMBERS:
        code = members.get(name)
        if isinstance(code, int) and code in _ERROR_CODES:
            return code
    inner = members.get("error")
    return _status_in(inner) if isinstance(inner, dict) else None
