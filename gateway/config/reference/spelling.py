"""How a single value is written: in words, and as JSON Schema.

An editor reads YAML 1.2 and hands numbers and truth values to the schema where our reader sees a text. So a spelling names
the types that YAML may make of it. `${NAME}` may stand in every value, in whole or in part, and in no key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Fragment: TypeAlias = dict[str, Any]  # of a schema

WORDS = ("number", "boolean")  # a text may look like either: `007`, `1e5`, `true`
REFERENCE = r"\$\{"


def whole(pattern: str) -> str:
    """The pattern of a whole text. In a schema one is searched anywhere."""
    return f"^(?:{pattern})$"


@dataclass(frozen=True, slots=True)
class Spelling:
    """One way of writing a value. Either `values` are all there are, or the text matches `pattern`."""

    words: str
    pattern: str = ""
    values: tuple[str | int, ...] = ()
    types: tuple[str, ...] = ()
    within: str = ""  # further words, about bounds that no pattern can tell
    bounds: Mapping[str, float] | None = None  # of a number: minimum, maximum
    examples: tuple[str, ...] = ()
    name: str = ""  # where the schema and the page explain it once for many keys
    about: str = ""  # what they say there

    def as_value(self) -> Fragment:
        if self.values:
            return {"anyOf": [{"enum": list(self.values)}, {"$ref": "#/$defs/environment"}]}
        pattern = {"pattern": f"{self.pattern}|{REFERENCE}"} if self.pattern else {}
        return {"type": self._types(), **pattern, **(self.bounds or {}), "errorMessage": self._demand()}

    def _demand(self) -> str:
        """What language servers say in the place of `does not match the pattern`; other readers of a schema pass over it."""
        such_as = f", such as {', '.join(self.examples)}" if self.examples and "such as" not in self.words else ""
        return f"Write {self.words}{such_as}.".replace("`", "")

    @property
    def phrase(self) -> str:
        return self.words + self.within

    def _types(self) -> str | list[str]:
        """What is meant comes first: editors offer it."""
        if not self.types:
            return "string"
        return ["string", *self.types] if self.types == WORDS else [*self.types, "string"]

    def as_key(self) -> Fragment:
        return {"enum": list(self.values)} if self.values else {"pattern": self.pattern}


ENVIRONMENT: Fragment = {
    "$comment": "${NAME} or ${NAME:-default}, filled in from the environment.",
    "type": "string",
    "pattern": REFERENCE,
}
