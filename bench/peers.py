"""Whom the gateway is compared with, and how each is set up: one worker, one core, connections kept on both sides.

None writes an access log unless a run asks for it (`--peer-logs`): the gateway always does, and may have no advantage from
what its peers do beyond carrying bytes. Traefik counts, as it would in any hospital; so do Envoy's statistics, which
cannot be turned off.
"""

import os
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from bench.configured import configured
from bench.processes import ROOT, Launched, said
from tests.support.ports import free_port

BINARIES = Path(os.environ.get("BENCH_PEERS", ROOT / ".venv" / "bench-peers"))
_LOG = "{FOLDER}/peer.log"


@dataclass(frozen=True, slots=True)
class Peer:
    """A proxy: its command, with {program}, {config}, {port} and {origin} to be filled in. `log` is what its configuration
    says without an access log and with one."""

    name: str
    command: tuple[str, ...]
    version: tuple[str, ...]
    does: str
    template: str = ""
    log: tuple[str, str] = ("", "")
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def program(self) -> str | None:
        """Where its program is, None where it is not installed."""
        name = self.command[0]
        if name == "python":
            return sys.executable
        places = (str(BINARIES / "bin"), str(BINARIES / "mitmproxy" / "bin"), os.environ.get("PATH", ""), "/usr/sbin")
        return shutil.which(name, path=os.pathsep.join(places))

    def release(self) -> str:
        """Its version, as it tells it."""
        if not self.version:
            return aiohttp.__version__
        found = re.search(r"\d+\.\d+[.\d]*", said((self.program or "", *self.version)))
        return found[0] if found else "unknown"


_ENVOY_LOG = (
    "access_log: [{name: file, typed_config: "
    '{"@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog, path: ' + _LOG + "}}]"
)
_ONE_THREAD = {"GOMAXPROCS": "1"}

PEERS = (
    Peer("gateway", ("python", "-m", "gateway", "serve", "--config", "{config}"), ("-m", "gateway", "--version"),
         "DICOM profile, all packs, metrics, access log to a file", "gateway.yaml", ("info", "info")),
    Peer("nginx", ("nginx", "-e", "stderr", "-p", "{folder}", "-c", "{config}"), ("-v",),
         "buffers at their default, none on disk", "nginx.conf", ("access_log off;", f"access_log {_LOG};")),
    Peer("HAProxy", ("haproxy", "-db", "-f", "{config}"), ("-v",),
         "one thread", "haproxy.cfg", ("", "log stdout format raw local0\n    option httplog")),
    Peer("Envoy", ("envoy", "--concurrency", "1", "--log-level", "error", "--disable-hot-restart", "-c", "{config}"),
         ("--version",), "its statistics", "envoy.yaml", ("", _ENVOY_LOG)),
    Peer("Traefik", ("traefik", "--configFile={config}"), ("version",),
         "metrics by entry point and service", "traefik.yaml", ("", "accessLog: {filePath: " + _LOG + "}"), _ONE_THREAD),
    Peer("Caddy", ("caddy", "run", "--config", "{config}", "--adapter", "caddyfile"), ("version",),
         "nothing else", "Caddyfile", ("", "log {\n\t\toutput file " + _LOG + "\n\t}"), _ONE_THREAD),
    Peer("plain aiohttp", ("python", "-m", "bench.plain_proxy", "{port}", "{origin}"), (),
         "no features and no log: forwards and streams"),
    Peer("mitmproxy", ("mitmdump", "--mode", "reverse:http://127.0.0.1:{origin}", "--listen-host", "127.0.0.1",
         "--listen-port", "{port}", "--set", "stream_large_bodies=64k", "--set", "flow_detail=0",
         "--set", "termlog_verbosity=error", "--set", "confdir={folder}/mitmproxy"), ("--version",),
         "streams from 64 KB, keeps no flows"),
)  # fmt: skip


def chosen(names: str) -> tuple[Peer, ...]:
    """`all`, or names with commas, case and blanks ignored. The gateway is always among them."""
    if names == "all":
        return PEERS
    wanted = {_plain(name) for name in names.split(",")} | {"gateway"}
    if unknown := wanted - {_plain(peer.name) for peer in PEERS}:
        raise SystemExit(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(peer.name for peer in PEERS)}")
    return tuple(peer for peer in PEERS if _plain(peer.name) in wanted)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


@dataclass(frozen=True, slots=True)
class Running:
    """A proxy at work: its process, the port for clients, and the one for operators where it has one."""

    peer: Peer
    process: Launched
    port: int
    admin: int


def launch(
    peer: Peer,
    folder: Path,
    archive: int,
    where: frozenset[int],
    *,
    logs: bool = False,
    rules: str = "",
    workers: int = 1,
) -> Running:
    """Start a proxy in front of the archive. To be waited for, and ended by whoever asked."""
    own = folder / _plain(peer.name)
    own.mkdir(exist_ok=True)
    port, admin = free_port(), free_port()
    words = {"PORT": port, "ADMIN": admin, "ORIGIN": archive, "RULES": rules, "WORKERS": workers}
    words["LOG"] = peer.log[logs].replace("{FOLDER}", str(own))
    config = configured(peer.template, own, **words) if peer.template else own
    if peer.name == "Traefik":
        configured("traefik-routes.yaml", own, **words)
    known = {"config": config, "port": port, "origin": archive, "folder": own}
    command = [peer.program or peer.command[0], *(part.format(**known) for part in peer.command[1:])]
    environ = {"HOME": str(own), **peer.environ}
    return Running(peer, Launched(_plain(peer.name), command, own, where, environ), port, admin)
