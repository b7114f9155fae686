"""Table N.7-89: what the gateway, as the user agent of each archive, does with the codes it receives.

`pass`, `follow` and `retry` come from `on_status`, their bounds from `follow` and `retry`. A code that is passed on still
meets the readings and the fold of Table N.7-88. The last row is for all codes that the table does not name.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from gateway.config.scalars import show_duration, show_percent
from gateway.config.settings import Behaviour, Settings, Upstream
from gateway.conformance.sources import UPSTREAM_KINDS, folded_codes, leads, numbers
from gateway.core.failures import MEANINGS
from gateway.core.fold import HOP_CODES, row_for
from gateway.core.policy import Policy
from gateway.core.redirect import FOLLOWABLE
from gateway.core.wording import either, number_words

OTHERS = "Other Status Codes"


@dataclass(frozen=True, slots=True)
class Received:
    """One row: a code as text, or `OTHERS`."""

    code: str
    name: str
    behaviour: Behaviour
    text: str


@dataclass(frozen=True, slots=True)
class UserAgent:
    """The table of one archive, by its id."""

    upstream: str
    rows: tuple[Received, ...]


def user_agents(settings: Settings) -> Iterator[UserAgent]:
    documented = settings.policy.documented
    for id_, upstream in settings.upstreams.items():
        codes = sorted(documented.codes | documented.added.keys() | upstream.on_status.keys())
        rows = [_received(code, upstream, settings) for code in codes]
        yield UserAgent(id_, (*rows, Received(OTHERS, "", "pass", _others(upstream, settings.policy))))


def _received(code: int, upstream: Upstream, settings: Settings) -> Received:
    behaviour: Behaviour = upstream.on_status.get(code, "pass")
    if behaviour == "follow" and code not in FOLLOWABLE:
        behaviour = "pass"
    done, passed = " ".join(BEHAVIOURS[behaviour](code, upstream)), _passed_on(code, settings)
    text = f"{done} {passed[0].lower()}{passed[1:]}" if done else passed
    return Received(str(code), settings.policy.documented.reason(code), behaviour, text)


def _follow(_code: int, upstream: Upstream) -> Iterator[str]:
    places = either(["the archive's own origin", *upstream.follow.hosts])
    yield f"Followed for GET and HEAD, up to {upstream.follow.hops} redirects in a row, to {places}."
    yield "Elsewhere:"


def _retry(code: int, upstream: Upstream) -> Iterator[str]:
    retry = upstream.protection.retry
    yield (
        f"Asked again for GET and HEAD: {retry.attempts} attempts in all, at most {show_duration(retry.max_wait)} apart "
        f"and never before its Retry-After, for no more than {show_percent(retry.budget)} of the requests."
    )
    alike = [kind.value for kind in UPSTREAM_KINDS if MEANINGS[kind].status == code]
    if alike:
        yield f"So are failures that count as {code}: {', '.join(alike)}."
    yield "After that:"


BEHAVIOURS: Mapping[Behaviour, Callable[[int, Upstream], Iterator[str]]] = {
    "pass": lambda _code, _upstream: iter(()),
    "follow": _follow,
    "retry": _retry,
}


def _passed_on(code: int, settings: Settings) -> str:
    policy = settings.policy
    if not 200 <= code <= 599:
        return "Not the end of an exchange: a final answer is awaited, or a channel opened."
    if code in HOP_CODES or not policy.documented.allows(code):
        return f"Not passed on, but sent as {_becomes(code, policy)}."
    readings = "; ".join(_readings(code, settings))
    return f"Passed on, or read as {readings}." if readings else "Passed on."


def _readings(code: int, settings: Settings) -> list[str]:
    """What else an answer with this code may mean: `404 (empty-retrieve, unexpected-page)`."""
    labels: defaultdict[str, list[str]] = defaultdict(list)
    for label, _row, lead in leads(settings):
        if code in lead.of and lead.to != {code}:
            labels[number_words(lead.to)].append(label)
    return [f"{codes} ({', '.join(names)})" for codes, names in sorted(labels.items())]


def _others(upstream: Upstream, policy: Policy) -> str:
    """What becomes of every code that has no row above."""
    becomes: defaultdict[str, list[int]] = defaultdict(list)
    for codes in folded_codes(policy).values():
        for code in codes:
            if code not in upstream.on_status and code not in policy.documented.codes:
                becomes[_becomes(code, policy)].append(code)
    told = [f"{numbers(codes, policy)} as {to}" for to, codes in sorted(becomes.items())]
    return (
        "Neither followed nor asked again, and sent as a documented code: "
        f"{'; '.join(told)}; what is not from 200 to 599, as a failure of the archive."
    )


def _becomes(code: int, policy: Policy) -> str:
    """`202 after a store, else 200`."""
    *first, (last, _) = row_for(code, policy).cases()
    return f"{', '.join(f'{to} {when}' for to, when in first)}, else {last}" if first else str(last)
