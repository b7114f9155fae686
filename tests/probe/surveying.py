"""A survey in this process, as fast as it may be."""

from dataclasses import replace

from gateway.config.load import quick_start
from gateway.config.settings import Timeouts
from gateway.probe.configuration import Archive, Written, judged_by, shipped_policy, written
from gateway.probe.findings import Findings, findings
from gateway.probe.pace import FASTEST, Pace
from gateway.probe.report import Heading, report
from gateway.probe.sender import Sender
from gateway.probe.survey import Exchange, Found, Survey, Wishes
from gateway.probe.target import target_of

PATIENCE = 10.0  # nothing here waits for its end but what hangs on purpose
READING = Wishes()
DATE = "2026-01-01 00:00 UTC"


async def survey(
    url: str, wishes: Wishes = READING, *, patience: float = PATIENCE, most: int = 400, wado: str = "/wado"
) -> Found:
    target, found = target_of(url, wado), Found()
    upstream = replace(quick_start(target.origin).upstreams["pacs"], timeouts=Timeouts(patience, patience, patience))
    async with Sender(upstream, Pace(FASTEST, most)) as sender:
        await Survey(sender, target, wishes, found, lambda _: None).run()
    return found


def found_in(url: str, found: Found) -> Findings:
    return findings(judged_by(shipped_policy(target_of(url).origin), found.exchanges))


def text_of(url: str, found: Found) -> str:
    return "\n".join(report(Heading(url, "0", DATE), found, found_in(url, found)))


def configuration_of(url: str, found: Found) -> Written:
    return written(Archive(target_of(url).origin, url, DATE), found.exchanges)


def deviating(found: Found) -> list[Exchange]:
    return [exchange for exchange in found.exchanges if exchange.judgement.deviations]
