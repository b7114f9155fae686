"""What a policy makes of an exchange that is known by its sketch: a verdict, or why there is none. It never guesses.

1. The rules are asked in their order. The first that holds decides; one that may hold, and nobody can tell, ends it.
2. Everything behind the rules is `normalise`'s own course, on the stand-in.
3. Where the line says that its exchange was told by its content, the recorded verdict counts, if the same rule or none
   decides and the ground of the built-in semantics is the same; or else there is none.

Everything is judged in earnest, whatever `mode` says: a policy that observes is asked what it would do.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from gateway.config.settings import Route, Settings, route_for
from gateway.core.attention import wanted
from gateway.core.conditions import Condition
from gateway.core.decision import BodyPlan
from gateway.core.facts import Outcome, RequestFacts, Response
from gateway.core.normalise import course_of
from gateway.core.rule import Rule
from gateway.recordings.fingerprints import of_ground, of_rule
from gateway.recordings.sketch import Sketch
from gateway.recordings.telling import Truths, Witness

ToldBy = Literal["shape", "content"]
NO_RULE = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a client gets: the status, who decided, what becomes of the content."""

    status: int
    rule: str
    body: BodyPlan


@dataclass(frozen=True, slots=True)
class Untold:
    """There is no verdict, for this reason."""

    why: str


@dataclass(frozen=True, slots=True)
class Known:
    """What was true of an exchange when it was recorded, in earnest: the verdict, the fingerprint of the rule that decided,
    that of the ground, and which text conditions held."""

    verdict: Verdict
    rule: str
    ground: str
    told_by: ToldBy
    truths: Truths


class Bench:
    """One configuration that judges, with what has to be found out of it only once."""

    def __init__(self, settings: Settings) -> None:
        self.digest, self.policy = settings.digest, settings.policy
        self.ground = of_ground(settings.policy)
        self._bare = replace(settings.policy, rules=())
        self._routes: Mapping[str, Route] = {route.id: route for route in settings.routes}

    def verdict(self, sketch: Sketch, known: Known) -> Verdict | Untold:
        """What it makes of a recorded exchange."""
        placed = self._placed(sketch)
        if isinstance(placed, Untold):
            return placed
        witness = Witness.of(placed, known.truths)
        rule = self.first_rule(witness)
        if isinstance(rule, Untold):
            return rule
        return self._as_recorded(rule, known) if known.told_by == "content" else self.by_shape(witness, rule)

    def _placed(self, sketch: Sketch) -> Sketch | Untold:
        """The sketch on the route of that name in this configuration."""
        asked = sketch.request
        if not asked.route:
            return sketch
        route = self._routes.get(asked.route)
        if route is None:
            return Untold(f"there is no route {asked.route} in this configuration")
        if (route.service == "opaque") != asked.opaque:
            return Untold(f"route {asked.route} offers another service in this configuration")
        if route.upstream == asked.upstream:
            return sketch
        return replace(sketch, request=replace(asked, upstream=route.upstream))

    def route_of(self, target: str) -> Route | None:
        """The route that covers this raw target."""
        return route_for(target, self._routes.values())

    def first_rule(self, witness: Witness) -> Rule | Untold | None:
        """The rule that decides, None where none does."""
        for rule, conditions in self._in_question(witness):
            held = not rule.then.observe and witness.all_hold(conditions, self.policy.peek)
            if held is not False:
                return rule if held else Untold(f"rule {rule.id} asks for text that is not in a recording")
        return None

    def _in_question(self, witness: Witness) -> Iterator[tuple[Rule, tuple[Condition, ...]]]:
        """The rules that may decide, each with what it asks beside what the sieve knows; of a media type that is in no list
        the sieve knows nothing."""
        if witness.is_unlisted:
            yield from ((rule, rule.when) for rule in self.policy.rules if rule.is_permitted(witness.outcome))
            return
        for candidate in self.policy.sieve.candidates(witness.request, witness.outcome):
            yield candidate.rule, (*candidate.of_head, *candidate.of_content)

    def _as_recorded(self, rule: Rule | None, known: Known) -> Verdict | Untold:
        same = known.rule == (of_rule(rule) if rule else NO_RULE) and known.ground == self.ground
        return known.verdict if same else Untold("its content decided, and only the shape of it is recorded")

    def by_shape(self, witness: Witness, rule: Rule | None) -> Verdict | Untold:
        """What becomes of the stand-in where this rule decides."""
        outcome = witness.outcome
        if isinstance(outcome, Response) and self._would_read_on(witness.request, outcome):
            return Untold("more of its content would be looked at than was when it was recorded")
        return self.judged(witness.request, outcome, rule)

    def _would_read_on(self, request: RequestFacts, outcome: Response) -> bool:
        held = outcome.peek
        return held is not None and not outcome.whole and wanted(request, outcome, self._bare) > len(held)

    def judged(self, request: RequestFacts, outcome: Outcome, rule: Rule | None) -> Verdict:
        """The verdict on an exchange in which this rule decides."""
        if isinstance(outcome, Response) and outcome.ours:
            return Verdict(outcome.status, "preflight", BodyPlan.EMPTY)
        course = course_of(request, outcome, self._bare, rule)
        return Verdict(course.last.status, course.last.rule, course.body)

    def decided(self, request: RequestFacts, outcome: Outcome) -> tuple[Rule | None, Verdict]:
        """The rule that decides an exchange which is known to the last byte, and the verdict."""
        candidates = self.policy.sieve.candidates(request, outcome)
        rule = next((c.rule for c in candidates if not c.rule.then.observe and c.matches(request, outcome)), None)
        return rule, self.judged(request, outcome, rule)
