"""The certificates that the gateway shows, on the status page: to whom, and until when."""

from collections.abc import Mapping

from gateway.admin.html import Markup, chip, joined, table, tag
from gateway.admin.words import clock_time
from gateway.config.expiry import validity
from gateway.config.settings import Settings, ShownCertificate, ShownTo

_TO: Mapping[ShownTo, str] = {
    "listener": "clients",
    "upstream": "the archive ",
    "audit": "the audit collector",
    "tracing": "the collector of traces",
}


def certificates(settings: Settings, now: float) -> Markup:
    """One row for each, as of `now` (Unix seconds); nothing at all where there is none."""
    rows = [_row(shown, now) for shown in settings.certificates]
    return table("Certificates", ("Shown to", "File", "Valid until (UTC)"), rows, "None.") if rows else Markup("")


def _row(shown: ShownCertificate, now: float) -> tuple[object, ...]:
    named = tag("code", shown.name) if shown.use == "upstream" else ""
    said = validity(shown, now)
    worst = now >= shown.ends or now < shown.begins
    warning = tag("span", chip(said, "bad" if worst else "warn"), class_="below") if said else ""
    order = tag("span", chip("chain out of order", "warn"), class_="below") if not shown.is_in_order else ""
    return (
        joined([_TO[shown.use], named]),
        tag("code", str(shown.file)),
        joined([clock_time(shown.ends), warning, order]),
    )
