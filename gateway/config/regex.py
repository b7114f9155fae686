"""Regular expressions of operators: compiled when the file is read, never when a patient waits.

Written as for Python's `re`, searched anywhere in the value, case as written; `(?i)` at the beginning ignores case.
A repetition whose every round may be nothing but another repetition, such as `(a+)+`, is refused: there are so many
ways to divide a text between the two that saying no may take hours.
"""

import re
import warnings
from importlib import import_module
from typing import Any

from gateway.config.findings import Wrong, shown

MAX_LENGTH = 1000

# The parser behind `re.compile`. Nothing public tells how a pattern is built.
_parser: Any = import_module("re._parser")


def regex(written: str) -> re.Pattern[str]:
    if not written:
        raise Wrong("is empty, and would match everything")
    if len(written) > MAX_LENGTH:
        raise Wrong(f"the regular expression is longer than {MAX_LENGTH} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            pattern = re.compile(written)
            explodes = _explodes(_parser.parse(written))
    except (re.error, OverflowError, RecursionError, Warning) as error:
        raise Wrong(f"{shown(written)} is not a regular expression: {error}") from None
    if explodes:
        raise Wrong(f"{shown(written)} repeats a repetition, which can take forever; repeat once")
    return pattern


def _explodes(items: Any) -> bool:
    """Whether some part is a boundless repetition of what is itself a boundless repetition and nothing else."""
    for operator, argument in items:
        name = str(operator)
        if _is_boundless(name, argument) and _is_only_boundless(argument[2]):
            return True
        if any(_explodes(inner) for inner in _insides(argument)):
            return True
    return False


def _is_boundless(name: str, argument: Any) -> bool:
    # Possessive repetitions never give back what they took, so they cannot explode.
    return name in ("MAX_REPEAT", "MIN_REPEAT") and argument[1] == _parser.MAXREPEAT


def _is_only_boundless(items: Any) -> bool:
    """Whether, seen through groups, this is one boundless repetition, beside which all may be empty."""
    musts = [(str(op), arg) for op, arg in items if not (str(op) == "MAX_REPEAT" and arg[0] == 0 and arg[1] == 1)]
    if len(musts) != 1:
        return False
    name, argument = musts[0]
    if name == "SUBPATTERN":
        return _is_only_boundless(argument[-1])
    return _is_boundless(name, argument)


def _insides(argument: Any) -> list[Any]:
    """The patterns inside an argument, wherever the operator keeps them."""
    if isinstance(argument, _parser.SubPattern):
        return [argument]
    if isinstance(argument, tuple | list):
        return [inner for part in argument for inner in _insides(part)]
    return []
