"""Where the gateway spends its time under load: a profile by sampling from outside (py-spy), which slows nothing down.

pip install py-spy; python -m bench.hot [--content "2 KB"] [--seconds 10]
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from bench.contents import Content, contents
from bench.measure import warm
from bench.processes import cores
from bench.stage import Stage
from bench.wrk import Loading, command

_RATE = 400  # samples a second
_LINE = re.compile(r":\d+\)$")


def spied(content: Content, seconds: int, program: str) -> str:
    """py-spy's stacks, one a line, each with how often it was seen."""
    core, others = cores()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        stage = Stage(stack, folder, core, others, seconds)
        gateway = stage.gateway(stage.archive((content,)))
        warm(gateway, content, 2, others)
        loading = Loading(command(gateway.port, content, seconds + 5), others)
        raw = folder / "stacks"
        words = (program, "record", "--pid", str(gateway.process.pid), "--duration", str(seconds), "--rate", str(_RATE),
                 "--format", "raw", "--output", str(raw))  # fmt: skip
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - py-spy, on a process of ours
        loading.stop()
        return raw.read_text()


def profile(stacks: str, most: int = 60) -> str:
    """Two lists of functions: by the time spent in them, and by that spent in them and in all they call."""
    own: Counter[str] = Counter()
    within: Counter[str] = Counter()
    for line in stacks.splitlines():
        stack, _, times = line.rpartition(" ")
        frames = [_LINE.sub(")", frame) for frame in stack.split(";")]
        own[frames[-1]] += int(times)
        within.update(dict.fromkeys(frames, int(times)))
    return "\n".join(
        [*_listed("in itself", own, own.total(), most), "", *_listed("with callees", within, own.total(), most)]
    )


def _listed(title: str, found: Counter[str], total: int, most: int) -> list[str]:
    return [title, *(f"{times / total:7.1%}  {name}" for name, times in found.most_common(most))]


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.hot", description="Profile the gateway under load.")
    parser.add_argument("--content", default="2 KB", help="how its name begins: 2 KB, 256 KB, 16 MB")
    parser.add_argument("--seconds", type=int, default=10)
    options = parser.parse_args()
    program = shutil.which("py-spy") or shutil.which("py-spy", path=str(Path(sys.executable).parent))
    if program is None:
        raise SystemExit("the profiler is py-spy: pip install py-spy")
    content = next((content for content in contents() if content.name.startswith(options.content)), None)
    if content is None:
        raise SystemExit(f"there is no content {options.content}")
    print(profile(spied(content, options.seconds, program)))


if __name__ == "__main__":
    main()
