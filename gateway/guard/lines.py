"""The lines before one archive: one for all requests, and narrower ones for families of transactions."""

from collections.abc import Iterator, Mapping

from gateway.guard.line import LimitSettings, Line

_UNLIMITED = LimitSettings(in_flight=16)  # what an archive without a limit is taken to bear, to space out turns
_WITHOUT_END = 2**31


class Lines:
    """`all_requests` is None where nothing limits them together."""

    def __init__(self, limits: LimitSettings | None, families: Mapping[str, LimitSettings]) -> None:
        self.all_requests: Line | None = None
        self._families: dict[str, Line] = {}
        self._nobodys = Line(_UNLIMITED)  # it only learns how quick an archive without a limit is
        self.under(limits, families)

    def __iter__(self) -> Iterator[Line]:
        yield from self._families.values()
        if self.all_requests is not None:
            yield self.all_requests

    def under(self, limits: LimitSettings | None, families: Mapping[str, LimitSettings]) -> None:
        """Go by these limits from now on. Who is under way or waits in a line that stays is still in it; where a line is
        gone, nobody waits in it any longer."""
        before = set(self)
        self.all_requests = _renewed(self.all_requests, limits) if limits else None
        self._families = {family: _renewed(self._families.get(family), own) for family, own in families.items()}
        for line in before.difference(self):
            line.bear(_WITHOUT_END)

    def of(self, family: str) -> tuple[Line, ...]:
        """The lines to stand in, one after the other: the family's where it has one, and then the one for all."""
        both = (self._families.get(family), self.all_requests)
        return tuple(line for line in both if line is not None)

    @property
    def per_second(self) -> float:
        """How many requests the archive serves, whatever they ask."""
        return self._widest.per_second

    def learn(self, stood_in: Iterator[Line], seconds: float, cost: int) -> None:
        """A request that stood in these lines was served."""
        for line in {self._widest, *stood_in}:
            line.learn(seconds, cost)

    @property
    def _widest(self) -> Line:
        return self.all_requests or self._nobodys


def _renewed(line: Line | None, settings: LimitSettings) -> Line:
    return line.under(settings) if line else Line(settings)
