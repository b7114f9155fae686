"""An exchange of the journal, explained: how it was decided, and what the policy in force makes of it now.

What comes out may be read by anybody who may see the admin port. So no target, no identifier, no value of a query, no text
of a content and no field but those that name nobody (`core/likeness.IMPERSONAL`) is in it.
"""

from typing import Any

from gateway.clock import http_date
from gateway.config.settings import Settings
from gateway.core.explain import Explanation, View, explain, to_json
from gateway.core.reply import Moment
from gateway.telemetry.access_log import fields_of
from gateway.telemetry.journal import Entry
from gateway.telemetry.record import ExchangeRecord
from gateway.telemetry.seen import Kept

NOTHING_JUDGED = "Nothing was judged: the exchange ended before there was an answer to the client."
NAMES_NOBODY = "Values that could name a patient are not told here; of the archive's fields only some were kept."
SAME = "The present policy decides the same."


def recalled(entry: Entry, settings: Settings) -> dict[str, Any]:
    """As JSON: the exchange as the log has it, its explanation, and whether that still comes to the same."""
    record, kept = entry
    told = explained(record, kept, settings) if kept else None
    same, verdict = _compared(record, told)
    return {
        "exchange": {**fields_of(record), "why": record.why},
        "same": same,
        "verdict": verdict,
        "explanation": to_json(told) if told else None,
    }


def explained(record: ExchangeRecord, kept: Kept, settings: Settings) -> Explanation:
    policy, kept = settings.policy, kept.with_length(record)
    upstream = settings.upstreams.get(record.upstream)
    view = View(
        is_open=False,
        missing=lambda condition: kept.missing(condition, policy),
        content=kept.missing_content(policy),
        notes=(NAMES_NOBODY,),
    )
    moment = Moment(record.started, http_date(record.started), 0.0, record.id)
    return explain(kept.request, kept.outcome, policy, moment, upstream.origin if upstream else "", view=view)


def _compared(record: ExchangeRecord, told: Explanation | None) -> tuple[bool | None, str]:
    """Whether the present policy decides as was decided then, and that in a sentence; None where it cannot be known."""
    if told is None:
        return None, NOTHING_JUDGED
    if told.rule == record.rule and record.status in (told.status, None):
        return True, SAME
    if told.missing:
        return None, f"Whether the present policy would decide otherwise is not known. {' '.join(told.missing)}"
    by = f"by {told.rule}" if told.changed else "unchanged"
    return False, f"The present policy would decide otherwise: {told.status}, {by}."
