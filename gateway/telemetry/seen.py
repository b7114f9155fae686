"""What is kept of an exchange, so that it can be explained for as long as the journal knows it.

In memory only, bounded, and never written anywhere. Of the target nothing is kept but which of the keys of WADO-URI it
named; of the fields those that judging reads, and never one with a password or a session; of the content its first bytes,
and only where the exchange was changed, failed, or was noted by a rule. What of that may be told is another question: see
`core/explain`.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

from gateway.core.attention import is_read, wanted
from gateway.core.conditions import Condition, FieldMatches, ReasonMatches, SizeIs
from gateway.core.decision import UNCHANGED, Decision
from gateway.core.facts import Outcome, RequestFacts, Response
from gateway.core.fields import Fields
from gateway.core.likeness import IMPERSONAL, VARYING
from gateway.core.policy import Policy
from gateway.dicomweb.classify import Classification
from gateway.dicomweb.transactions import Template, Transaction
from gateway.telemetry.record import ExchangeRecord

MOST = 16 * 1024  # bytes of one content, whatever the policy would have looked at
_REASON = 200  # characters of a reason phrase
_MOST_LINES = 1000

Line = tuple[str, str]

# What judging reads of a request. Whom it is from and what it may see is no part of that.
_OF_REQUESTS = frozenset(
    {
        "accept", "content-type", "content-length", "range", "if-match", "if-none-match", "if-modified-since",
        "if-unmodified-since", "if-range", "origin", "access-control-request-method", "upgrade", "sec-websocket-key",
        "sec-websocket-version",
    }
)  # fmt: skip
_OF_ANSWERS = IMPERSONAL | {
    "allow", "content-encoding", "content-location", "content-range", "location", "retry-after", "sec-websocket-accept",
    "transfer-encoding", "upgrade", "warning", "www-authenticate",
}  # fmt: skip
# Whatever a rule may ask for: these open doors.
_NEVER = frozenset(
    {"authorization", "authentication-info", "cookie", "proxy-authorization", "set-cookie", "set-cookie2"}
)
_KEYS = ("requesttype", "studyuid", "seriesuid", "objectuid", "contenttype")  # of WADO-URI, PS3.18 9.4.1

NO_CONTENT = "the content was not kept"
NO_FIELD = "this header was not kept"
NO_REASON = "the reason phrase was not kept"
NO_LENGTH = "the length was not kept"


class Seen(NamedTuple):
    """An exchange as it was judged, with all that is in it. It must not outlive its exchange: `keep` says what may."""

    request: RequestFacts
    outcome: Outcome
    decision: Decision
    policy: Policy


class Recorder(Protocol):
    """Hears of every exchange at its end. `seen` is None where nothing was judged, since the client had left before."""

    def hear(self, seen: Seen | None, record: ExchangeRecord) -> None: ...


class Bare(NamedTuple):
    """An answer without its content."""

    status: int
    lines: list[Line]
    parts_sent: int | None
    ours: bool


class Kept(NamedTuple):
    """What is left of an exchange, in the fewest pieces: one is kept of each, and hardly any is asked for. `asked` are lines
    of the request, `depth` is how far down its service root was. `fields` are the names that were kept where an answer had
    them; `closely` says that the content, as far as it was looked at, and the reason phrase were kept too."""

    method: str
    keys: str
    asked: list[Line]
    transaction: Transaction
    level: str
    allow: tuple[str, ...]
    template: Template | None
    depth: int
    route: str
    upstream: str
    opaque: bool
    has_content: bool
    answer: Outcome | Bare
    fields: frozenset[str]
    closely: bool

    @property
    def request(self) -> RequestFacts:
        found = Classification(self.transaction, "/*" * self.depth, self.level, self.allow, self.template)
        return RequestFacts(
            self.method, self.keys, Fields(self.asked), found, self.route, self.upstream,
            opaque=self.opaque, has_content=self.has_content,
        )  # fmt: skip

    @property
    def outcome(self) -> Outcome:
        bare = self.answer
        if not isinstance(bare, Bare):
            return bare
        return Response(bare.status, Fields(bare.lines), parts_sent=bare.parts_sent, ours=bare.ours)

    def missing(self, condition: Condition, policy: Policy) -> str:
        """Why a rule of this policy cannot be asked again; empty where it can."""
        answer = self.outcome
        if not isinstance(answer, Response):
            return ""
        if condition.needs_content:
            return self.missing_content(policy)
        for kind, is_there, why in _NEEDS:
            if isinstance(condition, kind) and not is_there(self, answer, condition):
                return why
        return ""

    def missing_content(self, policy: Policy) -> str:
        """Why the content cannot be judged again; empty where it can, or where it has no part in the verdict."""
        request, answer = self.request, self.outcome
        if not isinstance(answer, Response) or answer.whole or not is_read(request, answer):
            return ""
        held = len(answer.peek or b"")
        if wanted(request, answer, policy) <= held:
            return ""
        return f"only the first {held} bytes of the content were kept" if held else NO_CONTENT

    def with_length(self, record: ExchangeRecord) -> "Kept":
        """The same, with the length that the client's copy shows the content to have had."""
        answer = self.outcome
        is_told = record.status == 200 and record.method != "HEAD" and record.ended == "complete"
        if "content-length" in self.fields or not isinstance(answer, Response) or not is_told:
            return self
        fields = answer.fields.adding(("Content-Length", str(record.bytes_out)))
        return self._replace(answer=replace(answer, fields=fields))


# Conditions on what may not have been kept: whether it was, and what is said where it was not.
_NEEDS: tuple[tuple[type, Callable[[Kept, Response, Any], bool], str], ...] = (
    (FieldMatches, lambda kept, _answer, condition: condition.name.lower() in kept.fields, NO_FIELD),
    (ReasonMatches, lambda kept, _answer, _condition: kept.closely, NO_REASON),
    (SizeIs, lambda _kept, answer, _condition: "Content-Length" in answer.fields or answer.whole, NO_LENGTH),
)


class Memory:
    """Decides what is kept, for one policy after another: rules say themselves which fields they ask for."""

    def __init__(self) -> None:
        self._policy: Policy | None = None
        self._closely = self._alike = frozenset[str]()  # fields of answers
        self._lines: dict[Line, Line] = {}  # the same ones come again and again

    def keep(self, seen: Seen, *, closely: bool) -> Kept:
        """What may outlive the exchange. `closely`: with what was in the answer. Without, only what is true of all that are
        like it (`core/likeness`), so that hardly anything new has to be remembered."""
        if seen.policy is not self._policy:
            self._policy, self._closely = seen.policy, _asked_for(seen.policy)
            self._alike = self._closely - VARYING
        facts, found = seen.request, seen.request.classification
        names = self._closely if closely else self._alike
        return Kept(
            facts.method, _keys(facts), self._kept(facts.fields, _OF_REQUESTS),
            found.transaction, found.level, found.allow, found.template, found.root.count("/"),
            facts.route, facts.upstream, facts.opaque, facts.has_content, self._answer(seen, names, closely), names, closely,
        )  # fmt: skip

    def _kept(self, fields: Fields, names: frozenset[str]) -> list[Line]:
        if len(self._lines) > _MOST_LINES:
            self._lines.clear()
        once = self._lines.setdefault
        return [once(line, line) for line in fields.lines if line[0].lower() in names]

    def _answer(self, seen: Seen, names: frozenset[str], closely: bool) -> Outcome | Bare:
        answer = seen.outcome
        if not isinstance(answer, Response):
            return answer
        lines = self._kept(answer.fields, names)
        if not closely:
            return Bare(answer.status, lines, answer.parts_sent, answer.ours)
        peek, most = answer.peek, min(seen.policy.peek, MOST)
        whole = answer.whole and len(peek or b"") <= most
        first, reason = None if peek is None else peek[:most], answer.reason[:_REASON]
        return Response(answer.status, Fields(lines), first, whole, reason, answer.parts_sent, answer.ours)


def is_worth_a_look(decision: Decision, record: ExchangeRecord) -> bool:
    """Whether somebody may ask what was in the answer: it was changed, failed, or noted."""
    changed = decision.rule != UNCHANGED or decision.status != decision.received
    return changed or record.is_failure or bool(decision.observed or decision.suspicion)


def _asked_for(policy: Policy) -> frozenset[str]:
    """The fields of answers that this policy reads, and those that may be told anyway."""
    conditions = (condition for rule in policy.rules for condition in rule.when)
    by_rules = {condition.name.lower() for condition in conditions if isinstance(condition, FieldMatches)}
    return (_OF_ANSWERS | by_rules) - _NEVER


def _keys(facts: RequestFacts) -> str:
    """A target with those of the known keys that were there, where that matters; never a path, nor what a key was given."""
    if facts.transaction.service not in ("uri", "other") or "?" not in facts.target:
        return "/"
    given = {pair.partition("=")[0].lower() for pair in facts.target.partition("?")[2].split("&")}
    return "/?" + "&".join(key for key in _KEYS if key in given)
