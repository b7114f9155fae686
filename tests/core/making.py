"""Short ways to make the values that the judgement works on."""

from gateway.core.conditions import Condition
from gateway.core.decision import Decision
from gateway.core.facts import Outcome, RequestFacts, Response
from gateway.core.failures import Failure, FailureKind, Sent
from gateway.core.fields import Fields
from gateway.core.normalise import normalise
from gateway.core.policy import Documented, Policy
from gateway.core.reply import Moment, Reply, compose
from gateway.core.rule import Rule, Then
from gateway.dicomweb.classify import classify
from gateway.dicomweb.statuses import DCS_SET

NOON = Moment(
    now=1_767_268_800.0,  # 1 January 2026, 12:00 UTC
    http_date="Thu, 01 Jan 2026 12:00:00 GMT",
    chance=0.0,
    exchange_id="00000000-0000-4000-8000-000000000000",
)
STRICT = Policy()
SECOND_SET = Policy(documented=Documented("dcs", DCS_SET))

Lines = tuple[str, str]


def asked(method: str = "GET", target: str = "/rs/studies/2.25.1", *lines: Lines, **facts: object) -> RequestFacts:
    fields = Fields(lines)
    classification = classify(method, target, accept=fields.combined("Accept"), content_type=fields.get("Content-Type"))
    known: dict[str, object] = {"route": "dicomweb", "upstream": "pacs", "public_base": "https://gw.example"}
    return RequestFacts(method, target, fields, classification, **{**known, **facts})  # type: ignore[arg-type]


def said(status: int, *lines: Lines, body: bytes | None = None) -> Response:
    """An answer; with `body` one whose content was looked at to its end."""
    return Response(status, Fields(lines), body, whole=body is not None)


def failed(kind: FailureKind, sent: Sent = Sent.NOTHING) -> Failure:
    return Failure(kind, sent)


def rule(id_: str, *when: Condition, **then: object) -> Rule:
    return Rule(id_, f"why of {id_}", when, Then(**then))  # type: ignore[arg-type]


def judged(request: RequestFacts, outcome: Outcome, policy: Policy = STRICT) -> Decision:
    return normalise(request, outcome, policy)


def replied(request: RequestFacts, outcome: Outcome, policy: Policy = STRICT, moment: Moment = NOON) -> Reply:
    decision = normalise(request, outcome, policy)
    return compose(decision, request, outcome, policy, moment, "http://pacs.internal:8042")


STORE = asked("POST", "/rs/studies", ("Content-Type", 'multipart/related; type="application/dicom"; boundary=b'))
SEARCH = asked("GET", "/rs/studies?limit=1", ("Accept", "application/dicom+json"))
RETRIEVE = asked("GET", "/rs/studies/2.25.1")
ELSEWHERE = asked("GET", "/index.html")
