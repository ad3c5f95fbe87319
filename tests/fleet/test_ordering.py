"""In which order stacks run: never before what they depend on, one chain per sandbox, and close to the bound."""

from hypothesis import given, strategies as st

from aep_pulumi.fleet.ordering import Node, bound_s, turns


@st.composite
def estates(draw: st.DrawFn) -> list[Node]:
    """Stacks that read earlier ones."""
    nodes: list[Node] = []
    for number in range(draw(st.integers(0, 25))):
        after = draw(st.sets(st.sampled_from([node.name for node in nodes]), max_size=3)) if nodes else set()
        place = draw(st.sampled_from(["", "dev", "stage", "prod"]))
        nodes.append(Node(f"s{number}", place, tuple(sorted(after)), draw(st.integers(1, 9))))
    return nodes


@given(estates(), st.integers(1, 8))
def test_every_stack_has_a_turn_after_those_it_depends_on(nodes: list[Node], slots: int) -> None:
    order = turns(nodes, slots)
    assert sorted(order) == sorted(node.name for node in nodes)
    assert sorted(turn.rank for turn in order.values()) == list(range(len(nodes)))
    for node in nodes:
        assert all(order[name].rank < order[node.name].rank for name in node.after)


@given(estates(), st.integers(1, 8))
def test_the_stacks_of_a_sandbox_are_one_chain(nodes: list[Node], slots: int) -> None:
    order = turns(nodes, slots)
    for place in ("dev", "stage", "prod"):
        names = sorted((node.name for node in nodes if node.place == place), key=lambda name: order[name].rank)
        assert [order[name].behind for name in names] == ["", *names][: len(names)]
    assert all(order[node.name].behind == "" for node in nodes if not node.place)


@given(estates(), st.integers(1, 8))
def test_no_run_is_faster_than_the_bound(nodes: list[Node], slots: int) -> None:
    took = duration(nodes, slots)
    assert took >= bound_s(nodes, slots) - 1e-9
    # What Graham proved for any order that leaves no slot idle for nothing, with one more term for the sandboxes.
    assert took <= 3 * bound_s(nodes, slots) + 1e-9


def test_the_busiest_sandbox_goes_first() -> None:
    nodes = [Node(f"a{number}", "busy", (), 5) for number in range(4)] + [
        Node(f"b{number}", f"p{number}", (), 5) for number in range(4)
    ]
    assert duration(nodes, 2) == bound_s(nodes, 2) == 20


def test_the_longest_chain_goes_first() -> None:
    nodes = [
        Node("short1", "a", (), 2),
        Node("short2", "b", (), 2),
        Node("first", "c", (), 3),
        Node("second", "d", ("first",), 3),
    ]
    assert turns(nodes, 1)["first"].rank == 0


def duration(nodes: list[Node], slots: int) -> float:
    """How long it takes if every stack starts as early as its turn allows."""
    order, by_name = turns(nodes, slots), {node.name: node for node in nodes}
    ends: dict[str, float] = {}
    free = [0.0] * slots
    for name in sorted(order, key=lambda name: order[name].rank):
        needs = [*by_name[name].after, *([order[name].behind] if order[name].behind else [])]
        slot = min(range(slots), key=lambda number: free[number])
        ends[name] = max([free[slot], *(ends[need] for need in needs)]) + by_name[name].size
        free[slot] = ends[name]
    return max(ends.values(), default=0.0)
