"""The archives on the status page: whether they work, what is under way, what is held back and until when."""

from collections.abc import Mapping

from gateway.admin.html import Markup, chip, count, joined, table, tag
from gateway.admin.words import HELD_BACK_WORDS, clock_time, span
from gateway.config.settings import Settings, Upstream
from gateway.core.policy import Mode
from gateway.guard.breaker import BreakerState
from gateway.telemetry.guard_metrics import Guarded
from gateway.telemetry.snapshot import Snapshot

_HEADS = ("Archive", "State", "Under way", "Held back", "Maintenance", "No usable answer")


def archives(settings: Settings, counts: Snapshot, now: float) -> Markup:
    """One row for each, as of `now` (Unix seconds)."""
    rows = [_row(upstream, settings, counts, now) for upstream in settings.upstreams.values()]
    return table("Archives", _HEADS, rows, "None.")


def _row(upstream: Upstream, settings: Settings, counts: Snapshot, now: float) -> tuple[object, ...]:
    name, guard = upstream.id, counts.guard
    guarded = guard.guarded.get(name)
    is_observed = settings.policy.mode is Mode.OBSERVE
    held = (guard.would_hold_back if is_observed else guard.held_back).get(name, {})
    return (
        _named(upstream),
        _state(guard.is_up.get(name), guarded, is_observed=is_observed),
        _load(upstream, guard.under_way.get(name, 0), guard.waiting.get(name, 0), guarded),
        _held_back(held, is_observed=is_observed),
        _maintenance(guarded, now),
        _failures(name, counts),
    )


def _failures(name: str, counts: Snapshot) -> int:
    """What was held back has a column of its own."""
    mine = (row for row in counts.failures if row.upstream == name and row.kind not in HELD_BACK_WORDS)
    return sum(row.count for row in mine)


def _named(upstream: Upstream) -> Markup:
    unverified = upstream.scheme == "https" and not upstream.tls.verify
    return joined(
        [
            tag("code", upstream.id),
            tag("code", upstream.origin, class_="below"),
            chip("certificate not verified", "warn") if unverified else "",
        ]
    )


def _state(is_up: bool | None, guarded: Guarded | None, *, is_observed: bool) -> Markup:
    heard = {None: chip("Not heard of yet", "plain"), True: chip("Works", "good"), False: chip("Does not work", "bad")}
    return joined([heard[is_up], _below(_breaker(guarded, is_observed=is_observed))])


def _breaker(guarded: Guarded | None, *, is_observed: bool) -> str:
    """What the breaker does, in words; empty where there is none, or where it has nothing to do."""
    state = guarded.breaker if guarded else None
    if guarded is None or state in (None, BreakerState.CLOSED):
        return ""
    if is_observed:
        return "Would be left alone, because it failed repeatedly."
    if state is BreakerState.PROBING or not guarded.left_alone:
        return "Failed repeatedly; single requests find out whether it works again."
    return f"Failed repeatedly and is left alone; asked again in {span(guarded.left_alone + 1)}."


def _load(upstream: Upstream, under_way: int, waiting: int, guarded: Guarded | None) -> Markup:
    queue = f"{count(waiting)} waiting" if waiting or upstream.protection.limits else ""
    return joined([count(under_way), _below(_limit(upstream, guarded)), _below(queue)])


def _limit(upstream: Upstream, guarded: Guarded | None) -> str:
    limits = upstream.protection.limits
    if guarded is None or guarded.limit is None or limits is None:
        return "no limit"
    if guarded.limit == limits.in_flight:
        return f"limit {count(guarded.limit)}"
    why = "while it is tried" if guarded.breaker is BreakerState.PROBING else "because it is slower than it was"
    return f"limit {count(guarded.limit)} of {count(limits.in_flight)}, {why}"


def _held_back(reasons: Mapping[str, int], *, is_observed: bool) -> Markup:
    if not reasons:
        return tag("span", "nothing", class_="same")
    total = count(sum(reasons.values()))
    told = [_below(f"{count(number)} {HELD_BACK_WORDS[reason]}") for reason, number in _largest_first(reasons)]
    return joined([f"{total} would have been" if is_observed else total, *told])


def _largest_first(reasons: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(reasons.items(), key=lambda item: (-item[1], item[0]))


def _maintenance(guarded: Guarded | None, now: float) -> Markup:
    if guarded is None or guarded.maintenance_to <= now:
        return tag("span", "none planned", class_="same")
    begin, end = guarded.maintenance_from, guarded.maintenance_to
    until = _below(f"until {clock_time(end)} UTC")
    if begin <= now:
        return joined([chip("Now", "warn"), until, _below(f"{span(end - now)} left")])
    return joined([f"in {span(begin - now)}", _below(f"from {clock_time(begin)} UTC"), until])


def _below(text: str) -> Markup:
    return tag("span", text, class_="below") if text else Markup("")
