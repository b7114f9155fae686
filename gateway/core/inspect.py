"""Looking at content: what kind of thing a body is, by its first bytes.

Never decodes, never parses a data set, never changes a byte. A body typed as DICOM is not looked at: a preamble may hold
anything (PS3.10 7.1), also `<html>`, and so may a patient's name.
"""

import re
from enum import StrEnum

from gateway.core.facts import Response
from gateway.dicomweb.media import parse_media_type

DICOM_PREFIX = slice(128, 132)


class Looks(StrEnum):
    """What the first bytes look like; a word for rules."""

    EMPTY = "empty"
    DICOM = "dicom"
    HTML = "html"
    JSON = "json"
    XML = "xml"
    MULTIPART = "multipart"
    IMAGE = "image"
    TEXT = "text"
    BINARY = "binary"


WORDY = frozenset({Looks.HTML, Looks.JSON, Looks.XML, Looks.TEXT})  # what people can read

_IMAGE_MAGIC = (
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"GIF8",
    b"II*\x00",
    b"MM\x00*",
    b"\x00\x00\x00\x0cjP  ",
)
_HTML = re.compile(rb"<!doctype html|<html[\s>]|<head[\s>]|<body[\s>]|<title[\s>]|<h1[\s>]", re.IGNORECASE)
_MULTIPART = re.compile(rb"--[!-~]{1,70}\r?\n[A-Za-z-]+:")
_NOT_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
# A report for a programmer, not for a client: it may hold paths, addresses and the request itself.
# Blanks only and no line ends: over a thousand empty lines `\s` would read each of them from each of them.
_TRACE = re.compile(
    rb"^[ \t]+at [\w$.<>]+\(|Traceback \(most recent call last\)|^[ \t]*\w+(?:\.\w+)+(?:Exception|Error)\b",
    re.MULTILINE,
)

_ERROR_WORDS = re.compile(
    rb"server error|\bexception\b|traceback|\bfailed\b|\bfailure\b|does not contain|not contain|\berror\b|cannot |could not ",
    re.IGNORECASE,
)


def looks_like(content: bytes) -> Looks:
    """The kind of content by its first bytes alone; a label may lie, bytes do not."""
    if content[DICOM_PREFIX] == b"DICM":
        return Looks.DICOM
    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1024]
    if not start:
        return Looks.EMPTY
    if start.startswith(_IMAGE_MAGIC):
        return Looks.IMAGE
    if _MULTIPART.match(start):
        return Looks.MULTIPART
    if _NOT_TEXT.search(start):
        return Looks.BINARY
    return _looks_like_text(start)


def _looks_like_text(start: bytes) -> Looks:
    if start[:1] in b"{[":
        return Looks.JSON
    if _HTML.search(start[:512]):
        return Looks.HTML
    return Looks.XML if start.startswith(b"<") else Looks.TEXT


def is_error_wording(content: bytes) -> bool:
    """Whether a short text speaks of an error. Long texts are documents, and documents may speak of anything."""
    return len(content) <= 2048 and _ERROR_WORDS.search(content) is not None


def is_stack_trace(content: bytes) -> bool:
    return _TRACE.search(content) is not None


def kind_of(response: Response) -> Looks:
    """The kind of what was held of an answer's content. What is labelled as DICOM is DICOM, whatever it begins with."""
    return Looks.DICOM if is_dicom_payload(response) else looks_like(response.peek or b"")


def is_dicom_payload(response: Response) -> bool:
    """Whether this is an image or another object to be left alone: by its label, or by its bytes."""
    media = parse_media_type(response.fields.get("Content-Type"))
    labelled = media is not None and (
        media.essence == "application/dicom" or (media.parameter("type") or "").lower() == "application/dicom"
    )
    return labelled or (response.peek is not None and response.peek[DICOM_PREFIX] == b"DICM")
