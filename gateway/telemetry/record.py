"""The record of one finished exchange: everything telemetry may know, and nothing that could name a patient.

No target, no header value, no address, no reason phrase, no exception text: words from closed sets, numbers, and an id
made by us.
"""

from typing import NamedTuple

from gateway.core.decision import Observed, RetrySource


class ExchangeRecord(NamedTuple):
    """One exchange, after its last byte. A tuple, because a frozen dataclass takes twice as long to fill.

    `status` is what the client got, None where it left before it got anything. `received` is what the archive said, None
    where it said nothing. `upstream_seconds` runs to the head of the archive's answer. `ended` says how the reply ended:
    `complete`, `truncated` (the archive's content was cut, and so is ours) or `client_gone`; `draining` where the
    gateway had to leave before the end; of a notification channel that it closed itself, `idle` or `draining`.
    """

    id: str
    started: float  # Unix seconds
    route: str
    upstream: str
    transaction: str
    method: str
    status: int | None
    received: int | None
    rule: str
    why: str
    failure: str = ""
    seconds: float = 0.0
    upstream_seconds: float | None = None
    bytes_in: int = 0
    bytes_out: int = 0
    retry_source: RetrySource | None = None
    retry_seconds: float = 0.0
    ended: str = "complete"
    attempts: int = 0
    uninspected: str = ""
    observed: tuple[Observed, ...] = ()
    suspicion: str = ""  # a success that looks wrong and cannot be repaired
    hint: str = ""  # for the operator, where more is known of a failure than its kind

    @property
    def is_failure(self) -> bool:
        if self.status is None or self.status >= 500:
            return True
        return bool(self.failure) or self.ended in ("truncated", "client_gone")
