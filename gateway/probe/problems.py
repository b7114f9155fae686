"""A problem: one thing about an answer that the standards do not allow, with its clause."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """`id` is for programs and groups. A `habit` is about the manner of an answer, whatever was asked: it is told once."""

    id: str
    words: str
    clause: str
    habit: bool = False
