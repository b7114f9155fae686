"""What somebody waits for: a first byte, a start, an answer while the configuration is read anew."""

import time
from http.client import HTTPConnection
from statistics import median, quantiles

from bench.contents import Content, contents
from bench.peers import Running, chosen, launch
from bench.policies import rules
from bench.processes import DidNotStart
from bench.sampling import Reader
from bench.stage import Stage
from bench.tables import Table, duration
from bench.wrk import Loading, command

_ASKED = {"2 KB search": 500, "256 KB frame": 200, "16 MB instance": 20}
_STARTS = 7
_RELOADS = 5
_LONG = 1000  # rules
_POLICIES = (10, 100, _LONG)
_PATIENCE = 20.0


def first_bytes(stage: Stage) -> Table:
    """One client, one request at a time: straight from the archive, and through proxies."""
    held = contents()
    archive = stage.archive(held)
    proxies = [proxy for name in ("gateway", "nginx", "Caddy") if (proxy := stage.proxy(name, archive))]
    places = {"the archive itself": archive, **{proxy.peer.name: proxy.port for proxy in proxies}}
    rows = tuple((name, *(_first_byte(port, content) for content in held)) for name, port in places.items())
    return Table(
        "Time to the first byte (p50 / p99)",
        ("from", *(content.name for content in held)),
        rows,
        "One connection, one request at a time. The reader is a Python client, which takes a part of each figure.",
    )


def _first_byte(port: int, content: Content) -> str:
    times = _ASKED[content.name]
    with Reader(port) as reader:
        for _ in range(max(3, times // 10)):
            reader.fetch(content)
        taken = [reader.fetch(content).first for _ in range(times)]
    return f"{duration(median(taken))} / {duration(quantiles(taken, n=100)[98])}"


def starts(stage: Stage) -> Table:
    """From the command to the first /-/ready that says yes."""
    rows = []
    for count in (0, _LONG):
        taken = [_start(stage, rules(count), turn) for turn in range(_STARTS)]
        rows.append((f"{count:,}", duration(median(taken)), duration(max(taken))))
    columns = ("rules, besides all packs", "median", "longest")
    return Table("From the command to ready", columns, tuple(rows), f"{_STARTS} starts, on one core.")


def _start(stage: Stage, written: str, turn: int) -> float:
    folder = stage.folder / f"start-{len(written)}-{turn}"
    folder.mkdir()
    began = time.perf_counter()
    running = launch(chosen("gateway")[0], folder, 9, stage.core, rules=written)
    with running.process:
        while not _is_ready(running):
            if time.perf_counter() - began > _PATIENCE:
                raise DidNotStart(running.process.errors())
            time.sleep(0.005)
        return time.perf_counter() - began


def _is_ready(running: Running) -> bool:
    try:
        return operators(running, "GET", "/-/ready") == 200
    except OSError:
        return False


def operators(running: Running, method: str, target: str) -> int:
    """What the admin port answers."""
    connection = HTTPConnection("127.0.0.1", running.admin, timeout=30)
    try:
        connection.request(method, target)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def reloads(stage: Stage) -> Table:
    """How long answers take: undisturbed, and while a policy is read again and again."""
    small = contents()[0]
    archive = stage.archive((small,))
    rows = []
    for count in _POLICIES:
        gateway = stage.gateway(archive, rules(count))
        for name, times in (("undisturbed", 0), (f"{_RELOADS} reloads", _RELOADS)):
            loading = Loading(command(gateway.port, small, stage.seconds * 2, 8), stage.others)
            taken = [_reload(gateway, stage.seconds * 2 / (_RELOADS + 2)) for _ in range(times)]
            load = loading.result()
            told = duration(max(taken)) if taken else "-"
            rows.append((f"{count:,}, {name}", duration(load.p50), duration(load.p99), duration(load.longest), told))
    return Table(
        "Reload under load",
        ("rules", "p50", "p99", "longest", "longest reload"),
        tuple(rows),
        "Eight connections that ask for 2 KB all the time, so that the gateway's core is never idle: a reload takes as long "
        "as traffic lets it.",
    )


def _reload(gateway: Running, pause: float) -> float:
    time.sleep(pause)
    began = time.perf_counter()
    status = operators(gateway, "POST", "/-/reload")
    if status != 200:
        raise DidNotStart(f"a reload was answered with {status}: {gateway.process.errors()}")
    return time.perf_counter() - began
