"""Runs one target under atheris, the coverage-guided fuzzer: `python tests/fuzz/run.py TARGET [libFuzzer options]`.

Apart from pytest, because the code under test is instrumented while it is imported. Seeds are read and never written; what
a run learns is kept only in a folder that is named among the options. An input that breaks a promise is left in the current
folder as crash-...; put it into tests/fuzz/seeds/TARGET once the defect is fixed.
"""

import sys
from pathlib import Path
from types import ModuleType

import atheris

ROOT = Path(__file__).parents[2]
SEEDS = Path(__file__).parent / "seeds"
WORDS = Path(__file__).parent / "words.dict"


def find_tests() -> None:
    """Make `tests` this folder: some wheels install a package of that name, which would be found first."""
    package = ModuleType("tests")
    package.__path__ = [str(ROOT / "tests")]
    sys.modules["tests"] = package
    sys.path.insert(0, str(ROOT))


def main(name: str, options: list[str]) -> None:
    with atheris.instrument_imports(include=["gateway"], enable_loader_override=False):
        from tests.fuzz.targets import TARGETS
    target = TARGETS[name]
    seeds = ",".join(str(seed) for seed in sorted((SEEDS / name).iterdir()))
    common = [
        f"-seed_inputs={seeds}",
        f"-dict={WORDS}",
        f"-max_len={target.longest}",
        "-timeout=20",
        "-rss_limit_mb=1024",
    ]
    atheris.Setup([sys.argv[0], *common, *options], target.check)
    atheris.Fuzz()


if __name__ == "__main__":
    find_tests()
    main(sys.argv[1], sys.argv[2:])
