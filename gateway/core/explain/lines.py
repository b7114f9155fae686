"""Field lines that go out otherwise than they came, each with the clause that makes us do it."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from gateway.core.decision import BodyPlan, Decision, FieldEdits
from gateway.core.explain.explanation import Line
from gateway.core.explain.view import View
from gateway.core.facts import Outcome, Response
from gateway.core.fields import Fields
from gateway.core.headers import DESCRIBES_CONTENT, HOP_BY_HOP, SINGLE
from gateway.core.normalise import Course
from gateway.core.reply import Reply
from gateway.core.rule import Rule

Because = tuple[str, str]  # a clause, and the reason

_FETCH: Because = ("Fetch 3.2", "a browser has to know before a script may see the answer")
_SAID_ANEW: Because = ("RFC 9110 7.6.1", "it is for one hop alone")
_DESCRIBES: Because = ("RFC 9110 8", "it describes a content that is not sent")
_FRAMING: Because = ("RFC 9110 8.6", "the length of what is sent is written in its place")

ADDED: Mapping[str, Because] = MappingProxyType(
    {
        "allow": ("RFC 9110 10.2.1", "a 405 lists the methods that are offered"),
        "cache-control": ("RFC 9111 5.2.2.5", "a report on one exchange is no answer for another"),
        "content-type": ("RFC 9110 8.3", "the content that is sent is the gateway's own"),
        "date": ("RFC 9110 6.6.1", "an answer without a date gets one on the way"),
        "proxy-status": ("RFC 9209 2", "it says what the gateway received and did"),
        "retry-after": ("RFC 9110 10.2.3", "it says when to come back"),
        "vary": ("RFC 9110 12.5.5", "a cache must not give one origin's answer to another"),
        "via": ("RFC 9110 7.6.3", "a gateway names itself"),
        "warning": ("PS3.18 8.3.4.4.1", "it says that something is missing"),
        "www-authenticate": ("RFC 9110 11.6.1", "a 401 says how to log in"),
    }
)
REMOVED: Mapping[str, Because] = MappingProxyType(
    {
        "alt-svc": ("RFC 7838 2.1", "where else the service is to be found is not the archive's to say"),
        "content-length": _FRAMING,
        "content-range": ("RFC 9110 14.4", "it has no meaning under this code"),
        "location": ("RFC 9110 10.2.2", "under this code, or with such an address, it leads nowhere"),
        "proxy-status": ("RFC 9209 2", "the gateway says its own"),
        "retry-after": ("RFC 9110 10.2.3", "it is not valid, or has no meaning under this code"),
        "strict-transport-security": ("RFC 6797 7.2", "it is about the archive's host, which the client does not know"),
    }
)
CHANGED: Mapping[str, Because] = MappingProxyType(
    {
        "content-location": ("RFC 9110 8.7", "the archive's address becomes the gateway's"),
        "content-type": ("RFC 9110 8.3", "the content that is sent is the gateway's own"),
        "link": ("RFC 8288 3", "the archive's address becomes the gateway's"),
        "location": ("RFC 9110 10.2.2", "the archive's address becomes the gateway's"),
        "proxy-status": ("RFC 9209 2", "the gateway says its own"),
        "refresh": ("HTML 4.2.5.3", "the archive's address becomes the gateway's"),
        "retry-after": ("RFC 9110 10.2.3", "it was not valid, or another one counts"),
        "set-cookie": ("RFC 6265 4.1.2", "the cookie is for the gateway's host"),
        "vary": ("RFC 9110 12.5.5", "a cache must not give one origin's answer to another"),
        "via": ("RFC 9110 7.6.3", "a gateway adds itself to those before it"),
        "warning": ("PS3.18 8.3.4.4.1", "it says that something is missing"),
    }
)
_DESCRIPTIONS = frozenset(name.lower() for name in DESCRIBES_CONTENT)
_TABLES = {"added": ADDED, "removed": REMOVED, "changed": CHANGED}


def lines(
    outcome: Outcome, reply: Reply, decision: Decision, course: Course, rule: Rule | None, view: View
) -> Iterator[Line]:
    """All of them, those that came first."""
    before = outcome.fields if isinstance(outcome, Response) else Fields()
    names = dict.fromkeys(name.lower() for name, _ in (*before, *reply.fields))
    for name in names:
        came, leaves = before.all(name), reply.fields.all(name)
        if came == leaves:
            continue
        change = "added" if not came else "changed" if leaves else "removed"
        clause, why = _because(name, change, came, decision, course, rule)
        # What the answer did not have is ours, or the operator's: it may be told.
        is_told = change == "added"
        after = ", ".join(leaves) if is_told or not leaves else view.told(name, leaves)
        yield Line(
            _written(name, before, reply.fields), change, view.told(name, came) if came else "", after, clause, why
        )


def _written(name: str, *sections: Fields) -> str:
    return next(written for fields in sections for written, _ in fields if written.lower() == name)


def _because(
    name: str, change: str, came: tuple[str, ...], decision: Decision, course: Course, rule: Rule | None
) -> Because:
    if rule is not None and not decision.untouched and _names(rule.then.edits, name):
        return f"rule {rule.id}", rule.why
    if _names(course.repair, name):
        return "PS3.18 8.7", "the label did not say what the content is"
    if name.startswith("access-control-"):
        return _FETCH
    if change == "removed" and name in HOP_BY_HOP:
        return _SAID_ANEW
    if change == "removed" and name not in REMOVED and decision.body is not BodyPlan.KEEP and name in _DESCRIPTIONS:
        return _DESCRIBES
    if change == "changed" and len(came) > 1 and name in SINGLE:
        return "RFC 9110 5.3", "of several lines the first counts"
    return _TABLES[change].get(name) or _SAID_ANEW


def _names(edits: FieldEdits, name: str) -> bool:
    written = (*edits.remove, *(line[0] for line in edits.set + edits.add))
    return any(name == one.lower() for one in written)
