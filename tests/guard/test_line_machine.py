"""Whatever order of coming, leaving, giving up, probing and new limits: no place is lost, and none is given twice."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway.guard.line import LimitSettings, Line, Place, Standing

CLIENTS = st.sampled_from("abc")
LIMITS = st.builds(LimitSettings, in_flight=st.integers(1, 6), queue=st.integers(0, 5))


class Clients(RuleBasedStateMachine):
    """Clients at one line, and what each of their requests has been told."""

    def __init__(self) -> None:
        super().__init__()
        self.line = Line(LimitSettings(in_flight=3, queue=4))
        self.places: list[Place] = []
        self.told: list[Place] = []
        self.probes: int | None = None
        self.before_the_probe: set[Place] = set()
        self.most_probes = 0
        self.bound = 3  # what may be in use: the limit, or what was when it was lowered

    @rule(client=CLIENTS, cost=st.integers(1, 8), is_return=st.booleans())
    def joins(self, client: str, cost: int, is_return: bool) -> None:
        found: list[Place] = []
        place = self.line.join(client, cost, lambda: self.told.append(found[0]), is_return=is_return)
        if place is None:
            assert self.line.waiting >= self.line.settings.queue
            return
        found.append(place)
        self.places.append(place)

    @precondition(lambda self: self.places)
    @rule(data=st.data())
    def leaves(self, data: st.DataObject) -> None:
        """Served, timed out, or given up: whatever it was doing."""
        place = data.draw(st.sampled_from(self.places))
        self.line.leave(place)
        assert place.standing is Standing.GONE
        self.line.leave(place)  # once more changes nothing
        self.places.remove(place)

    @rule(limits=LIMITS, probes=st.none() | st.integers(1, 3))
    def is_reloaded_or_probed(self, limits: LimitSettings, probes: int | None) -> None:
        if probes != self.probes and self.probes is None:
            self.before_the_probe = set(self.standing(Standing.UNDER_WAY))
        self.probes = probes
        self.bound = max(limits.in_flight, self.line.in_use)
        self.line.under(limits).bear(limits.in_flight, probes)

    @rule()
    def is_left_alone(self) -> None:
        self.line.dismiss()
        assert not self.line.waiting

    def standing(self, standing: Standing) -> list[Place]:
        return [place for place in self.places if place.standing is standing]

    @invariant()
    def counts_are_right(self) -> None:
        under_way = self.standing(Standing.UNDER_WAY)
        assert self.line.under_way == len(under_way)
        assert self.line.in_use == sum(place.cost for place in under_way)
        assert self.line.waiting == len(self.standing(Standing.WAITING))

    @invariant()
    def no_more_is_under_way_than_may_be(self) -> None:
        self.bound = max(self.line.limit, min(self.bound, self.line.in_use))
        assert self.line.in_use <= self.bound or self.line.under_way == 1

    @invariant()
    def no_more_probes_than_may_be(self) -> None:
        if self.probes is not None:
            probing = set(self.standing(Standing.UNDER_WAY)) - self.before_the_probe
            self.most_probes = max(self.probes, min(self.most_probes, len(probing)))
            assert len(probing) <= self.most_probes

    @invariant()
    def nobody_waits_while_there_is_room(self) -> None:
        before = self.standing(Standing.WAITING)
        self.line.advance()
        assert self.standing(Standing.WAITING) == before

    @invariant()
    def each_is_told_once(self) -> None:
        assert len(self.told) == len(set(self.told))

    def teardown(self) -> None:
        for place in self.places:
            self.line.leave(place)
        assert (self.line.under_way, self.line.in_use, self.line.waiting) == (0, 0, 0)


Clients.TestCase.settings = settings(max_examples=150, stateful_step_count=40)
TestClients = Clients.TestCase
