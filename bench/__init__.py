"""What takes too long for every test run. Run from the project's folder, as `python -m bench.NAME`.

The tools of the tests are used here too. Some wheels install a package `tests`, which Python would prefer to a folder without
an `__init__.py`: so ours is named first.
"""

import sys
from pathlib import Path
from types import ModuleType

if "tests" not in sys.modules:
    sys.modules["tests"] = ModuleType("tests")
    sys.modules["tests"].__path__ = [str(Path(__file__).parents[1] / "tests")]
