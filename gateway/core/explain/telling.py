"""Explanations in sentences, the same for the terminal and for the page of the admin port."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from gateway.core.decision import UNCHANGED
from gateway.core.explain.explanation import Came, Explanation, Found, Tried
from gateway.core.explain.sight import shortened

_MOST = 90  # characters of a condition; some patterns are pages

BODIES: Mapping[str, str] = MappingProxyType(
    {
        "keep": "kept",
        "empty": "none",
        "problem": "replaced by a report",
        "empty_list": "replaced by an empty list",
    }
)
BREAKER: Mapping[str, str] = MappingProxyType(
    {
        "works": "learns that the archive works",
        "fails": "learns that the archive fails",
        "nothing": "learns nothing from this",
    }
)
SUSPICIONS: Mapping[str, str] = MappingProxyType(
    {
        "store_without_response": "a store that succeeded without saying what it stored",
        "store_response_unread": "a store whose response cannot be read",
    }
)


def came(outcome: Came) -> str:
    """What came of asking the archive."""
    if outcome.failure:
        return f"There was no answer of the archive ({outcome.failure}). {outcome.sentence}"
    about = [outcome.media_type or "without a media type"]
    about += [f"{outcome.size} bytes"] if outcome.size is not None else []
    about += [_looks(outcome.looks_like)] if outcome.looks_like else []
    return f"The archive said {outcome.status}: {', '.join(about)}."


def _looks(kind: str) -> str:
    return "empty" if kind == "empty" else f"looks like {kind}"


def leaves(told: Explanation) -> str:
    """What the client gets."""
    if not told.changed:
        return f"The client gets the same {told.status}; nothing had to be changed."
    by = "" if told.rule == UNCHANGED else f" ({told.rule})"
    same = "the same " if told.status == told.came.status else ""
    return f"The client gets {same}{told.status}{by}."


def observing(told: Explanation) -> str:
    """What observe mode or observing rules would do; empty where nothing was noted."""
    would = ", ".join(f"{noted.status} by {noted.rule}" for noted in told.observed)
    return f"Noted, and not done: {would}." if would else ""


def rule(tried: Tried, told: Explanation) -> str:
    """What came of asking a rule."""
    return _FOUND[tried.found](tried, told)


def _matches(tried: Tried, told: Explanation) -> str:
    if tried.decides:
        return "decides."
    if not tried.reached:
        before = told.decider.id if told.decider else ""
        return f"would match and say {tried.would}, but {before} decides before it."
    return f"matches, and only observes: it would say {tried.would}. {tried.why}"


def _fails(tried: Tried, _told: Explanation) -> str:
    failed = shortened(tried.failed, _MOST)
    return f"fails at condition {tried.held + 1} of {tried.conditions}: {failed}; seen: {tried.seen}."


_FOUND: Mapping[Found, Callable[[Tried, Explanation], str]] = MappingProxyType(
    {
        Found.MATCHES: _matches,
        Found.FAILS: _fails,
        Found.NOT_PERMITTED: lambda tried, _: f"matches, and is not permitted: {tried.seen}.",
        Found.UNKNOWN: lambda tried, _: f"cannot be asked again: {tried.failed}; {tried.seen}.",
    }
)


def is_near(tried: Tried) -> bool:
    """Whether one has to look twice to see why it did not decide. Most rules are about other exchanges altogether."""
    if tried.found is Found.MATCHES or not tried.reached:
        return tried.found is Found.MATCHES
    return tried.found is not Found.FAILS or (tried.held > 0 and not (tried.pack and tried.elsewhere))
