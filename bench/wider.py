"""More connections, more rules: what one small request costs then."""

from statistics import median

from bench.contents import contents
from bench.measure import measure, steady, warm
from bench.policies import rules
from bench.stage import Stage
from bench.tables import Table, duration

CONNECTIONS = (1, 100, 2000)
RULES = (0, 10, 100, 1000)
_BESIDE = ("gateway", "nginx", "Caddy")
_ROUNDS = 3


def by_connections(stage: Stage) -> Table:
    """Beside others, since one lonely request costs everybody more: between two of them the core falls asleep."""
    small = contents()[0]
    archive = stage.archive((small,))
    proxies = [proxy for name in _BESIDE if (proxy := stage.proxy(name, archive))]
    rows = []
    for one in proxies:
        warm(one, small, stage.seconds, stage.others)
    for connections in CONNECTIONS:
        rounds = [
            [steady(one, archive, small, stage.seconds, stage.others, connections) for one in proxies]
            for _ in range(_ROUNDS)
        ]
        rows.append((f"{connections:,}", *_medians(rounds)))
    return Table(
        "Processor time per 2 KB search, by connections",
        ("connections", *(proxy.peer.name for proxy in proxies)),
        tuple(rows),
        "All connections ask all the time. What it costs to open them is not in it.",
    )


def by_rules(stage: Stage) -> Table:
    """Gateways with policies of different length, side by side, taking turns."""
    small = contents()[0]
    archive = stage.archive((small,))
    gateways = [stage.gateway(archive, rules(count)) for count in RULES]
    for one in gateways:
        warm(one, small, stage.seconds, stage.others)
    rounds = [
        [measure(one, small, turn, stage.seconds, stage.others).cpu for one in gateways] for turn in range(_ROUNDS)
    ]
    return Table(
        "Processor time per 2 KB search, by rules of the operator",
        ("rules, besides all packs", "time"),
        tuple((f"{count:,}", cost) for count, cost in zip(RULES, _medians(rounds), strict=True)),
        "Rules of five kinds, none of which fits; a fifth of them ask about every answer.",
    )


def _medians(rounds: list[list[float]]) -> list[str]:
    """Of each column."""
    return [duration(median(costs)) for costs in zip(*rounds, strict=True)]
