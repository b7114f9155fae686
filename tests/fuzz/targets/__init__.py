"""What is fuzzed: a name, the check, and how many runs take about three seconds.

A check takes bytes and raises where a promise is broken. It asserts more than the absence of an exception.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tests.fuzz.targets.answers import check_failure, check_json_shape, check_reply, check_store_response
from tests.fuzz.targets.configuration import check_configuration
from tests.fuzz.targets.requests import (
    check_classify,
    check_rebased,
    check_request,
    check_request_fields,
    check_response_fields,
)
from tests.fuzz.targets.streams import check_ending, check_head_end, check_multipart
from tests.fuzz.targets.values import check_accept, check_media_type, check_retry_after


@dataclass(frozen=True)
class Target:
    """One thing to fuzz. `runs` is for the short pass with all other tests."""

    check: Callable[[bytes], None]
    runs: int
    longest: int = 1024  # bytes of an input: long enough for every branch, short enough for many runs


TARGETS: Mapping[str, Target] = MappingProxyType(
    {
        "accept": Target(check_accept, 20_000, 200),
        "classify": Target(check_classify, 30_000, 300),
        "configuration": Target(check_configuration, 2_000, 2048),
        "ending": Target(check_ending, 6_000, 1500),
        "failure": Target(check_failure, 5_000, 300),
        "head_end": Target(check_head_end, 40_000, 100),
        "json_shape": Target(check_json_shape, 50_000),
        "media_type": Target(check_media_type, 10_000, 200),
        "multipart": Target(check_multipart, 20_000, 500),
        "rebased": Target(check_rebased, 20_000, 100),
        "reply": Target(check_reply, 4_000, 2048),
        "request": Target(check_request, 50_000, 700),
        "request_fields": Target(check_request_fields, 30_000, 500),
        "response_fields": Target(check_response_fields, 20_000, 500),
        "retry_after": Target(check_retry_after, 50_000, 60),
        "store_response": Target(check_store_response, 50_000),
    }
)
