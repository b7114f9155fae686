"""What the soak's archive does wrong, and how often. Which of it happens to a request follows from the seed and the request
alone, so that a run can be repeated although nothing in it keeps an order."""

import random

# Before or instead of an answer, for any method.
_ANY = {
    "none": 120, "reset": 3, "end": 3, "silence": 3, "garbage": 3, "some_1xx": 3, "flood_of_1xx": 1, "server_error": 6,
}  # fmt: skip
# In the answer to a GET or HEAD, or behind it.
_TELLING = {
    "surplus": 4, "second_answer": 3, "content_of_head": 3, "too_short": 4, "reset_within": 4, "bad_chunk": 4,
    "silence_within": 2, "drops": 4, "late_408": 4, "end_while_idle": 4, "reset_while_idle": 4, "two_lengths": 2,
}  # fmt: skip
# Around the content of a POST. What is said of a store that happened stays a secret, in three ways.
_HEARING = {
    "refused_unread": 4, "reset_unread": 4, "deaf": 1, "stored_and_reset": 4, "stored_and_silent": 2, "stored_and_garbage": 2,
}  # fmt: skip

TABLES = {
    "GET": _ANY | _TELLING,
    "HEAD": _ANY | _TELLING,
    "POST": _ANY | _HEARING,
    "DELETE": _ANY,
}


def fault_for(seed: int, method: str, target: str) -> str:
    """The name of what goes wrong with this request; `none` where all is well."""
    table = TABLES[method]
    return random.Random(f"{seed} {method} {target}").choices(list(table), list(table.values()))[0]  # noqa: S311 - a dice
