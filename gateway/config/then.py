"""`then`: what a rule does, as a table of keys, and what each key may not say."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from gateway.config import scalars, vocabulary
from gateway.config.compound import Some
from gateway.config.findings import Report, Wrong
from gateway.config.kinds import Key, Kind, ListOf, MapOf, One, Table, pairs_of
from gateway.config.source import Node
from gateway.config.values import BOOLEAN, one_of
from gateway.core.decision import BodyPlan, FieldEdits
from gateway.core.rule import Then

# The empty list is the answer of a search; a rule says 204, and the edition does the rest.
_BODIES = (BodyPlan.KEEP.value, BodyPlan.EMPTY.value, BodyPlan.PROBLEM.value)


@dataclass(frozen=True, slots=True)
class _Lines:
    """Field lines to write: name to value, or (`many`) to a list of values."""

    many: bool = False

    @property
    def form(self) -> Kind:
        return MapOf(vocabulary.editable_field, self._value)

    @property
    def _value(self) -> Kind:
        value = One(vocabulary.field_value)
        return ListOf(value, lone=True) if self.many else value

    def read(self, node: Node, report: Report) -> tuple[tuple[str, str], ...]:
        return tuple(self._lines(node, report))

    def show(self, value: Any) -> object:
        return [list(line) for line in value]

    def _lines(self, node: Node, report: Report) -> Iterator[tuple[str, str]]:
        for pair in pairs_of(node):
            name = report.attempt(pair.place, partial(vocabulary.editable_field, pair.key))
            read = report.attempt(pair.node.place, partial(self._value.read, pair.node, report))
            values = read if isinstance(read, tuple) else () if read is None else (read,)
            yield from ((name, value) for value in values if name is not None)


_HEADERS = Table(
    {
        "set": Key(_Lines(), "Field lines in the place of all of that name.", ()),
        "add": Key(_Lines(many=True), "Field lines beside those of that name.", ()),
        "remove": Key(ListOf(One(vocabulary.editable_field), lone=True), "Fields that do not leave the gateway.", ()),
    }
)


def retry_after(written: str) -> float | Literal["upstream", "none"]:
    if written == "upstream":
        return "upstream"
    if written == "none":
        return "none"
    try:
        return scalars.duration(written, least=1)
    except Wrong as wrong:
        raise Wrong(f"{wrong}; or write upstream or none") from None


THEN = Some(
    Table(
        {
            "status": Key(
                One(vocabulary.status_code),
                "The code to send; without it, the archive's own, or what is built in.",
                None,
            ),
            "headers": Key(_HEADERS, "Changes to the header section of the answer.", _HEADERS.defaults()),
            "body": Key(
                one_of(*_BODIES),
                "What becomes of the content: kept, dropped (empty), or replaced by a report of ours (problem).",
                None,
            ),
            "retry_after": Key(
                One(retry_after),
                "What Retry-After says; upstream: what the archive said, or else the default; none: there is none.",
                None,
            ),
            "healthy": Key(BOOLEAN, "What a breaker learns from it: whether the archive works.", None),
            "observe": Key(BOOLEAN, "With true, what would be done is counted, and nothing is done.", False),
            "allow_success": Key(
                BOOLEAN, "Whether an error may become a success; never where a client could lose data by that.", False
            ),
        }
    ),
    "does nothing; give a status, headers, a body, retry_after or healthy",
)


def read_then(node: Node, report: Report) -> Then:
    """What a rule does. A `then` that does nothing is refused."""
    values = THEN.read(node, report)
    headers = values["headers"]
    return Then(
        status=values["status"],
        edits=FieldEdits(remove=headers["remove"], set=headers["set"], add=headers["add"]),
        body=BodyPlan(values["body"]) if values["body"] else None,
        retry_after=values["retry_after"],
        healthy=values["healthy"],
        observe=values["observe"],
        allow_success=values["allow_success"],
    )
