"""A gateway in the loop of the test that tells a collector of traces."""

from pathlib import Path

from gateway.server import GatewayProcess
from tests.support.running import running
from tests.tracing.collecting import Collector

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SAMPLED = ("traceparent", f"00-{TRACE}-{SPAN}-01")
NOT_SAMPLED = ("traceparent", f"00-{TRACE}-{SPAN}-00")


def traced(folder: Path, upstream: str, collector: Collector, sample: str = "100%", more: str = "") -> GatewayProcess:
    """Spans are sent when it ends, if not before."""
    return running(folder, upstream, f"tracing: {{endpoint: '{collector.url}', sample: {sample}}}\n{more}")


def counted(gateway: GatewayProcess) -> dict[str, float]:
    """What became of spans."""
    registry = gateway.runtime.metrics._registry
    return {
        outcome: registry.get_sample_value("pacs_gateway_spans_total", {"outcome": outcome}) or 0.0
        for outcome in ("sent", "dropped")
    }
