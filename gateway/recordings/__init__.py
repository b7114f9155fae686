"""Recordings: exchanges without what names anybody, and what another policy would have made of them.

    exchange -> sketch -> a line of a file -> stand-in -> verdict

A sketch holds words from closed lists, numbers and keyed hashes. Its stand-in is an exchange of the same shape that never
was; wherever the stand-in would be judged otherwise than what it stands for, the line says so, and nobody guesses.
"""
