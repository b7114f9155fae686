"""The picture of the dashboard: a real run, asked with the dashboard's own queries, drawn by hand.

    python -m bench.dashboard --minutes 4

A legacy PACS that misbehaves, the gateway in front of it, clients that want mostly good things, and Debian's Prometheus,
which reads the gateway every second. In the middle the archive is away for a while. Then the expressions of
deploy/grafana/dashboards/pacs-gateway.json are put to Prometheus, as Grafana would, and drawn. It is no screenshot.
"""

import argparse
import asyncio
import json
import math
import random
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from aiohttp import ClientSession

from bench.dashboard_plot import Panel, Series, Stat, svg
from bench.processes import ROOT, Launched
from gateway.demo import probe
from gateway.demo.legacy_pacs import LegacyPacs
from gateway.demo.misbehaviours import TABLE
from gateway.demo.probe import Probe
from gateway.demo.sighting import client_session, look
from tests.support.ports import free_port

DASHBOARD: Final = ROOT / "deploy" / "grafana" / "dashboards" / "pacs-gateway.json"
STATS: Final = (
    "Requests",
    "Changed on the way",
    "Server errors at clients",
    "Undeclared codes sent",
    "Answers cut short",
)
PANELS: Final = (
    "The archive said", "Clients got",
    "Rewritten, by rule", "Who chose the wait",
    "Nineteen in twenty, by transaction", "No usable answer",
)  # fmt: skip
WINDOW, STEP = 20, 4  # seconds: what a rate is taken over, and between two points

_CONFIG = """\
version: 1
server: {{host: 127.0.0.1, port: {port}}}
admin: {{host: 127.0.0.1, port: {admin}}}
documented: {{set: dicom, add: {{429: A limit was reached.}}}}
upstreams:
  legacy:
    url: http://127.0.0.1:{archive}
    timeouts: {{connect: 1s, response: 2s, idle: 2s}}
    quirks: {{unauthorized_challenge: Basic realm="PACS"}}
    limits: {{in_flight: 6, queue: 4, queue_timeout: 500ms}}
    breaker: {{failures: 12, window: 10s, share: 90%, open: 6s, probes: 1}}
routes:
  - {{id: dicomweb, prefix: /dicom-web, upstream: legacy, service: dicomweb}}
  - {{id: pages, prefix: /, upstream: legacy, service: opaque}}
packs: all
"""
_SCRAPING = """\
global: {{scrape_interval: 1s}}
scrape_configs: [{{job_name: pacs-gateway, static_configs: [{{targets: ['127.0.0.1:{admin}']}}]}}]
"""
_GOOD = (
    Probe("/dicom-web/studies?PatientName=DEMO*"),
    probe.instance("2.25.101"),
    probe.metadata("2.25.101"),
    probe.frames("2.25.101"),
    probe.retrieve("2.25.101"),
)


async def clients(base: str, until: float) -> None:
    """Some twenty requests a second, in waves; one in three is for something that the archive gets wrong."""
    dice, under_way = random.Random(7), set[asyncio.Task[object]]()  # noqa: S311 - traffic, not a secret
    async with client_session() as session:
        while (now := time.time()) < until:
            wanted = dice.choice(TABLE).try_it if dice.random() < 0.35 else dice.choice(_GOOD)
            under_way.add(task := asyncio.ensure_future(look(session, base, wanted, 10.0)))
            task.add_done_callback(under_way.discard)
            await asyncio.sleep(dice.expovariate(20 + 8 * math.sin(now / 20)))
        await asyncio.gather(*under_way)


async def archive(port: int, away: tuple[float, float]) -> None:
    """The legacy PACS, which is stopped at one moment and started at another."""
    for moment in (*away, math.inf):
        pacs = LegacyPacs()
        if moment != away[1]:
            await pacs.start("127.0.0.1", port)
        try:
            await asyncio.sleep(moment - time.time())
        finally:
            await pacs.stop()


async def run(folder: Path, seconds: float) -> tuple[list[Stat], list[Panel]]:
    ports = {name: free_port() for name in ("port", "admin", "archive", "prometheus")}
    (folder / "gateway.yaml").write_text(_CONFIG.format(**ports))
    (folder / "prometheus.yaml").write_text(_SCRAPING.format(**ports))
    gateway = [sys.executable, "-m", "gateway", "serve", "--config", str(folder / "gateway.yaml")]
    prometheus = [
        "prometheus", f"--config.file={folder}/prometheus.yaml", f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{ports['prometheus']}",
    ]  # fmt: skip
    with ExitStack() as stack:
        for name, command, port in (("gateway", gateway, "admin"), ("prometheus", prometheus, "prometheus")):
            stack.enter_context(Launched(name, command, folder, {0, 1})).listening(ports[port])
        begin = time.time()
        away = begin + seconds * 0.55, begin + seconds * 0.63
        pacs = asyncio.ensure_future(archive(ports["archive"], away))
        await clients(f"http://127.0.0.1:{ports['port']}", begin + seconds)
        pacs.cancel()
        async with ClientSession(f"http://127.0.0.1:{ports['prometheus']}") as session:
            return await _asked(session, begin, time.time())


async def _asked(session: ClientSession, begin: float, end: float) -> tuple[list[Stat], list[Panel]]:
    """What the panels show, in the order of the picture."""
    panels = {panel["title"]: panel for panel in json.loads(DASHBOARD.read_text())["panels"]}
    stats = [await _stat(session, panels[title], begin, end) for title in STATS]
    return stats, [await _panel(session, panels[title], begin, end) for title in PANELS]


def expression(target: dict[str, Any], window: int, whole: int) -> str:
    """As Grafana fills it in when everything is chosen."""
    expr = target["expr"].replace("$__rate_interval", f"{window}s").replace("$__range", f"{whole}s")
    for name in ("job", "instance", "route", "upstream", "transaction"):
        expr = expr.replace(f"${name}", ".*")
    return expr


async def _stat(session: ClientSession, panel: dict[str, Any], begin: float, end: float) -> Stat:
    """Over the whole run, where the dashboard says how it is now."""
    whole = int(end - begin)
    query = {"query": expression(panel["targets"][0], whole, whole), "time": f"{end}"}
    found = await _told(session, "query", query)
    return Stat(panel["title"], float(found[0]["value"][1]), panel["fieldConfig"]["defaults"]["unit"])


async def _panel(session: ClientSession, panel: dict[str, Any], begin: float, end: float) -> Panel:
    asked = expression(panel["targets"][0], WINDOW, int(end - begin))
    query = {"query": asked, "start": f"{begin + WINDOW}", "end": f"{end}", "step": f"{STEP}"}
    found = await _told(session, "query_range", query)
    moments = [begin + WINDOW + STEP * number for number in range(int((end - begin - WINDOW) // STEP) + 1)]
    defaults = panel["fieldConfig"]["defaults"]
    return Panel(
        panel["title"],
        defaults["unit"],
        [Series(" ".join(one["metric"].values()), _values(one["values"], moments)) for one in found],
        _colours(panel),
        stacked=defaults["custom"]["stacking"]["mode"] == "normal",
    )


def _values(points: list[list[Any]], moments: list[float]) -> list[float]:
    told = {round(float(moment)): float(value) for moment, value in points}
    return [told.get(round(moment), math.nan) for moment in moments]


def _colours(panel: dict[str, Any]) -> dict[str, str]:
    """Of single codes; empty where Grafana chooses."""
    rows = panel["fieldConfig"]["overrides"]
    return {row["matcher"]["options"]: row["properties"][0]["value"]["fixedColor"] for row in rows}


async def _told(session: ClientSession, path: str, query: dict[str, str]) -> list[dict[str, Any]]:
    async with session.get(f"/api/v1/{path}", params=query) as answer:
        told = await answer.json()
    result: list[dict[str, Any]] = told["data"]["result"]
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=4)
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "dashboard.svg")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        stats, panels = asyncio.run(run(Path(folder), options.minutes * 60))
    options.output.write_text(svg(stats, panels, options.minutes * 60 - WINDOW))


if __name__ == "__main__":
    main()
