"""What a run found, as tables. A cost is the median of its rounds; a ratio is the median of the ratios within each round."""

from collections.abc import Iterator
from statistics import median
from typing import Any

from bench.tables import Table, duration, mebibytes

Result = dict[str, Any]
OURS = "gateway"
_SATURATED = 0.9  # below that, the proxy waited for the load: its rate is not its own


def names(result: Result) -> list[str]:
    """The proxies that were measured, in their order."""
    found = {sample["proxy"] for sample in result["samples"]}
    return [proxy["name"] for proxy in result["proxies"] if proxy["name"] in found]


def content_names(result: Result) -> list[str]:
    return list(dict.fromkeys(sample["content"] for sample in result["samples"]))


def values(result: Result, proxy: str, content: str, what: str) -> list[float]:
    """One of each round, in their order."""
    mine = (sample for sample in result["samples"] if (sample["proxy"], sample["content"]) == (proxy, content))
    return [sample[what] for sample in mine]


def middle(result: Result, proxy: str, content: str, what: str) -> float:
    return median(values(result, proxy, content, what))


def ratio(result: Result, proxy: str, content: str) -> tuple[float, float, float]:
    """The gateway's cost by that of another, round by round: the median, the least and the largest."""
    ours, theirs = (values(result, name, content, "cpu") for name in (OURS, proxy))
    each = [one / other for one, other in zip(ours, theirs, strict=True)]
    return median(each), min(each), max(each)


def ratios(result: Result) -> Table:
    contents = content_names(result)
    rows = []
    for name in names(result):
        if name != OURS:
            found = (ratio(result, name, content) for content in contents)
            rows.append((name, *(f"{mid:.2f} ({low:.2f}-{high:.2f})" for mid, low, high in found)))
    return Table(
        "What the gateway costs, by what its peers cost",
        ("processor time, gateway / peer", *contents),
        tuple(rows),
        "Below 1 the gateway is cheaper. In parentheses the least and the largest of the rounds.",
    )


def costs(result: Result) -> Table:
    contents = content_names(result)
    rows = tuple(
        (name, *(duration(middle(result, name, content, "cpu")) for content in contents), _memory(result, name))
        for name in names(result)
    )
    return Table(
        "Processor time per request",
        ("", *contents, "peak memory"),
        rows,
        "User and system time of the proxy and all it started, on one core. Memory: resident, at its highest in the run.",
    )


def _memory(result: Result, name: str) -> str:
    return mebibytes(max(sample["peak"] for sample in result["samples"] if sample["proxy"] == name))


def latencies(result: Result) -> Table:
    contents = content_names(result)
    return Table(
        "Requests per second, and latency at that rate (p50 / p99)",
        ("", *contents),
        tuple((name, *(_pace(result, name, content) for content in contents)) for name in names(result)),
        "A closed loop: each connection asks again when it has its answer, so that these are latencies of a proxy at its "
        "limit. Where a star stands, the proxy used its core for less than nine tenths of the time: the load, or something "
        "else on the machine, was the limit.",
    )


def _pace(result: Result, name: str, content: str) -> str:
    rate, p50, p99, busy = (middle(result, name, content, what) for what in ("rate", "p50", "p99", "busy"))
    star = "" if busy >= _SATURATED else "*"
    return f"{rate:,.0f}{star} ({duration(p50)} / {duration(p99)})"


def participants(result: Result) -> Table:
    return Table("Who took part", ("", "version", "does"), tuple(_participants(result)), _logs(result))


def _participants(result: Result) -> Iterator[tuple[str, ...]]:
    return ((proxy["name"], proxy["version"], proxy["does"]) for proxy in result["proxies"])


def _logs(result: Result) -> str:
    if result["peer_logs"]:
        return "Every peer that can write an access log wrote one to a file, as the gateway did."
    return "No peer wrote an access log; the gateway did."
