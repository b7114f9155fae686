"""What a running gateway has counted, read from the text of its /metrics: of this moment, or from a file of then.

Several workers are one text already. Only the few families that are needed are parsed: the rest of the text is histograms.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from gateway.telemetry.labels import NONE

_PREFIX = "pacs_gateway_"
_NEEDED = (
    "responses_total", "would_rewrite_total", "failures_total", "config_info",
    "upstream_code_first_seen_timestamp_seconds", "upstream_code_last_seen_timestamp_seconds",
)  # fmt: skip
_STARTED = "process_start_time_seconds"


class NoCountersError(ValueError):
    """A text that is not the metrics of a gateway."""


class Answered(NamedTuple):
    """Exchanges of one kind; codes are label words."""

    transaction: str
    received: str
    sent: str
    rule: str

    @property
    def is_from_archive(self) -> bool:
        return self.received != NONE


@dataclass(frozen=True, slots=True)
class Counters:
    """`first` and `last` are Unix seconds by transaction and code of the archive; `would` is by rule, received and sent."""

    answered: Mapping[Answered, int]
    would: Mapping[tuple[str, str, str], int]
    failures: Mapping[str, int]
    first: Mapping[tuple[str, str], float]
    last: Mapping[tuple[str, str], float]
    since: float | None = None
    digest: str = ""


def counters(text: str) -> Counters:
    """The counts in a text; zeros are left out. Raises `NoCountersError`."""
    samples = _Samples(text)
    if not samples.known:
        raise NoCountersError("these are not the metrics of a gateway")
    sent = samples.counted("responses_total", "transaction", "upstream_code", "code", "rule")
    answered = {Answered(*key): count for key, count in sent.items()}
    would = samples.counted("would_rewrite_total", "rule", "upstream_code", "code")
    return Counters(
        answered=answered,
        would={(rule, received, code): count for (rule, received, code), count in would.items()},
        failures={kind: count for (kind,), count in samples.counted("failures_total", "kind").items()},
        first=samples.moments("upstream_code_first_seen_timestamp_seconds"),
        last=samples.moments("upstream_code_last_seen_timestamp_seconds"),
        since=next((sample.value for sample in samples.of(_STARTED, prefix="")), None),
        digest=next((sample.labels["hash"] for sample in samples.of("config_info")), ""),
    )


class _Samples:
    def __init__(self, text: str) -> None:
        wanted = (*(f"{_PREFIX}{name}" for name in _NEEDED), _STARTED)
        lines = [line for line in text.splitlines() if line.startswith(wanted)]
        try:
            families = text_string_to_metric_families("\n".join(lines) + "\n")
            self._samples = [sample for family in families for sample in family.samples]
        except (ValueError, IndexError, KeyError) as error:
            raise NoCountersError(f"a line of the metrics cannot be read ({type(error).__name__})") from None
        self.known = any(sample.name.startswith(_PREFIX) for sample in self._samples)

    def of(self, name: str, prefix: str = _PREFIX) -> Iterator[Sample]:
        return (sample for sample in self._samples if sample.name == prefix + name)

    def counted(self, name: str, *labels: str) -> Counter[tuple[str, ...]]:
        """Sums over all labels but these."""
        counts: Counter[tuple[str, ...]] = Counter()
        for sample in self.of(name):
            if sample.value:
                counts[tuple(sample.labels.get(label, "") for label in labels)] += int(sample.value)
        return counts

    def moments(self, name: str) -> dict[tuple[str, str], float]:
        found = self.of(name)
        return {(one.labels["transaction"], one.labels["upstream_code"]): one.value for one in found if one.value}
