"""Parameters: the shipped file loads, and whatever is wrong with any leaf ends with one line that names it."""

import copy
import json
import re
import typing
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel
from ruamel.yaml import YAML

from stages.errors import ParamsError
from stages.params import file
from stages.params import whole as params
from stages.params.agents import OneAgent
from stages.params.whole import Params

SHIPPED = Path(__file__).parents[2] / "params.yaml"
# Through JSON, so that nothing is shared between anchors.
GIVEN = json.loads(json.dumps(YAML(typ="safe").load(SHIPPED.read_text())))
SHIPPED_AGENTS = GIVEN["agents"]
WINDOWS = YAML(typ="safe").load((SHIPPED.parent / "runs/agent.yaml").read_text())["agents"]["z2_windows"]["search"][
    "windows"
]
ENTRIES = YAML(typ="safe").load((SHIPPED.parent / "runs/records.yaml").read_text())["agents"]["z_spelled"]
# An agent over Z2 that spells entries has the keys of agent z, so it stands for both.
GIVEN["agents"] = {
    "spans": SHIPPED_AGENTS["z2"],
    "z": copy.deepcopy(ENTRIES),
    "z2": copy.deepcopy(ENTRIES) | {"ring": "Z2", "targets": ["2x2x2", "3x3x3"]},
}
GIVEN["agents"]["z2"]["demonstrations"]["distribution"] = [0.5, 0.5]
SHIPPED_WALKS = GIVEN["walks"]
# One starts from an agent that is none of these.
GIVEN["walks"] = {name: walk for name, walk in SHIPPED_WALKS.items() if name != "from_z2_cyclic"}
OTHER_WALKS = ", ".join(
    f"results/refinement/schemes/{walk}.parquet" for walk in sorted(GIVEN["walks"]) if walk != "standard"
)


STANDARD, CYCLIC = GIVEN["walks"]["standard"], GIVEN["walks"]["cyclic"]
ONWARD = CYCLIC | {"start": "results/refinement/schemes/cyclic.parquet"}
SKEW = STANDARD | {"start": "data/targets/skew3.json", "targets": ["skew3"]}


CYCLIC_WINDOWS = {"symmetry": "cyclic", "batches": 8}
WITH_WINDOWS = {"agents.spans.targets": ["2x2x2", "4x4x4"], "agents.spans.search.windows": WINDOWS}


def dumped(tree: dict) -> str:
    return yaml.dump(tree, Dumper=yaml.CSafeDumper)  # the other dumper takes longer than all that is tested


def leaves(node: dict, place: tuple = ()) -> list[tuple]:
    """Places of all values that are not mappings."""
    return [
        leaf
        for key, value in node.items()
        for leaf in (leaves(value, (*place, key)) if isinstance(value, dict) else [(*place, key)])
    ]


def at(place: tuple, node: dict = GIVEN):
    for key in place:
        node = node[key]
    return node


def changed(place: tuple, value: object = None, is_removed: bool = False, node: dict = GIVEN) -> dict:
    """The shipped parameters with one value changed or removed; what does not change is shared with them."""
    first, *rest = place
    if rest:
        return node | {first: changed(tuple(rest), value, is_removed, node[first])}
    return {key: given for key, given in node.items() if key != first} if is_removed else node | {first: value}


def with_changes(changes: dict[str, object]) -> dict:
    """The shipped parameters with several values changed; agent z2 plays in the window 2x2x2."""
    tree = copy.deepcopy(GIVEN)
    for key, value in ({"agents.z2.window": "2x2x2"} | changes).items():
        *place, last = key.split(".")
        node = tree
        for part in place:
            node = node[part]
        node[last] = copy.deepcopy(value)
    return tree


def refused(content: dict | str | bytes, path: Path = Path("params.yaml")) -> str:
    """The one line after the file's name. A tree is checked as if it had been read: to read it takes longest."""
    with pytest.MonkeyPatch.context() as patch:
        if isinstance(content, dict):
            patch.setattr(file, "read", lambda _: file._tuples(content))
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(ParamsError) as caught:
            params.load(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"{path}: ")
    return message.removeprefix(f"{path}: ")


MAY_BE_NULL = ("benchmarking", "variants")  # for all of them
LEAVES = [place for place in leaves(GIVEN) if place[1] != "z" and place != MAY_BE_NULL]
SECTIONS = sorted({place[:depth] for place in LEAVES for depth in range(1, len(place))})
name = ".".join
NETWORK = ("agents", "z2", "network")


def test_shipped_file_loads_whole():
    loaded = params.load(SHIPPED).model_dump(mode="json", exclude_none=True)
    given = copy.deepcopy(GIVEN) | {"agents": SHIPPED_AGENTS, "walks": SHIPPED_WALKS}
    assert loaded == given


@pytest.mark.parametrize("place", LEAVES, ids=name)
def test_wrong_type_names_its_key(place):
    for value in ({"a": 1}, None, ["no", 1]):
        message = refused(changed(place, value))
        assert re.match(rf"{re.escape(name(place))}(\.\d+)?: ", message)
        assert "Input should be" in message or "expected" in message
        assert "got " in message


NUMBERS = [place for place in LEAVES if type(at(place)) in (int, float)]
# A whole number may stand where a fraction may, so the types are those of what is loaded.
WHOLE = Params.model_validate(file._tuples(GIVEN))
LOADED = WHOLE.model_dump()
INTEGERS, FRACTIONS = ([place for place in NUMBERS if type(at(place, LOADED)) is kind] for kind in (int, float))
TEXTS = [place for place in LEAVES if isinstance(at(place), str)]
LISTS = [place for place in LEAVES if isinstance(at(place), list)]


@pytest.mark.parametrize("place", NUMBERS, ids=name)
def test_number_out_of_range_or_of_other_type_names_its_key(place):
    for value in (-1, True, "5", float("nan"), float("inf")):
        message = refused(changed(place, value))
        assert message.startswith(f"{name(place)}: Input should be ")
        assert message.endswith(f", got {value!r}")


@pytest.mark.parametrize("place", INTEGERS, ids=name)
def test_fraction_is_no_integer(place):
    assert refused(changed(place, 1.5)) == f"{name(place)}: Input should be a valid integer, got 1.5"


def test_numbers_are_those_of_yaml_1_2_as_dvc_reads_them(tmp_path):
    """YAML 1.1 wants a point in a float and takes `on` for a truth."""
    path = tmp_path / "params.yaml"
    rate = ("agents", "z2", "search", "optimiser", "learning_rate")
    path.write_text(dumped(changed(rate, "MARK")).replace("MARK", "1e-2"))
    assert at(rate, params.load(path).model_dump()) == 0.01
    text = dumped(changed(("agents", "z2", "search", "learn_failed"), "MARK")).replace("MARK", "on")
    assert refused(text, path) == "agents.z2.search.learn_failed: Input should be a valid boolean, got 'on'"


def test_a_key_that_stands_twice_is_refused(tmp_path):
    message = refused("agents: {}\nagents: {}", tmp_path / "params.yaml")
    assert 'found duplicate key "agents" with value "{}"' in message
    assert message.endswith("line 2, column 1")


@pytest.mark.parametrize("place", FRACTIONS, ids=name)
def test_a_whole_number_may_stand_for_a_fraction(tmp_path, place):
    path, loaded = tmp_path / "params.yaml", []
    for value in (1, 1.0):
        # Shares beside this one may leave no room for so much.
        others = {"agents.z2.search.demonstration_share": [0, 0], "agents.spans.search.own_share": 0}
        others["agents.spans.search.played_share"] = 0
        path.write_text(dumped(with_changes(others | {name(place): value})))
        loaded.append(params.load(path))
    assert loaded[0] == loaded[1]
    assert type(at(place, loaded[0].model_dump())) is float


@pytest.mark.parametrize("place", TEXTS, ids=name)
def test_number_is_no_text(place):
    message = refused(changed(place, 3))
    assert message.startswith(f"{name(place)}: Input should be ")
    assert message.endswith(", got 3")


# Of these a number may stand there twice.
NUMBERED = [place for place in LISTS if not isinstance(at(place)[0], str | list)]


@pytest.mark.parametrize(
    "place", [place for place in LISTS if place not in NUMBERED and "cubes" not in place], ids=name
)
def test_an_entry_that_stands_twice_is_refused(place):
    message = refused(changed(place, [*at(place), at(place)[0]]))
    assert message.startswith(f"{name(place)}: expected each entry once, got [")


@pytest.mark.parametrize("place", LISTS, ids=name)
@pytest.mark.parametrize("value", [[], 3, "2x2x2", [None]], ids=repr)
def test_wrong_list_names_its_key(place, value):
    message = refused(changed(place, value))
    assert message.startswith(name(place))
    assert message.endswith((f"got {value!r}", "got None", "got none"))
    assert "uple" not in message


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("agents.z2.search.rounds", 0, "agents.z2.search.rounds: Input should be greater than or equal to 1, got 0"),
        ("agents.z2.search.risk", 0, "agents.z2.search.risk: Input should be greater than 0, got 0"),
        ("agents.z2.search.risk", 1.01, "agents.z2.search.risk: Input should be less than or equal to 1, got 1.01"),
        (
            "agents.z2.search.planner.name",
            "best",
            "agents.z2.search.planner.name: Input should be 'one_ply', 'puct', 'sequential_halving', got 'best'",
        ),
        (
            "agents.z2.search.planner",
            {"name": "puct"},
            "agents.z2.search.planner.simulations: expected a value, got none",
        ),
        (
            "agents.z2.search.planner",
            {"name": "one_ply", "improved_policy": "best", "simulations": 8},
            "agents.z2.search.planner.simulations: expected no such key",
        ),
        (
            "walks.standard.start",
            "data/imported/x.json",
            "walks.standard.start: expected one of data/standard.json, results/search/schemes/spans.parquet, "
            f"results/search/schemes/z.parquet, results/search/schemes/z2.parquet, {OTHER_WALKS}, "
            "got data/imported/x.json",
        ),
        ("agents.z2.window", "6x6x6", "agents.z2.window: expected axes of at most 28, got 36"),
        ("agents.z2.window", "2x2", "agents.z2.window: size: expected three numbers 1..99 like 3x4x5, got '2x2'"),
        (
            "agents.z2.search.planner",
            {"name": "sequential_halving", "simulations": 16, "gumbel_scale": 0.0, "value_scale": 1.0},
            "agents.z2.search.planner.simulations: expected more than the 16 candidates, got 16: with one visit of "
            "each, sequential halving is one_ply",
        ),
        (
            "agents.z2.network.torso",
            "mlp",
            "agents.z2.network.torso: Input should be 'ranks', 'attention', got 'mlp'",
        ),
        (
            "agents.z2.network.torso",
            "attention",
            "agents.z2.network.head_size: expected a value, got none",
        ),
        (
            "agents.z.network.model",
            {"name": "learned", "width": 32, "unroll": 2},
            "agents.z.network.model: expected exact over Z, got learned",
        ),
        (
            "agents.z2.network.history",
            33,
            "agents.z2.network.history: Input should be less than or equal to 32, got 33",
        ),
        (
            "agents.z2.demonstrations.distribution",
            [0.995, 0.005],
            "agents.z2.demonstrations.distribution: expected a probability of zero of at most 0.99, got 0.995",
        ),
        (
            "walks.standard.margin",
            [2, 40000],
            "walks.standard.margin: expected two numbers, 1 <= least <= greatest <= 511, got [2, 40000]",
        ),
        (
            "walks.standard.plus_after",
            [0, 10],
            "walks.standard.plus_after: expected two numbers, 1 <= least <= greatest <= 1000000, got [0, 10]",
        ),
        (
            "walks.standard.flips",
            1e9,
            "walks.standard.flips: Input should be a valid integer, got 1000000000.0; write 1000000000",
        ),
        (
            "agents.z2.search.candidates",
            1,
            "agents.z2.search.candidates: Input should be greater than or equal to 2, got 1",
        ),
        (
            "agents.z2.search.reanalyse",
            1.5,
            "agents.z2.search.reanalyse: Input should be less than or equal to 1, got 1.5",
        ),
        (
            "agents.z2.search.signed_permutations",
            1,
            "agents.z2.search.signed_permutations: Input should be a valid boolean, got 1",
        ),
        ("agents.z2.ring", "Q", "agents.z2.ring: Input should be 'Z2' or 'Z', got 'Q'"),
        (
            "agents.z2.targets",
            ["2x2x2", "3x2x2"],
            "agents.z2.targets.1: size: expected n <= m <= p as in 3x4x5, got '3x2x2'",
        ),
        ("agents.z2.seed", 2**31, "agents.z2.seed: Input should be less than 2147483648, got 2147483648"),
        (
            "agents.z2.network.entries_per_token",
            3,
            "agents.z2.network.entries_per_token: expected a divisor of 4 (the longest axis of its window), got 3",
        ),
        (
            "agents.z2.demonstrations.distribution",
            [0.5, 0.25],
            "agents.z2.demonstrations.distribution: expected probabilities that sum to 1, got [0.5, 0.25]",
        ),
        (
            "agents.z2.demonstrations.distribution",
            [1.5, -0.5],
            "agents.z2.demonstrations.distribution: expected probabilities that sum to 1, got [1.5, -0.5]",
        ),
        (
            "agents.z.demonstrations.distribution",
            [0.0, 0.0, 1.0, 0.0, 0.0],
            "agents.z.demonstrations.distribution: expected at least two possible coefficients, "
            "got [0.0, 0.0, 1.0, 0.0, 0.0]",
        ),
        (
            "agents.z.demonstrations.distribution",
            [0.5, 0.5],
            "agents.z.demonstrations.distribution: expected 5 probabilities over Z, got 2",
        ),
        (
            "walks.standard.targets",
            ["3x3x3", "9"],
            "walks.standard.targets.1: size: expected three numbers 1..99 like 3x4x5, got '9'",
        ),
        (
            "walks.standard.targets",
            ["2x2x2", "2x2x2"],
            "walks.standard.targets: expected each entry once, got ['2x2x2', '2x2x2']",
        ),
        ("walks.standard.targets", ["1x1x1"], "walks.standard.targets: expected axes of at least 2, got 1x1x1"),
        ("walks.cyclic.targets", ["1x1x1"], "walks.cyclic.targets: expected axes of at least 2, got 1x1x1"),
        (
            "walks.standard.targets",
            ["5x8x9"],  # axes of 40, 72 and 45
            "walks.standard.targets: expected factors of at most 64 entries (one word), got 5x8x9",
        ),
        (
            "walks.standard.length",
            [6, 5],
            "walks.standard.length: expected two numbers, the first not above the second, got [6, 5]",
        ),
        (
            "walks.standard.mode",
            "cyclic",
            "walks.standard.plus_after: Input should be a valid integer, got [50, 20000]",
        ),
        (
            "walks.standard.mode",
            "walk",
            "walks.standard.mode: Input should be 'flips', 'ternary', 'modulo3', 'cyclic', got 'walk'",
        ),
        ("walks.cyclic.targets", ["2x2x3"], "walks.cyclic.targets: expected square ones in mode cyclic, got 2x2x3"),
        (
            "walks.cyclic.cubes",
            {"4x4x5": [[0]]},
            "walks.cyclic.cubes: expected sizes among the targets, got 4x4x5",
        ),
        (
            "walks.cyclic.cubes",
            {"5x5x5": [[0, 1], [1, 2, 3, 4]]},
            "walks.cyclic.cubes.5x5x5: expected a partition of [0, 1, 2, 3, 4], got [[0, 1], [1, 2, 3, 4]]",
        ),
        (
            "walks.cyclic",
            CYCLIC | {"group": "C3xZ2", "cubes": {"5x5x5": [[0, 1], [2, 3, 4]]}},
            "walks.cyclic.cubes.5x5x5: expected parts that the reversal of [0, 1, 2, 3, 4] exchanges in group C3xZ2, "
            "got [[0, 1], [2, 3, 4]]",
        ),
        (
            "walks.standard",
            STANDARD | {"mode": "ternary", "targets": ["5x7x7"]},
            "walks.standard.targets: expected factors of at most 32 entries (one word), got 5x7x7",
        ),
        (
            "walks.cyclic.start",
            "results/search/schemes/z2.parquet",
            "walks.cyclic.start: expected one of data/standard.json, got results/search/schemes/z2.parquet",
        ),
        (
            "recombination.targets",
            ["12x12x12", "2x2x13"],
            "recombination.targets: expected axes of 2 to 12, got 2x2x13",
        ),
        (
            "recombination.most_blocks",
            1,
            "recombination.most_blocks: Input should be greater than or equal to 2, got 1",
        ),
        ("recombination.targets", ["1x2x2"], "recombination.targets: expected axes of 2 to 12, got 1x2x2"),
        (
            "walks.standard",
            SKEW | {"targets": ["skew3", "2x2x2"]},
            "walks.standard.targets: expected skew3 alone, got ['skew3', '2x2x2']",
        ),
        (
            "walks.standard",
            CYCLIC | {"targets": ["skew3"], "cubes": {}},
            "walks.standard.mode: expected flips, modulo3 or ternary for skew3, got cyclic",
        ),
        (
            "walks.standard",
            SKEW | {"start": "data/standard.json"},
            "walks.standard.start: expected data/targets/skew3.json, got data/standard.json",
        ),
        (
            "walks.standard.start",
            "data/targets/skew3.json",
            "walks.standard.start: expected one of data/standard.json, results/search/schemes/spans.parquet, "
            f"results/search/schemes/z.parquet, results/search/schemes/z2.parquet, {OTHER_WALKS}, "
            "got data/targets/skew3.json",
        ),
        (
            "benchmarking.shapes",
            [[512, 0, 1]],
            "benchmarking.shapes.0.1: Input should be greater than or equal to 1, got 0",
        ),
        ("benchmarking.dtypes", ["f4"], "benchmarking.dtypes.0: Input should be 'float32' or 'float64', got 'f4'"),
        *(
            (
                "benchmarking.variants",
                [name],
                "benchmarking.variants.0: expected a variant as in «c L0F», «c L2», «c L1F», «jax L1» or «numpy L1», "
                f"got {name!r}",
            )
            for name in ("c L1f", "c L0", "L1", "jax L2", "numpy L1F", "c L1F ")
        ),
        (
            "benchmarking.variants",
            ["c L1F", "numpy L1"],
            "benchmarking.variants: expected variants of back ends c, jax, got 'numpy L1'",
        ),
        ("benchmarking.rounds", 0, "benchmarking.rounds: Input should be greater than or equal to 1, got 0"),
    ],
)
def test_message_word_by_word(key, value, message):
    assert refused(changed(tuple(key.split(".")), value)) == message


# Several keys at once, since the rules join them; whatever the shipped values are.
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"agents.z2.search.demonstration_share": [0.4, 0.5], "agents.z2.search.best_share": 0.75},
            "agents.z2.search.demonstration_share: expected two shares of at least 0 and, with best_share 0.75, of at "
            "most 0.25, got [0.4, 0.5]",
        ),
        (
            {"agents.z2.search.demonstration_share": [0.5, -0.1], "agents.z2.search.best_share": 0.0},
            "agents.z2.search.demonstration_share: expected two shares of at least 0 and, with best_share 0.0, of at "
            "most 1, got [0.5, -0.1]",
        ),
        (
            {
                "agents.z2.search.demonstration_share": [0.1, 0.6],
                "agents.z2.search.best_share": 0.5,
            },  # the last round counts too
            "agents.z2.search.demonstration_share: expected two shares of at least 0 and, with best_share 0.5, of at "
            "most 0.5, got [0.1, 0.6]",
        ),
        (
            {
                "walks.standard.start": "results/refinement/schemes/from_z2.parquet",
                "walks.from_z2.start": "results/refinement/schemes/standard.parquet",
            },
            "walks.standard.start: expected walks that begin somewhere, got a circle",
        ),
        (
            {"agents.z2.search.games": 0, "agents.z2.search.window_games": 0},
            "agents.z2.search: games + window_games: expected at least 1, got 0",
        ),
        (
            {"agents.z2.targets": ["2x2x3", "2x3x3"], "agents.z2.window": "2x2x2", "agents.z2.search.games": 1},
            "agents.z2.search.games: expected 0, since no target fits the window 2x2x2",
        ),
        (
            # Its axes fit, its 12 products do not.
            {"agents.z2.targets": ["2x2x3"], "agents.z2.window": "1x2x3", "agents.z2.search.games": 1},
            "agents.z2.search.games: expected 0, since no target fits the window 1x2x3",
        ),
        (
            {"agents.z2.targets": ["2x2x2", "2x3x3"], "agents.z2.search.games": 1, "agents.z2.search.window_games": 0},
            "agents.z2.search.window_games: expected some, since 2x3x3 does not fit the window 2x2x2",
        ),
        *(
            (
                {"agents.z2.search.window_terms": terms},
                "agents.z2.search.window_terms: expected two numbers, 2 <= least <= most <= 8 (the naive rank of the "
                f"window), got {terms}",
            )
            for terms in ([1, 8], [5, 4], [2, 9])
        ),
        (
            {"agents.spans.search.own_share": 0.75, "agents.spans.search.played_share": 0.5},
            "agents.spans.search.own_share: expected, with played_share 0.5, at most 0.5, got 0.75",
        ),
        (
            {"agents.spans.search.games": 0},
            "agents.spans.search.games: expected at least 1 with data data/standard.json, got 0",
        ),
        (
            {"agents.spans.search.data": "data/imported/x.parquet"},
            "agents.spans.search.data: expected data/standard.json or results/search/games/AGENT.parquet, got "
            "data/imported/x.parquet",
        ),
        (
            # Agent z plays over another ring, and the own games are none of another's.
            {"agents.spans.search.data": "results/search/games/z.parquet"},
            "agents.spans.search.data: expected one of data/standard.json, results/search/games/z2.parquet (games with "
            "the same ring and symmetry, of a target that it plays whole; over Z in spans those of others in spans), "
            "got results/search/games/z.parquet",
        ),
        (
            {
                "agents.spans.search.data": "results/search/games/z2.parquet",
                "agents.z2.search.data": "results/search/games/spans.parquet",
            },
            "agents.spans.search.data: expected agents that begin somewhere, got a circle",
        ),
        (
            {"agents.spans.targets": ["2x2x2", "4x4x4"]},
            "agents.spans.targets: expected sizes that fit the window 3x3x3, got 4x4x4",
        ),
        (
            {"agents.spans.search.windows": WINDOWS},
            "agents.spans.search.windows: expected nothing, since all targets fit the window 3x3x3",
        ),
        (
            WITH_WINDOWS | {"agents.spans.symmetry": "cyclic"},
            "agents.spans.search.windows: expected nothing with symmetry cyclic; windows of cyclic schemes are "
            "ordinary games (search.windows.symmetry)",
        ),
        (
            WITH_WINDOWS
            | {"agents.spans.targets": ["4x4x4", "3x3x4"], "agents.spans.search.windows": WINDOWS | CYCLIC_WINDOWS},
            "agents.spans.search.windows.symmetry: expected none for 3x3x4, got cyclic",
        ),
        *(
            (
                WITH_WINDOWS | {"agents.spans.search.windows": WINDOWS | CYCLIC_WINDOWS | changes},
                f"agents.spans.search.windows: with symmetry cyclic expected even batches and no choice, got {got}",
            )
            for changes, got in (
                ({"batches": 3}, "batches 3"),
                ({"choice": {"name": "any", "windows": 2}}, "a choice"),
            )
        ),
        (
            {"agents.spans.ring": "Z", "agents.spans.symmetry": "cyclic", "agents.spans.targets": ["2x2x2"]},
            "agents.spans.symmetry: expected none over Z, got cyclic",
        ),
        (
            WITH_WINDOWS | {"agents.spans.ring": "Z"},
            "agents.spans.search.windows: expected nothing over Z",
        ),
        (
            {"agents.spans.symmetry": "cyclic", "agents.spans.targets": ["2x2x2", "complex"]},
            "agents.spans.targets: expected sizes with symmetry cyclic, got complex",
        ),
        (
            {"agents.spans.targets": ["complex"], "walks.standard.start": "results/search/schemes/spans.parquet"},
            "walks.standard.start: expected one of data/standard.json, results/search/schemes/z.parquet, "
            f"results/search/schemes/z2.parquet, {OTHER_WALKS}, got results/search/schemes/spans.parquet",
        ),
        (
            {"agents.z2.targets": ["complex"]},
            "agents.z2.targets.0: size: expected three numbers 1..99 like 3x4x5, got 'complex'",
        ),
        (
            WITH_WINDOWS | {"agents.spans.targets": ["2x2x2", "7x9x9"]},
            "agents.spans.targets: expected axes of at most 62, got 81 (7x9x9)",
        ),
        (
            WITH_WINDOWS | {"agents.spans.window": "2x2x2", "agents.spans.search.windows.dimensions": 5},
            "agents.spans.search.windows.dimensions: expected at most 4 (the longest axis of the window), got 5",
        ),
        *(
            (
                WITH_WINDOWS | {"agents.spans.search.windows.terms": terms},
                "agents.spans.search.windows.terms: expected two numbers, 1 <= least <= most <= 27 (the naive rank of "
                f"the window), got {terms}",
            )
            for terms in ([0, 8], [5, 4], [2, 28])
        ),
        (
            {"agents.z.window": "3x3x3", "agents.z.network.entries_per_token": 9},
            "agents.z.network.entries_per_token: expected at most 16384 symbols, got 5**9",
        ),
        (
            {"walks.onward": ONWARD | {"group": "C3xZ2"}},
            f"walks.onward.start: expected one of data/standard.json, got {ONWARD['start']}",
        ),
        (
            {"walks.onward": ONWARD | {"targets": ["4x4x4"], "cubes": {"4x4x4": [[0, 1, 2, 3]]}}},
            f"walks.onward.start: expected one of data/standard.json, got {ONWARD['start']}",
        ),
        (
            {"walks.onward": ONWARD | {"cubes": {}}},
            "walks.onward.cubes: expected those of each target where the start is another walk, got none of ['5x5x5']",
        ),
        (
            # (3^9 - 1) / 2 vectors over F_3 of nine entries, up to sign.
            {
                "agents.z.window": "3x3x3",
                "agents.z.network.entries_per_token": 3,
                "agents.z.network.combinations": 9,
            },
            "agents.z.network.combinations: expected at most 8192 combinations of 9 slices, got 9841",
        ),
    ],
)
def test_rules_that_join_keys(changes, message):
    tree = with_changes(changes)
    assert refused(tree) == message


@pytest.mark.parametrize(
    "changes",
    [
        WITH_WINDOWS,
        {"agents.z2.search.demonstration_share": [0.5, 0.25], "agents.z2.search.best_share": 0.5},
        {"agents.z2.targets": ["2x3x3"], "agents.z2.search.games": 0, "agents.z2.search.window_games": 1},
        {"agents.z2.targets": ["2x2x2"], "agents.z2.search.games": 1, "agents.z2.search.window_games": 0},
        {"agents.z2.search.window_terms": [8, 8]},
        {"agents.z2.search.reanalyse": 1.0},
        {"recombination.targets": ["2x2x2", "12x12x12"]},
        {"walks.cyclic.cubes": {}},
        {"walks.onward": ONWARD},
        {"walks.onward": ONWARD, "walks.cyclic.group": "C3xZ2"},
        {"walks.cyclic.group": "C3xZ2"},
        {"walks.cyclic.group": "C3xZ2", "walks.cyclic.cubes": {"5x5x5": [[0, 1], [3, 4], [2]]}},
        {"walks.skew": SKEW},
        {"walks.standard.margin": [1, 511]},
        {"benchmarking.variants": ["c L0F", "c L1", "c L2F", "jax L1"]},
        {"agents.z2.network": {k: v for k, v in at(NETWORK).items() if k != "combinations"}}
        | {"agents.z2.network.torso": "attention", "agents.z2.network.head_size": 16},
    ],
)
def test_rules_that_join_keys_allow_their_bounds(tmp_path, changes):
    path = tmp_path / "params.yaml"
    path.write_text(dumped(with_changes(changes)))
    assert params.load(path) != params.load(SHIPPED)


@pytest.mark.parametrize(
    ("targets", "window", "whole"),
    [
        (("2x2x2", "2x2x3", "1x1x4"), "2x2x2", ("2x2x2", "1x1x4")),
        (("1x2x6", "2x2x3"), "2x2x3", ("2x2x3",)),  # the longest axis of 1x2x6 is 12
    ],
)
def test_targets_that_fit_the_window_are_played_whole(targets, window, whole):
    agent = WHOLE.agents["z"].model_copy(update={"targets": targets, "window": window})
    assert agent.whole == whole


# Without cubes for a size they are drawn.
@pytest.mark.parametrize("place", [place for place in LEAVES if "cubes" not in place], ids=name)
def test_missing_key_is_named(place):
    message = f"{name(place)}: expected a value, got none"
    assert refused(changed(place, is_removed=True)) == message


# Without one walk there is just a walk less, and without an agent from which none begins an agent.
MISSED = [place for place in SECTIONS if place[:-1] != ("walks",) and place != ("agents", "spans")]


@pytest.mark.parametrize("place", MISSED, ids=name)
def test_missing_section_is_named(place):
    message = refused(changed(place, is_removed=True))
    if place[0] == "agents" and len(place) == 2:
        assert message.startswith("walks.from_z2.start: expected one of")  # a walk begins from the agent's schemes
    else:
        assert message.startswith(place[0])


@pytest.mark.parametrize("place", [(), *SECTIONS], ids=lambda place: name(place) or "whole")
def test_unknown_key_is_refused(place):
    message = refused(changed((*place, "rouns"), 1))
    if place in {("agents",), ("walks",)}:
        assert message == f"{name(place)}.rouns: Input should be a mapping, got 1"  # a name of an agent or walk
    elif place[-1:] == ("cubes",):
        assert message == f"{name(place)}.rouns: Input should be a list, got 1"
    else:
        assert message == f"{name((*place, 'rouns'))}: expected no such key"


@pytest.mark.parametrize("place", SECTIONS, ids=name)
def test_section_that_is_no_mapping_is_named(place):
    assert refused(changed(place, [1])) == f"{name(place)}: Input should be a mapping, got [1]"


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("", "Input should be a mapping, got None"),
        ("- 1", "Input should be a mapping, got [1]"),
        ("a: [", "not YAML"),
        ("a: b: c", "not YAML"),
        (b"\x00", "not YAML"),
        (b"\xff\xfe\xff", "not YAML"),
        ("3: 4", "agents: expected a value, got none"),
        (dumped(changed(("agents", "Z-2"), GIVEN["agents"]["z2"])), "agents.Z-2: String should match pattern"),
        (
            SHIPPED.read_text().replace("  z2:", "  no:", 1),
            "agents.no: expected a name that YAML 1.1 reads as text too, got 'no'",
        ),
        (dumped(changed(("recombination", "two\nlines"), 1)), "recombination.two lines: expected no such key"),
        (dumped(changed(("walks", "standard", "start"), ["two\nlines"])), "walks.standard.start: "),
        ("!!python/object/apply:os.getcwd []", "not YAML"),
    ],
)
def test_foreign_file_is_refused(tmp_path, content, part):
    assert part in refused(content, tmp_path / "params.yaml")


def test_missing_file_and_folder_are_refused(tmp_path):
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(ParamsError, match=r"^[^\n]+$") as caught:
            params.load(path)
        assert str(path) in str(caught.value)


def models(model: type[BaseModel]) -> set[type[BaseModel]]:
    return {model}.union(*(models(kind) for field in model.model_fields.values() for kind in inner(field.annotation)))


def inner(annotation: object) -> set[type[BaseModel]]:
    """The models that an annotation names, those of unions and mappings too."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {annotation}
    return set().union(*map(inner, typing.get_args(annotation)))


def test_every_model_is_frozen_and_every_number_has_a_meaning():
    found = models(Params)
    assert len(found) >= 15
    for model in found:
        assert model.model_config["frozen"]
        assert model.model_config["extra"] == "forbid"
        for key, field in model.model_fields.items():
            is_tag = typing.get_origin(field.annotation) is typing.Literal  # which tells the members of a union apart
            assert is_tag or inner(field.annotation) or field.description, (model, key)


def test_one_section_is_loaded_alone(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text(dumped(GIVEN | {"walks": "none of these"}))
    assert file.section(path, "agents.z", OneAgent).root == WHOLE.agents["z"]
    with pytest.raises(ParamsError, match=r": agents: expected one of spans, z, z2, got 'x'$"):
        file.section(path, "agents.x", OneAgent)
    with pytest.raises(ParamsError, match=r": walks: expected a mapping, got 'none of these'$"):
        file.section(path, "walks.x", OneAgent)
    path.write_text(dumped(changed(("agents", "z", "search", "planner"), {"name": "puct"})))
    with pytest.raises(ParamsError, match=r": agents\.z\.search\.planner\.simulations: expected a value, got none$"):
        file.section(path, "agents.z", OneAgent)


def test_a_walk_begins_from_no_schemes_of_a_named_target():
    changes = {"walks.skew": SKEW, "walks.standard.start": "results/refinement/schemes/skew.parquet"}
    message = refused(with_changes(changes))
    assert message.startswith("walks.standard.start: expected one of data/standard.json, ")
    assert message.endswith(f"{OTHER_WALKS}, got results/refinement/schemes/skew.parquet")  # skew is not among them


def test_names_of_a_section_need_nothing_of_its_entries(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text("agents: {z2: 1, a: 2}\nwalks: 3")
    assert file.names(path, "agents") == ("z2", "a")
    with pytest.raises(ParamsError, match=r": walks: expected a mapping, got 3$"):
        file.names(path, "walks")
