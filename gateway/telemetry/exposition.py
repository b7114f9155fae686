"""The two texts in which metrics are told. Exemplars are in that of OpenMetrics alone; whoever does not ask for it gets the
older one, which everything reads."""

from collections.abc import Callable
from typing import Final, NamedTuple

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.openmetrics import exposition as openmetrics


class Form(NamedTuple):
    """How a registry is written, and what that is called."""

    write: Callable[[CollectorRegistry], bytes]
    content_type: str


TEXT: Final = Form(generate_latest, CONTENT_TYPE_PLAIN_0_0_4)
OPEN_METRICS: Final = Form(openmetrics.generate_latest, openmetrics.CONTENT_TYPE_LATEST)

_OPEN: Final = "application/openmetrics-text"


def form_for(accept: str) -> Form:
    """What is sent for this `Accept`. Prometheus names both, and wants OpenMetrics more; a weight of 0 is a no."""
    ranges = [part.lower().replace(" ", "").split(";") for part in accept.split(",")]
    is_open = any(kind == _OPEN and not _is_refusal(parameters) for kind, *parameters in ranges)
    return OPEN_METRICS if is_open else TEXT


def _is_refusal(parameters: list[str]) -> bool:
    return any(parameter.rstrip("0").rstrip(".") in ("q=", "q=0") for parameter in parameters if parameter[:2] == "q=")
