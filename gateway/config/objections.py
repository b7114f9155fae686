"""What speaks against a rule as a whole: what it may not send, and conditions under which it could never fire.

A table of functions. Each looks at one thing and yields the keys of the rule to point at, and a sentence.
"""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from gateway.config.scalars import show_statuses
from gateway.core.conditions import OneOf, StatusIs
from gateway.core.decision import BodyPlan
from gateway.core.policy import Documented
from gateway.core.retry_after import MEANINGFUL
from gateway.core.rule import Rule
from gateway.dicomweb.statuses import DCS_SET, FORBIDS_CONTENT
from gateway.dicomweb.transactions import TRANSACTIONS

Objection: TypeAlias = tuple[tuple[str, ...], str]

# Words that speak of an answer of the archive. Where there is none they never hold.
_OF_ANSWERS = (
    "status", "location", "reason", "header", "media_type", "unexpected_media", "size", "looks_like", "json", "body",
)  # fmt: skip
_STATUS, _SUCCESS = ("then", "status"), ("then", "allow_success")


def objections(rule: Rule, documented: Documented | None) -> Iterator[Objection]:
    """Everything that speaks against a rule. `documented` None: that section is faulty, and not held against rules."""
    if documented is not None and rule.then.status is not None and not documented.allows(rule.then.status):
        yield _STATUS, undocumented(rule.then.status, documented)
    for objection in _OBJECTIONS:
        yield from objection(rule)


def undocumented(status: int, documented: Documented) -> str:
    every = documented.codes | documented.added.keys()
    allowed = show_statuses(frozenset(code for code in every if documented.allows(code)))
    hint = "" if status in every else "; documented.add can add a row"
    return f"{status} is not in the documented set ({allowed}){hint}"


def _words(rule: Rule, word: str) -> frozenset[str] | None:
    """The words of one condition, None where the rule does not set it."""
    return next((c.wanted for c in rule.when if isinstance(c, OneOf) and c.word == word), None)


def _without_answer(rule: Rule) -> bool:
    return _words(rule, "failure") is not None or _words(rule, "origin") == frozenset({"gateway"})


def _never_holds(rule: Rule) -> Iterator[Objection]:
    if _words(rule, "failure") is not None and _words(rule, "origin") == frozenset({"upstream"}):
        yield ("when", "failure"), "never holds: origin: upstream means that the archive answered"
    if _without_answer(rule):
        given = {condition.word for condition in rule.when}
        for word in (word for word in _OF_ANSWERS if word in given):
            yield (
                ("when", word),
                "never holds: where the gateway answers for a failure there is no answer of the archive",
            )


def _never_fires(rule: Rule) -> Iterator[Objection]:
    then = rule.then
    if then.status is None or then.status >= 300 or then.allow_success:
        return
    codes = next((c.wanted for c in rule.when if isinstance(c, StatusIs)), None)
    only_failures = codes is not None and not any(200 <= code < 300 or code == 304 for code in codes)
    if only_failures or _without_answer(rule):
        yield (
            _STATUS,
            f"never fires: {then.status} would make a success out of a failure; allow_success: true permits it",
        )


def _unsafe_success(rule: Rule) -> Iterator[Objection]:
    if not rule.then.allow_success:
        return
    if rule.then.status is None or rule.then.status >= 300:
        yield _SUCCESS, "goes with a status below 300"
        return
    named = _words(rule, "transaction")
    harmful = sorted(id_ for id_ in named or TRANSACTIONS if TRANSACTIONS[id_].never_to_success)
    if named is None:
        yield _SUCCESS, "must name its transactions in when.transaction; without, it would cover stores too"
    elif harmful:
        why = "a client would believe that data is safe which is not"
        yield _SUCCESS, f"is refused for {', '.join(harmful)}: {why}"


def _body_where_none_may_be(rule: Rule) -> Iterator[Objection]:
    if rule.then.status in FORBIDS_CONTENT and rule.then.body not in (None, BodyPlan.EMPTY):
        yield ("then", "body"), f"{rule.then.status} has no body (RFC 9110); leave it out, or write empty"


def _retry_after_nobody_reads(rule: Rule) -> Iterator[Objection]:
    then = rule.then
    if then.status is not None and then.retry_after not in (None, "none") and then.status not in MEANINGFUL:
        meaningful = show_statuses(frozenset(MEANINGFUL & DCS_SET))
        yield ("then", "retry_after"), f"Retry-After is never sent with {then.status}, only with {meaningful}"


_OBJECTIONS: tuple[Callable[[Rule], Iterator[Objection]], ...] = (
    _never_holds,
    _never_fires,
    _unsafe_success,
    _body_where_none_may_be,
    _retry_after_nobody_reads,
)
