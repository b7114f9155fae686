"""A million normalisations of answers that nobody thought of: none may raise, none may leave the documented set.

Hypothesis makes batches of requests, outcomes and policies; every combination of a batch is judged. Too long for every test
run, so it stands here:

    PYTHONPATH=. .venv/bin/python bench/million.py [COUNT]
"""

import sys
import time
from itertools import product

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.core.facts import Outcome, RequestFacts
from gateway.core.normalise import normalise
from gateway.core.policy import Mode, Policy
from tests.support.strategies import failures, policies, requests, responses

BATCH = 10  # requests, outcomes and policies in a batch: a thousand combinations
WANTED = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
judged = 0


def many(things: st.SearchStrategy[object]) -> st.SearchStrategy[list[object]]:
    return st.lists(things, min_size=BATCH, max_size=BATCH)


@settings(max_examples=WANTED // BATCH**3 + 1, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(many(requests()), many(responses | failures), many(policies()))
def judge(asked: list[RequestFacts], came: list[Outcome], held: list[Policy]) -> None:
    global judged  # noqa: PLW0603 - a count for the last line
    for request, outcome, policy in product(asked, came, held):
        status = normalise(request, outcome, policy).status
        judged += 1
        assert policy.mode is Mode.OBSERVE or policy.documented.allows(status), status


if __name__ == "__main__":
    began = time.perf_counter()
    judge()
    seconds = time.perf_counter() - began
    print(f"{judged:,} normalisations in {seconds:.0f} s: nothing was raised, nothing left the set")
