"""Short names for what a policy says, by which a recording knows it again in another one.

A condition is the same wherever it asks the same. A rule is the same where it asks and does the same. The ground is all that
the built-in semantics go by.
"""

import hashlib
import re
from dataclasses import fields
from functools import lru_cache
from typing import Any

from gateway.core.conditions import Condition, SizeIs
from gateway.core.policy import Policy
from gateway.core.rule import Rule

_LENGTH = 10  # hexadecimal digits


def _short(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode("utf-8", "backslashreplace")).hexdigest()[:_LENGTH]


def of_condition(condition: Condition) -> str:
    asked: Any = condition
    return _of_condition(asked)


@lru_cache(4096)
def _of_condition(condition: Any) -> str:
    if isinstance(condition, SizeIs):
        return _short("size", condition.text)
    told = [_told(getattr(condition, field.name)) for field in fields(condition)]
    return _short(type(condition).__name__, *told)


def _told(value: object) -> object:
    if isinstance(value, re.Pattern):
        return ("pattern", value.pattern, value.flags)
    return sorted(map(str, value)) if isinstance(value, frozenset) else (type(value).__name__, value)


@lru_cache(4096)
def of_rule(rule: Rule) -> str:
    return _short(rule.id, [of_condition(condition) for condition in rule.when], repr(rule.then))


def of_ground(policy: Policy) -> str:
    documented = policy.documented
    codes = (documented.name, documented.edition, sorted(documented.added), documented.strict)
    quirks = sorted((name, repr(quirks)) for name, quirks in policy.quirks.items())
    return _short(codes, sorted(policy.fold.items()), quirks, policy.peek, policy.document)
