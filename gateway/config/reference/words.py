"""What a key may hold, in words that go into a sentence: `a duration`, `a list, each item a network`."""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.config.compound import Either, Maybe, OneOrMore, Some
from gateway.config.kinds import Kind, ListOf, MapOf, One, Table
from gateway.config.reference.spelling import Spelling
from gateway.config.reference.spellings import spelling_of
from gateway.config.reference.structure import form_of, table_in


@dataclass(frozen=True, slots=True)
class Words:
    """How a spelling is called, and a table of keys: plainly, or with a link to where it is explained."""

    spelling: Callable[[Spelling], str] = lambda spelling: spelling.phrase
    keys: str = "keys below"

    def of(self, kind: Kind) -> str:
        form = form_of(kind)
        match form:
            case One(parse):
                return self.spelling(spelling_of(parse))
            case Table():
                return self.keys
            case ListOf(item, lone):
                return f"{self.of(item)}, or a list of such" if lone else f"a list, {self._each('item', item)}"
            case OneOrMore(item):
                return f"{self.of(item)}, or a list of such"
            case MapOf(key, value):
                return f"a mapping, each key {self.spelling(spelling_of(key))}, {self._each('value', value)}"
            case Some(inner):
                return self.of(inner)
            case Maybe(inner):
                return f"{self.of(inner)} or null"
            case Either(first, second):
                return f"{self.of(first)}, or {self.of(second)}"
        raise AssertionError(form)

    def _each(self, what: str, kind: Kind) -> str:
        return f"each with {self.keys}" if table_in(kind) else f"each {what} {self.of(kind)}"
