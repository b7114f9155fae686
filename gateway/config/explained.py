"""Cases, explained. Of one that is about bytes on a wire, the head of the answer, as far as there is one."""

import re
from dataclasses import replace

from gateway.config.cases import MOMENT, Answer, Case, Raw, exchange_of
from gateway.core.explain import Explanation, View, explain
from gateway.core.failures import Failure, FailureKind, Sent
from gateway.core.fields import Fields
from gateway.core.policy import Policy
from gateway.core.reply import Moment

_HEAD = re.compile(rb"HTTP/1\.[01] (\d{3})(?: [^\r\n]*)?\r\n((?:[!-9;-~]+:[^\r\n]*\r\n)*)\r\n")
ONLY_THE_HEAD = (
    "This case is about bytes on a wire; what is explained is the head of the answer, as if all else were sound."
)
NO_HEAD = "This case is about bytes on a wire, and they are no head of an answer: they are explained as invalid HTTP."


def explained(case: Case, policy: Policy, *notes: str, moment: Moment = MOMENT) -> Explanation:
    """What becomes of the exchange of a case, and why."""
    headed, note = _headed(case)
    request, outcome = exchange_of(headed, policy)
    return explain(request, outcome, policy, moment, view=View(notes=(*notes, note) if note else notes))


def _headed(case: Case) -> tuple[Case, str]:
    """A case that needs no sockets, and what has to be said where this one does."""
    upstream = case.upstream
    if isinstance(upstream, Answer) and upstream.cut is not None:
        return replace(case, upstream=replace(upstream, cut=None)), ONLY_THE_HEAD
    if not isinstance(upstream, Raw):
        return case, ""
    head = _HEAD.match(upstream.data)
    if head is None:
        return replace(case, upstream=Failure(FailureKind.HTTP_PROTOCOL_ERROR, Sent.PERHAPS)), NO_HEAD
    raw = (line.partition(b":") for line in head[2].split(b"\r\n") if line)
    fields = Fields.from_raw((name, value.strip()) for name, _, value in raw)
    return replace(case, upstream=Answer(int(head[1]), fields, upstream.data[head.end() :])), ONLY_THE_HEAD
