"""The names in the targets of checks: what they stand for on the wire, and how they are shown.

A template such as `{root}/studies/{study}` is filled in twice: with values for the archive, with masks for the report. What
was made up for the survey needs no mask; a made-up UID has one because it is long.
"""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from string import Formatter
from urllib.parse import quote

from gateway.probe.target import Target

NOBODY = "PACS-GATEWAY-PROBE-NOBODY"
MALFORMED = "not.a.uid"
# What may stay of a path beside its masks: the words of the standard, the tag of an attribute, the root of a service.
_MASK = re.compile(r"\{[a-z]+ [0-9]+\}")
_HARMLESS = re.compile(r"(?:/(?:[A-Za-z_-]{1,40}|[0-9A-Fa-f]{8})?)*")


def new_uid() -> str:
    """A UID that nobody else has (PS3.5 B.2), so that no archive knows it."""
    return f"2.25.{uuid.uuid4().int}"


@dataclass(frozen=True, slots=True)
class Names:
    """Values and masks by name. `plain` shows the values themselves (`--identifiers`)."""

    values: Mapping[str, str]
    masks: Mapping[str, str]
    plain: bool = False

    def has(self, template: str) -> bool:
        """Whether every name in a template is known. An empty value is one: a service may begin at the root."""
        return all(name in self.values for _, name, _, _ in Formatter().parse(template) if name)

    def fill(self, template: str) -> str:
        return template.format_map(self.values)

    def show(self, template: str) -> str:
        return self.fill(template) if self.plain else template.format_map({**self.values, **self.masks})

    def knowing(self, **more: str) -> "Names":
        """With names that were made up, or that say nothing about anybody."""
        return replace(self, values={**self.values, **more})

    def finding(self, number: int, **found: str) -> "Names":
        """With identifiers of the archive, each under a mask with the number of its study."""
        masks = {name: f"{{{name} {number}}}" for name in found}
        return replace(self, values={**self.values, **found}, masks={**self.masks, **masks})

    def concealing(self, number: int, **places: str) -> "Names":
        """With paths that hold identifiers which are masked already. One that holds more than those is masked as a whole."""
        masks = {name: self._concealed(path, f"{{{name} {number}}}") for name, path in places.items()}
        return replace(self, values={**self.values, **places}, masks={**self.masks, **masks})

    def _concealed(self, path: str, otherwise: str) -> str:
        known = [name for name in self.masks if name in ("instance", "series", "study")]
        for name in sorted(known, key=lambda name: -len(self.values[name])):
            path = path.replace(self.values[name], self.masks[name])
        return path if _HARMLESS.fullmatch(_MASK.sub("", path)) else otherwise


def made_up(target: Target, *, plain: bool) -> Names:
    """The names that need no archive."""
    values = {"root": target.root, "wado": target.wado, "nobody": NOBODY, "malformed": MALFORMED, "unknown": new_uid()}
    return Names(values, {"unknown": "{made-up UID}"}, plain)


def others(names: Names) -> Names:
    """The same with other made-up values: what stays the same in the answer to both is the archive's own wording."""
    return names.knowing(nobody=f"{NOBODY}-2", malformed="no-uid-either", unknown=new_uid())


def example_names(names: Names) -> Names:
    """Nobody's identifiers, for examples that are written down."""
    study = "2.25.100"
    found = {
        "study": study, "series": f"{study}.1", "instance": f"{study}.1.1", "patient": "EXAMPLE", "unknown": "2.25.999",
        "bulk": f"{names.values['root']}/studies/{study}/series/{study}.1/instances/{study}.1.1/bulkdata/7FE00010",
        "bad_bulk": f"{names.values['root']}/studies/{study}/series/{study}.1/instances/{study}.1.1/bulkdata/zzz",
        "own_study": "2.25.200", "etag": '"example"',
    }  # fmt: skip
    return Names({**names.values, **found}, {}, plain=True)


def escaped(value: str) -> str:
    return quote(value, safe="")
