"""The status page: what the archive said, what the clients got, and why, for a PACS administrator.

Written anew for each request from the counts and the journal. No script, nothing from elsewhere, nothing about patients.
"""

from gateway.admin import tables
from gateway.admin.archives import archives
from gateway.admin.control import AdminControl
from gateway.admin.html import Markup, chip, count, definitions, joined, tag
from gateway.admin.style import STYLE
from gateway.admin.words import clock_time, span
from gateway.config.settings import Settings
from gateway.core.policy import Mode
from gateway.telemetry.record import ExchangeRecord
from gateway.telemetry.snapshot import Snapshot

REFRESH = 10  # seconds

_HEAD = Markup(
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    f'<meta http-equiv="refresh" content="{REFRESH}">\n<title>pacs-gateway</title>\n<style>{STYLE}</style>\n</head>\n'
)


def status_page(control: AdminControl, counts: Snapshot, failures: tuple[ExchangeRecord, ...], now: float) -> str:
    """The whole page, as of `now` (Unix seconds), with these counts and the last `failures`."""
    settings = control.settings
    content = tag(
        "main",
        _observing(settings),
        _figures(counts),
        archives(settings, counts, now),
        tables.answered(counts),
        tables.would_rewrite(settings, counts),
        tables.rules(settings, counts),
        tables.failures(failures),
        tables.routes(settings),
        _configuration(control, now),
    )
    return joined([_HEAD, tag("body", _title(control), content, _links(now)), Markup("</html>\n")])


def _title(control: AdminControl) -> Markup:
    ready = chip("Ready for traffic", "good") if control.ready else chip("Not ready: starting or draining", "bad")
    observing = control.settings.policy.mode is Mode.OBSERVE
    mode = chip("Mode: observe", "warn") if observing else chip("Mode: enforce", "good")
    return tag("header", tag("h1", "pacs-gateway ", tag("small", control.version)), ready, mode)


def _observing(settings: Settings) -> Markup:
    if settings.policy.mode is not Mode.OBSERVE:
        return Markup("")
    told = "The gateway only observes: answers of the archive pass unchanged."
    then = ("What would have been changed is counted below. To change it, set ", tag("code", "mode: enforce"), ".")
    return tag("section", tag("strong", told), *then, class_="banner warn", aria_label="Observe mode")


def _figures(counts: Snapshot) -> Markup:
    figures = definitions(
        [
            ("Exchanges", count(counts.exchanges)),
            ("Changed for clients", count(counts.changed)),
            ("Failures", count(sum(row.count for row in counts.failures))),
            ("Under way now", count(sum(counts.guard.under_way.values()))),
        ]
    )
    return tag("section", figures, class_="figures", aria_label="Totals since the start")


def _configuration(control: AdminControl, now: float) -> Markup:
    settings, documented = control.settings, control.settings.policy.documented
    codes = f"{documented.name}, {len(documented.codes | documented.added.keys())} codes"
    return definitions(
        [
            ("Configuration file", settings.source or "none (quick start)"),
            ("Configuration hash", tag("code", settings.digest[:16] or "none")),
            ("Documented set", f"{codes}, edition {documented.edition}"),
            ("Running", f"{span(now - control.started)}, since {clock_time(control.started)} UTC"),
        ]
    )


def _links(now: float) -> Markup:
    links = (
        ("/metrics", "Metrics"),
        ("/-/config", "Configuration"),
        ("/-/exchanges", "Last exchanges"),
        ("/-/ready", "Readiness"),
    )
    as_of = f"As of {clock_time(now)} UTC; renewed every {REFRESH} seconds. Counts since the start."
    return tag("footer", tag("nav", *(tag("a", text, href=path) for path, text in links)), tag("p", as_of))
