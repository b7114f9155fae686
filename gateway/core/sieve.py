"""Which rules can decide an exchange at all, remembered by the facts that most of them ask for.

A thousand rules ask mostly about the same handful of facts: route, archive, transaction, method, status, media type. For each
combination that has occurred, the few rules whose conditions on these hold are kept, with the conditions that are left. So a
common answer costs a look-up and not a walk through all rules. What is remembered changes no verdict.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.core.conditions import Condition
from gateway.core.facts import Outcome, RequestFacts, Response
from gateway.core.rule import Rule
from gateway.dicomweb.media import parse_media_type

_MOST = 4096  # combinations; more than any archive shows, and less than a hostile one could make up


@dataclass(frozen=True, slots=True)
class Candidate:
    """A rule whose conditions on the facts of the key hold, and those that are left: of the head, and of the content."""

    rule: Rule
    of_head: tuple[Condition, ...]
    of_content: tuple[Condition, ...]

    def may_match(self, request: RequestFacts, outcome: Outcome) -> bool:
        """Whether it depends on the content, which has still to be read."""
        return all(condition.holds(request, outcome) for condition in self.of_head)

    def matches(self, request: RequestFacts, outcome: Outcome) -> bool:
        return self.may_match(request, outcome) and all(c.holds(request, outcome) for c in self.of_content)


Label = tuple[str, str] | None


def _label(outcome: Outcome) -> Label:
    """What a label says apart from the boundary, which is another one each time."""
    media = parse_media_type(outcome.fields.get("Content-Type")) if isinstance(outcome, Response) else None
    return (media.essence, media.parameter("type") or "") if media else None


class Sieve:
    """The rules of one policy, sifted."""

    __slots__ = ("_known", "_rules")

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = tuple(rules)
        self._known: dict[tuple[str, str, str, str, int | str, Label], tuple[Candidate, ...]] = {}

    def candidates(self, request: RequestFacts, outcome: Outcome) -> tuple[Candidate, ...]:
        """In the order in which they decide."""
        known = outcome.status if isinstance(outcome, Response) else outcome.kind.value
        key = (request.route, request.upstream, request.transaction.id, request.method, known, _label(outcome))
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            found = self._known[key] = self._sift(request, outcome)
        return found

    def _sift(self, request: RequestFacts, outcome: Outcome) -> tuple[Candidate, ...]:
        return tuple(
            Candidate(
                rule,
                tuple(c for c in rule.when if not c.is_keyed and not c.needs_content),
                tuple(c for c in rule.when if not c.is_keyed and c.needs_content),
            )
            for rule in self._rules
            if rule.is_permitted(outcome) and all(c.holds(request, outcome) for c in rule.when if c.is_keyed)
        )
