"""Writes docs/metrics.md from the metrics of a gateway: `python tests/documents/metrics_page.py`."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase

from gateway.config.load import quick_start
from gateway.telemetry.labels import ClosedSets
from gateway.telemetry.metrics import Metrics
from gateway.workers.summing import Sums

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"

BEFORE = """\
<!-- Made by `make reference` from the metrics themselves. -->

# Metrics

For whoever draws a dashboard or writes an alert. `http://127.0.0.1:9090/metrics` on the operators' port has them, as
Prometheus reads them; with several workers, their sums. No label ever holds a path, a name, a UID or an address: each has
a closed set of words. Alerts that ship are in [deploy/prometheus](../deploy/prometheus).

What alerts are written on exists from the start, at zero: every kind of failure of every archive, and for each route a
series for each documented code. Other series are born when they first count; to be told of the first odd answer, alert on
failures, or on `pacs_gateway_responses_total > 0 unless pacs_gateway_responses_total offset 5m`.

"""

LABELS_TITLE = "\n## Labels\n\n| label | its words |\n| --- | --- |\n"

AFTER = """
Beside these there are `process_*`, `python_info` and `python_gc_*` of the Prometheus client, about memory, descriptors and
processor time.
"""

QUERIES: Mapping[str, str] = yaml.safe_load((Path(__file__).parent / "queries.yaml").read_text("utf-8"))

# Sets that are too long for a table, or that a configuration fills.
_WORDS: Mapping[str, str] = {
    "route": "the ids of [`routes`](configuration.md#routes); `-` where none fits",
    "upstream": "the ids of [`upstreams`](configuration.md#upstreams); `-` where there is none",
    "transaction": "[words for transactions](configuration.md#words-for-transactions)",
    "code": "what the client got: `100` to `599`; `none` if it left first",
    "upstream_code": "what the archive said: `100` to `599`; `none` if it said nothing; `invalid` for what is no status",
    "rule": "the ids of [`rules`](configuration.md#rules), yours and of packs; the built-in ones",
    "kind": "[words for failures](configuration.md#words-for-failures)",
    "hash": "of the configuration in force, as `check` prints it",
    "mode": "`enforce`, `observe`",
    "use": "`listener`, `upstream`, `audit`, `tracing`: to whom the certificate is shown",
    "name": "the id of the archive that it is shown to; `-` for the others",
    "version": "of the release",
}


def metrics() -> Iterator[MetricWrapperBase]:
    """All that a gateway can have, those of several workers included."""
    settings = quick_start("http://pacs.internal:8042")
    one = Metrics(settings, 0.0)
    one.guard.shared_state(is_up=True)  # a metric that is there only where it says something
    with TemporaryDirectory() as folder:
        found = {metric._name: metric for metric in _own(Sums(Path(folder), settings, 0.0)._registry)}
    yield from (found | {metric._name: metric for metric in _own(one._registry)}).values()


def _own(registry: CollectorRegistry) -> Iterator[MetricWrapperBase]:
    for collector in dict.fromkeys(registry._names_to_collectors.values()):
        if isinstance(collector, MetricWrapperBase):
            yield collector


def name_of(metric: MetricWrapperBase) -> str:
    """As Prometheus has it."""
    return f"{metric._name}_total" if metric._type == "counter" else metric._name


def page() -> str:
    """The text of the page."""
    found = sorted(metrics(), key=name_of)
    return BEFORE + "\n".join(map(_section, found)) + LABELS_TITLE + "".join(_labels(found)) + AFTER


def _section(metric: MetricWrapperBase) -> str:
    labels = ", ".join(f"[`{label}`](#labels)" for label in metric._labelnames) or "none"
    query = f"```promql\n{QUERIES[name_of(metric)]}\n```"
    about = f"{metric._documentation} A {metric._type}; labels: {labels}."
    return f"## `{name_of(metric)}`\n\n{about}\n\n{query}\n"


def _labels(found: list[MetricWrapperBase]) -> Iterator[str]:
    closed = ClosedSets()
    for label in sorted({label for metric in found for label in metric._labelnames}):
        words = _WORDS.get(label) or ", ".join(f"`{word}`" for word in sorted(closed._words[label]))
        yield f"| `{label}` | {words} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
