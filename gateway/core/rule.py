"""One rule of the operator or of a pack: when it applies, and what it does."""

from dataclasses import dataclass
from typing import Literal

from gateway.core.conditions import Condition
from gateway.core.decision import NO_EDITS, BodyPlan, FieldEdits
from gateway.core.facts import Outcome, RequestFacts, Response


@dataclass(frozen=True, slots=True)
class Then:
    """What a rule does. None leaves a matter to the built-in semantics."""

    status: int | None = None
    edits: FieldEdits = NO_EDITS
    body: BodyPlan | None = None
    retry_after: float | Literal["upstream", "none"] | None = None
    healthy: bool | None = None
    observe: bool = False
    allow_success: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the operator or of a pack. `where` is file:line for people; the first rule that matches decides."""

    id: str
    why: str
    when: tuple[Condition, ...]
    then: Then
    pack: str = ""
    where: str = ""

    @property
    def needs_content(self) -> bool:
        return any(condition.needs_content for condition in self.when)

    def is_permitted(self, outcome: Outcome) -> bool:
        """Never a success out of a failure: such a rule must say `allow_success`, or it does not apply."""
        if self.then.status is None or self.then.status >= 300 or self.then.allow_success:
            return True
        return isinstance(outcome, Response) and (200 <= outcome.status < 300 or outcome.status == 304)

    def matches(self, request: RequestFacts, outcome: Outcome) -> bool:
        return all(condition.holds(request, outcome) for condition in self.when)
