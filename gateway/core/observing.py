"""What would have been done, noted where it is not: the whole policy under `mode: observe`, or single rules that observe.

A note is worth its line where the client would get another reply: another status, another content, other field lines. A rule
that matches and leaves all of that as it is changes nothing, and neither would its switch. `Proxy-Status` does not count, as
it only tells of the rest. What a single rule would teach the breaker does.
"""

from gateway.core.decision import UNCHANGED, Decision, Observed
from gateway.core.facts import Outcome, RequestFacts
from gateway.core.policy import Policy
from gateway.core.reply import Moment, compose

# The label of what the built-in semantics would do to field lines alone: add what the code owes, take away what means
# nothing under it. Where that is done, the answer counts as unchanged, since its status and content are the archive's.
FIELDS = "fields"

# Two replies are held against each other, at the same moment and by the same chance; neither ever leaves.
_NEVER = Moment(0.0, "", 0.0, "")
_APART = ("Proxy-Status", "Content-Length")  # the comment on a reply, and its framing


def noted(
    rule: str, would: Decision, leaves: Decision, request: RequestFacts, outcome: Outcome, policy: Policy
) -> tuple[Observed, ...]:
    """The note on what `rule` would have sent in place of what leaves; none where that is the same."""
    told = [_told(decision, request, outcome, policy) for decision in (would, leaves)]
    if told[0] == told[1] and would.healthy == leaves.healthy:
        return ()
    return (Observed(FIELDS if rule == UNCHANGED else rule, would.status),)


def _told(decision: Decision, request: RequestFacts, outcome: Outcome, policy: Policy) -> tuple[object, ...]:
    """What a client is told. The order of lines with different names means nothing (RFC 9110 5.3)."""
    reply = compose(decision, request, outcome, policy, _NEVER)
    lines = sorted((name.lower(), value) for name, value in reply.fields.without(*_APART))
    return reply.status, reply.body, reply.content, lines
