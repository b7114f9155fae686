"""The gateway as an operator starts it, in a process of its own, and what its admin port and the kernel say of it."""

import re
import sys
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from tests.support.servers import Server, get

PROJECT = Path(__file__).parents[2]


class Gateway(Server):
    """`python -m gateway serve --config FILE` in front of one archive, with every pack.

    `of_upstream` is more YAML of the archive, `more` is more of the file.
    """

    _LISTENING = re.compile(r"listening on port (\d+), admin on port (\d+)")

    def __init__(self, folder: Path, upstream: str, of_upstream: str = "", more: str = "") -> None:
        super().__init__(folder, [sys.executable, "-m", "gateway", "serve", "--config", str(folder / "gateway.yaml")])
        self.admin_port = 0
        (folder / "gateway.yaml").write_text(
            "version: 1\n"
            "server: {host: 127.0.0.1, port: 0, drain: 2s}\n"
            "admin: {host: 127.0.0.1, port: 0}\n"
            f'upstreams: {{pacs: {{url: "{upstream}"{of_upstream}}}}}\n'
            "routes: [{id: pacs, prefix: /, upstream: pacs}]\n"
            "packs: all\n" + more
        )

    @property
    def cwd(self) -> Path:
        return PROJECT

    def answers(self) -> bool:
        found = self._LISTENING.search(self.stderr)
        if found is None:
            return False
        self.port, self.admin_port = int(found[1]), int(found[2])
        return get(self.admin_port, "/-/ready")[0] == 200

    def metrics(self) -> dict[tuple[str, ...], float]:
        """Every sample with a value: (name, label=value, ...) in the order of the labels' names."""
        status, text = get(self.admin_port, "/metrics")
        assert status == 200
        samples = [s for family in text_string_to_metric_families(text.decode()) for s in family.samples]
        return {(s.name, *(f"{k}={v}" for k, v in sorted(s.labels.items()))): s.value for s in samples if s.value}

    def memory(self, field: str) -> float:
        """MiB of the process: `VmRSS` is now, `VmHWM` the most there ever was."""
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith(f"{field}:"))
        return int(line.split()[1]) / 1024
