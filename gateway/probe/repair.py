"""What the gateway would make of an exchange: the way of traffic, and the same judgement on the reply as on the answer."""

from dataclasses import dataclass

from gateway.config.cases import MOMENT
from gateway.core.attention import look, wanted
from gateway.core.decision import UNCHANGED
from gateway.core.facts import Outcome, RequestFacts, Response, classified, parts_in
from gateway.core.failures import Failure, FailureKind, Sent
from gateway.core.fields import Fields
from gateway.core.normalise import normalise
from gateway.core.policy import Policy
from gateway.core.reply import Reply, compose
from gateway.core.request import KNOWN_METHODS
from gateway.dicomweb.statuses import FORBIDS_CONTENT
from gateway.probe.exchange import Answer, Ask, Ending
from gateway.probe.judgement import Judgement, judge
from gateway.probe.survey import AWAY, Exchange

UPSTREAM = ROUTE = "pacs"


@dataclass(frozen=True, slots=True)
class Repair:
    """What a client gets, who decided that, and what is still wrong with it. `pack` names the owner of the rule."""

    status: int
    rule: str
    pack: str
    of_rules: bool
    judgement: Judgement
    whole: bool

    @property
    def complete(self) -> bool:
        return not self.judgement.deviations

    @property
    def by(self) -> str:
        """In words."""
        if self.pack:
            return f"rule {self.rule} of pack {self.pack}"
        if self.of_rules:
            return f"rule {self.rule}, written for this archive"
        if self.rule == "failure":
            return "the gateway, which answers in the archive's place"
        if self.rule == UNCHANGED:
            return "the built-in semantics, which add what this code owes"
        return f"the built-in semantics ({self.rule})"


def repair(exchange: Exchange, policy: Policy) -> Repair:
    request = facts(exchange.ask)
    outcome = outcome_of(request, exchange.ask, exchange.answer, policy)
    decision = normalise(request, outcome, policy)
    reply = compose(decision, request, outcome, policy, MOMENT)
    got = _got(exchange, outcome, reply)
    rule = next((rule for rule in policy.rules if rule.id == decision.rule), None)
    judged = judge(exchange.check, exchange.ask, got)
    pack = rule.pack if rule else ""
    return Repair(decision.status, decision.rule, pack, rule is not None, judged, got.ending is not Ending.CUT)


def facts(ask: Ask) -> RequestFacts:
    fields = Fields(ask.fields)
    if ask.content is not None:
        fields = fields.adding(("Content-Length", str(len(ask.content))))
    found = classified(ask.method, ask.target, fields)
    return RequestFacts(ask.method, ask.target, fields, found, ROUTE, UPSTREAM, has_content=bool(ask.content))


def outcome_of(request: RequestFacts, ask: Ask, answer: Answer, policy: Policy) -> Outcome:
    """The outcome as the gateway would see it: an answer that breaks while it is held is none."""
    if ask.method not in KNOWN_METHODS:
        return Failure(FailureKind.METHOD_NOT_SUPPORTED)  # of such a method the archive never hears
    if answer.failure is not None:
        return Failure(answer.failure, Sent.NOTHING if answer.failure in AWAY else Sent.PERHAPS)
    head = Response(answer.status, answer.fields, reason=answer.reason, parts_sent=parts_in(request, ask.content))
    held = look(request, head, answer.content, policy)
    if answer.ending is Ending.CUT and _breaks_while_held(request, held, answer, policy):
        return Failure(FailureKind.HTTP_RESPONSE_INCOMPLETE, Sent.PERHAPS)
    return held


def _breaks_while_held(request: RequestFacts, held: Response, answer: Answer, policy: Policy) -> bool:
    length = answer.fields.get("Content-Length")
    announced = int(length) if length.isdecimal() else 0
    least = announced if announced <= policy.peek else 0
    return len(answer.content) < max(wanted(request, held, policy), least, 1)


def _got(exchange: Exchange, outcome: Outcome, reply: Reply) -> Answer:
    """The reply as a client would find it."""
    ask, answer = exchange.ask, exchange.answer
    if reply.content is not None or not isinstance(outcome, Response):
        content, ending = reply.content or b"", Ending.WHOLE
    else:
        content, ending = answer.content, answer.ending
    if ask.method == "HEAD" or reply.status in FORBIDS_CONTENT:
        content, ending = b"", Ending.WHOLE
    fields = reply.fields
    if reply.status in FORBIDS_CONTENT:
        fields = fields.without("Content-Length", "Transfer-Encoding")  # framing is written last, and never for these
    return Answer(reply.status, reply.reason, fields, content, ending)
