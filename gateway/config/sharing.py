"""What one of several workers may take of what the file allows to all of them. Pure.

An archive must not see more because the gateway has more processes, so every limit is divided: counts by whole numbers, and
what is left over goes to the first workers. Rates are divided as well, burst and pace; a rate that is counted in common
(`shared_state`) is one for all anyway. Patience, sizes and shares in percent are the same for each worker.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from gateway.config.settings import Limits, Settings, Upstream
from gateway.guard.line import LimitSettings
from gateway.guard.protection import ProtectionSettings
from gateway.guard.rate import RateSettings

Path = tuple[str | int, ...]  # the keys that lead to a value

# What counts of a retrieve is its level, which is not known before the request.
_LEVELS = ("study", "series", "instance", "frames", "rendered", "metadata")


def unshareable(
    limits: Limits, protections: Mapping[str, ProtectionSettings], workers: int, *, rates_in_common: bool
) -> Iterator[tuple[Path, str]]:
    """Every limit that is too small for so many workers, by its keys, with the reason."""
    counts: dict[Path, tuple[int, int]] = {
        ("server", "limits", name): (getattr(limits, name), 1) for name in ("connections", "tunnels")
    }
    for id_, protection in protections.items():
        counts |= {("upstreams", id_, *keys): count for keys, count in _counts(protection, rates_in_common)}
    for keys, (total, least) in counts.items():
        if 0 < total < least * workers:
            each = f", and each needs {least} for the dearest request" if least > 1 else ""
            yield keys, f"{total} cannot be shared by {workers} workers{each}; allow {least * workers}, or have fewer"


def _counts(protection: ProtectionSettings, rates_in_common: bool) -> Iterator[tuple[Path, tuple[int, int]]]:
    """The keys of each count, the count, and the least that is of use to a worker."""
    lines = {("limits",): protection.limits, **_family_lines(protection)}
    for keys, line in lines.items():
        if line is not None:
            yield (*keys, "in_flight"), (line.in_flight, min(line.in_flight, _dearest(protection.costs, keys[-1])))
            yield (*keys, "queue"), (line.queue, 1)
    rates = protection.rates if not rates_in_common else ()
    for number, rate in enumerate(rates):
        yield ("rate", number, "requests") if len(rates) > 1 else ("rate", "requests"), (rate.requests, 1)


def _family_lines(protection: ProtectionSettings) -> dict[Path, LimitSettings]:
    return {("limits", "by_transaction", family): line for family, line in protection.families.items()}


def _dearest(costs: Mapping[str, int], family: str | int) -> int:
    """What the dearest request of a line costs. A worker whose share is smaller would let it pass alone, as each of the
    others would at the same moment."""
    kinds = {"limits": tuple(costs), "retrieve": _LEVELS}.get(str(family), (str(family),))
    return max(costs.get(kind, costs.get("other", 1)) for kind in kinds)


def share(total: int, worker: int, workers: int) -> int:
    """The part of this worker, counted from 0. All parts together are the whole."""
    return total // workers + (worker < total % workers)


def share_of(settings: Settings, worker: int, workers: int) -> Settings:
    """The settings by which this worker goes."""

    def part(total: int) -> int:
        return share(total, worker, workers)

    def line(whole: LimitSettings) -> LimitSettings:
        return replace(whole, in_flight=part(whole.in_flight), queue=part(whole.queue))

    def rate(whole: RateSettings) -> RateSettings:
        return whole if settings.shared_state else replace(whole, requests=part(whole.requests))

    def upstream(whole: Upstream) -> Upstream:
        given = whole.protection
        adaptive = given.adaptive and replace(given.adaptive, floor=max(1, part(given.adaptive.floor)))
        protection = replace(
            given,
            limits=given.limits and line(given.limits),
            families={family: line(own) for family, own in given.families.items()},
            adaptive=adaptive,
            rates=tuple(map(rate, given.rates)),
        )
        return replace(whole, protection=protection)

    recording, limits = settings.recording, settings.server.limits
    limits = replace(limits, connections=part(limits.connections), tunnels=part(limits.tunnels))
    return replace(
        settings,
        server=replace(settings.server, limits=limits),
        audit=settings.audit and replace(settings.audit, queue=max(1, part(settings.audit.queue))),
        recording=recording and replace(recording, keep=part(recording.keep), place=worker, places=workers),
        upstreams={id_: upstream(whole) for id_, whole in settings.upstreams.items()},
    )
