"""What an explanation is: frozen values, with nothing but words, numbers and truths in them, and the same as JSON.

The JSON is what `explain --json` prints and the admin port sends; `from_json` is for the command line, which shows both.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from gateway.core.decision import UNCHANGED


class Found(StrEnum):
    """What came of asking a rule. `unknown`: what it asks for was not kept."""

    MATCHES = "matches"
    FAILS = "fails"
    NOT_PERMITTED = "not_permitted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Tried:
    """One rule. `held` of its `conditions` hold, and the next does not: `failed` says what it asks for, `seen` what was
    there. `elsewhere`: that already is about route, archive, transaction, method, code or label. `reached` is false behind
    the rule that decides. `would` is the code that it sends, or would send."""

    id: str
    pack: str
    where: str
    found: Found
    conditions: int
    held: int
    failed: str = ""
    seen: str = ""
    elsewhere: bool = False
    would: int | None = None
    why: str = ""
    observes: bool = False
    decides: bool = False
    reached: bool = True


@dataclass(frozen=True, slots=True)
class Asked:
    """The transaction, and how it was told from all others."""

    id: str
    name: str
    clause: str
    why: str
    route: str
    upstream: str


@dataclass(frozen=True, slots=True)
class Came:
    """What came of asking the archive: an answer, of which `size` and `looks_like` are known as far as it was looked at, or
    a failure with its sentence."""

    status: int | None = None
    media_type: str = ""
    size: int | None = None
    looks_like: str = ""
    failure: str = ""
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done about the code: by whom (the label that the metrics use), and why."""

    by: str
    before: int | None
    after: int
    why: str
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One field that goes out otherwise than it came. Values that may not be told are None."""

    name: str
    change: str  # added, changed, removed
    before: str | None
    after: str | None
    clause: str
    why: str


@dataclass(frozen=True, slots=True)
class Back:
    """When the client is told to come back, and by whom."""

    value: str
    source: str
    why: str


@dataclass(frozen=True, slots=True)
class Noted:
    """What would have been done, had it not been told to observe."""

    rule: str
    status: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """One exchange. `breaker` is what the archive's breaker learns: works, fails, nothing. `missing` are sentences on what
    could not be asked again; with any, the exchange may come out otherwise. `notes` say what else to keep in mind."""

    asked: Asked
    mode: str
    came: Came
    rules: tuple[Tried, ...]
    steps: tuple[Step, ...]
    status: int
    rule: str
    why: str
    lines: tuple[Line, ...]
    body: str
    body_why: str
    retry_after: Back | None
    breaker: str
    suspicion: str
    observed: tuple[Noted, ...]
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def decider(self) -> Tried | None:
        return next((rule for rule in self.rules if rule.decides), None)

    @property
    def changed(self) -> bool:
        return self.rule != UNCHANGED or self.status != self.came.status


def to_json(explanation: Explanation) -> dict[str, Any]:
    return asdict(explanation)


def from_json(data: Mapping[str, Any]) -> Explanation:
    """What `to_json` made, after it was written and read. Raises `KeyError` and `TypeError` on anything else."""
    back = data["retry_after"]
    return Explanation(
        **{
            **data,
            "asked": Asked(**data["asked"]),
            "came": Came(**data["came"]),
            "rules": tuple(Tried(**{**rule, "found": Found(rule["found"])}) for rule in data["rules"]),
            "steps": tuple(Step(**step) for step in data["steps"]),
            "lines": tuple(Line(**line) for line in data["lines"]),
            "retry_after": Back(**back) if back else None,
            "observed": tuple(Noted(**noted) for noted in data["observed"]),
            "missing": tuple(data["missing"]),
            "notes": tuple(data["notes"]),
        }
    )
