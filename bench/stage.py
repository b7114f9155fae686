"""Where an experiment takes place: an archive, and proxies in front of it, for as long as it lasts."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.contents import Content
from bench.origin import origin
from bench.peers import Running, chosen, launch


@dataclass(frozen=True, slots=True)
class Stage:
    """`stack` ends all that was started. `core` is the proxy's, `others` are everybody else's."""

    stack: ExitStack
    folder: Path
    core: frozenset[int]
    others: frozenset[int]
    seconds: int
    streams: int = 64
    mebibytes: int = 1024

    def archive(self, held: tuple[Content, ...], huge: int = 0) -> int:
        """Its port."""
        return self.stack.enter_context(origin(held, self.folder, self.others, huge))

    def proxy(self, name: str, archive: int, rules: str = "") -> Running | None:
        """A proxy at work, None where it is not installed."""
        peer = next(peer for peer in chosen(name) if peer.name == name)
        if peer.program is None:
            return None
        folder = self.folder / f"{archive}-{len(rules)}"
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
        running = launch(peer, folder, archive, self.core, rules=rules)
        self.stack.enter_context(running.process).listening(running.port)
        return running

    def gateway(self, archive: int, rules: str = "") -> Running:
        running = self.proxy("gateway", archive, rules)
        assert running is not None
        return running
