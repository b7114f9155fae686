"""The events of a YAML text, by PyYAML, and what its refusals mean.

Two parsers know the same language. libyaml's is ten times as fast and is asked first, where it is there and the text holds
nothing that the two are known to take differently. The other, in Python, has the last word: a text in which the first finds
anything is read again by the second, so that every finding has one wording and one place.
"""

import re
from typing import Any, TypeAlias

import yaml

from gateway.config.findings import ConfigErrors, Finding, Place, shown

MAX_DEPTH = 32

Parser: TypeAlias = Any  # of PyYAML, either of the two: get_event, check_event

# What libyaml reads and PyYAML does not, or otherwise, as far as a comparison of a million texts has shown; see `_Quick` too.
_UNSURE = (
    re.compile(r"[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]"),  # tabs, line ends other than \n
    re.compile(r"[|>][-+0-9]*#"),  # a comment that sticks to the head of a block
)


def quick_events(text: str) -> "Events | None":
    """libyaml's, if it may be asked. Where they raise a `YAMLError`, it is for `careful_events` to say what is wrong."""
    if not yaml.__with_libyaml__ or any(unsure.search(text) for unsure in _UNSURE):
        return None
    return _Quick(yaml.CBaseLoader(text))


def careful_events(text: str, file: str) -> "Events":
    """PyYAML's own. Raises `ConfigErrors` where a character may not stand in YAML at all."""
    try:
        return Events(_Careful(text))
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        place = Place(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
        message = f"the character U+{ord(text[error.position]):04X} may not stand in YAML"
        raise unreadable(place, message) from None


class _Careful(yaml.BaseLoader):
    """PyYAML's parser, but for one of its opinions."""

    in_plain_scalar = False

    def scan_plain(self) -> Any:
        self.in_plain_scalar = True
        try:
            return super().scan_plain()
        finally:
            self.in_plain_scalar = False

    def peek(self, index: int = 0) -> str:
        # Within an unquoted text a question mark is a character like any other (YAML 1.2 7.3.3). PyYAML would end the
        # text of {path: /studies?limit=1} there. It only compares what it peeks at; what it keeps comes from its buffer.
        character = str(super().peek(index))
        return "x" if character == "?" and self.in_plain_scalar else character


class Events:
    """One after the other, without those that are YAML and not read here: aliases, a second document, too much depth."""

    def __init__(self, parser: Parser) -> None:
        self._parser = parser
        self._anchors: set[str] = set()
        self.depth = 0

    def begin(self) -> bool:
        """Go to the first node; False where there is none."""
        self._parser.get_event()
        if self._parser.check_event(yaml.StreamEndEvent):
            return False
        self._parser.get_event()
        return True

    def end(self) -> None:
        """After the last node nothing may come."""
        self._parser.get_event()
        if not self._parser.check_event(yaml.StreamEndEvent):
            raise _refused(self._parser.get_event(), "not YAML: a second document begins here (---); one is read")

    def ends(self) -> bool:
        """Whether the list or the mapping ends here."""
        if not self._parser.check_event(yaml.SequenceEndEvent, yaml.MappingEndEvent):
            return False
        self._parser.get_event()
        return True

    def take(self) -> Any:
        """The event that begins the next node."""
        event = self._parser.get_event()
        if isinstance(event, yaml.AliasEvent):
            raise _refused(event, f"aliases (*{event.anchor}) are not read here; write the value out")
        if self.depth >= MAX_DEPTH:
            raise _refused(event, "this is nested too deeply")
        if event.anchor is not None:
            self._anchor(event)
        return event

    def mark(self) -> Any:
        """How far it has read."""
        return self._parser.get_mark()

    def _anchor(self, event: Any) -> None:
        if event.anchor in self._anchors:
            raise _refused(event, f"not YAML: the anchor {shown(event.anchor)} was given before")
        self._anchors.add(event.anchor)


class _Quick(Events):
    """Without those of which libyaml may have another opinion: how a tag is written, and where a value stands that is not
    there."""

    def take(self) -> Any:
        event = super().take()
        is_absent = isinstance(event, yaml.ScalarEvent) and not event.value and not event.style
        if event.tag is not None or is_absent:
            raise _refused(event, "let the other one tell")
        return event


class _Refused(yaml.MarkedYAMLError):
    """YAML, but not read here."""


def _refused(event: Any, problem: str) -> _Refused:
    return _Refused(problem=problem, problem_mark=event.start_mark)


# PyYAML's words for the mistakes that people make most, and ours.
_EXPLANATIONS = (
    (r"found character '\\t'", "a tab stands where YAML wants spaces"),
    (r"found character '(.)' that cannot start any token", r"a text that begins with \1 needs quotes"),
    (r"expected chomping or indentation indicators", "a text that begins with > or | needs quotes"),
    (r"mapping values are not allowed here", "a colon stands where none may; indent it, or use quotes"),
)


def in_our_words(error: Exception, events: Events, file: str) -> ConfigErrors:
    """What the careful ones have raised, for people."""
    if isinstance(error, yaml.MarkedYAMLError):
        return unreadable(_at(error.problem_mark or error.context_mark, file), _explained(error))
    # Such as "\UFFFFFFFF" and %YAML 1.99...9
    message = "not YAML: an escape or a directive names a number that is too large"
    return unreadable(_at(events.mark(), file), message)


def _explained(error: yaml.MarkedYAMLError) -> str:
    problem = (error.problem or error.context or "cannot be read").replace("\n", " ")
    if isinstance(error, _Refused):
        return problem
    matches = ((re.match(pattern, problem), meaning) for pattern, meaning in _EXPLANATIONS)
    meaning = next((match.expand(meaning) for match, meaning in matches if match), problem)
    return f"not YAML: {meaning}"


def _at(mark: Any, file: str) -> Place:
    return Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)


def unreadable(place: Place, message: str) -> ConfigErrors:
    return ConfigErrors([Finding.at(place, message)], unreadable=True)
