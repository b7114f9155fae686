"""For all tests: Hypothesis without a stopwatch (the machine is not part of the promise), and repeatable in CI."""

import os

from hypothesis import settings

settings.register_profile("house", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "house")
