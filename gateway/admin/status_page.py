"""The status page: what the archive said, what the clients got, and why, for a PACS administrator.

Written anew for each request from the counts and the journal. No script, nothing from elsewhere, nothing about patients. The
browser asks again by itself (`Refresh`), and stays where it was scrolled to; whoever reads slowly or by ear can stop that.
"""

import re
from dataclasses import dataclass

from gateway.admin import tables
from gateway.admin.archives import archives
from gateway.admin.certificates import certificates
from gateway.admin.control import AdminControl
from gateway.admin.html import Markup, chip, count, definitions, joined, tag
from gateway.admin.matrix import matrix
from gateway.admin.page import page
from gateway.admin.words import clock_time, span
from gateway.admin.would_rewrite import report
from gateway.admin.would_rewrite_page import PATH, TOP, changes
from gateway.config.settings import Settings
from gateway.core.policy import Mode
from gateway.telemetry.record import ExchangeRecord
from gateway.telemetry.snapshot import Snapshot

REFRESH = 10  # seconds
NAMED = 5  # rules that observe, by name
_SECONDS = re.compile(r"[1-9][0-9]{0,3}")

_MODES = {
    Mode.ENFORCE: ("Answers are put right before clients get them.", ""),
    Mode.OBSERVE: (
        "The gateway only observes: answers pass as the archive gave them, and what it would change is counted.",
        tag("a", "What that is, and how to switch", href=PATH),
    ),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What one page shows: the counts, the last exchanges and failures, and when. `refresh` is in seconds, 0 for never."""

    counts: Snapshot
    recent: tuple[ExchangeRecord, ...]
    failures: tuple[ExchangeRecord, ...]
    now: float
    refresh: int = REFRESH


def refresh_of(asked: str | None) -> int | None:
    """What `?refresh=` asks for: `off`, or seconds. None where it is neither."""
    if asked is None:
        return REFRESH
    if asked == "off":
        return 0
    return int(asked) if _SECONDS.fullmatch(asked) else None


def status_page(control: AdminControl, seen: Shown) -> str:
    settings, counts = control.settings, seen.counts
    return page(
        "pacs-gateway",
        _title(control, seen),
        _mode(settings),
        _figures(counts),
        archives(settings, counts, seen.now),
        certificates(settings, seen.now),
        matrix(counts),
        _would_change(control, counts),
        tables.failures(seen.failures),
        tables.exchanges(seen.recent),
        tables.rules(settings, counts),
        tables.routes(settings),
        _configuration(control, seen.now),
        footer=tag("p", "Counts since the start. All times in UTC."),
        here="/",
    )


def _title(control: AdminControl, seen: Shown) -> Markup:
    ready = chip("Ready for traffic", "good") if control.ready else chip("Not ready: starting or draining", "bad")
    name = tag("h1", "pacs-gateway ", tag("small", control.version))
    return tag("div", name, ready, _updating(seen), class_="title")


def _updating(seen: Shown) -> Markup:
    as_of = joined(["As of ", tag("time", clock_time(seen.now)), " UTC"])
    if not seen.refresh:
        return tag("p", as_of, ". Updating is paused. ", tag("a", "Resume updating", href="/"), class_="updating")
    pause = tag("a", "Pause updating", href="/?refresh=off")
    return tag("p", as_of, f", updated every {seen.refresh} s. ", pause, class_="updating")


def _mode(settings: Settings) -> Markup:
    mode = settings.policy.mode
    told, link = _MODES[mode]
    large = tag("p", tag("span", "Mode: ", class_="unseen"), mode.value.upper(), class_="large")
    small = tag("p", told, _observing(list(settings.switches.rules)), " ", link)
    return tag("section", large, small, class_=f"mode {mode.value}", aria_label="Mode")


def _observing(rules: list[str]) -> str:
    if not rules:
        return ""
    named = [*rules[:NAMED], "…"] if len(rules) > NAMED else rules
    return f" Rules that only observe: {', '.join(named)}."


def _figures(counts: Snapshot) -> Markup:
    figures = definitions(
        [
            ("Exchanges", count(counts.exchanges)),
            ("Changed for clients", count(counts.changed)),
            ("No usable answer", count(sum(row.count for row in counts.failures))),
            ("Under way now", count(sum(counts.guard.under_way.values()))),
        ]
    )
    return tag("section", figures, class_="figures", aria_label="Totals since the start")


def _would_change(control: AdminControl, counts: Snapshot) -> Markup:
    settings = control.settings
    if not (counts.would_rewrite or settings.switches.rules or settings.policy.mode is Mode.OBSERVE):
        return Markup("")
    return changes(report(settings, counts, control.started), TOP)


def _configuration(control: AdminControl, now: float) -> Markup:
    settings, documented = control.settings, control.settings.policy.documented
    codes = f"{documented.name}, {len(documented.codes | documented.added.keys())} codes"
    facts = definitions(
        [
            ("Configuration file", settings.source or "none (quick start)"),
            ("Configuration hash", tag("code", settings.digest[:16] or "none")),
            ("Documented set", f"{codes}, edition {documented.edition}"),
            ("Running", f"{span(now - control.started)}, since {clock_time(control.started)} UTC"),
        ]
    )
    return tag("section", facts, aria_label="Configuration")
