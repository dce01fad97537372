"""python -m stages.search AGENT --params FILE, and inputs and outputs (see dvc.yaml)"""

import argparse
import json
from collections import deque

from stages.contract.xla import settle_xla

settle_xla()  # before JAX is imported

import jax

from stages.contract import candidates, command, csv_tables
from stages.contract.named_targets import read_target
from stages.contract.resume import Resume
from stages.contract.rows.curves import SearchCurveRow
from stages.game.rules import rules_for
from stages.learning.demonstrations import DemonstrationReader
from stages.learning.devices import join
from stages.network.agent import read_leaves, read_parameters, write_parameters
from stages.params.agents import OneAgent
from stages.params.file import section
from stages.params.section import STANDARD_START, is_named
from stages.search.curve import metrics
from stages.search.games import write_games
from stages.search.search import rounds
from stages.search.setup import set_up


def main(args: argparse.Namespace) -> None:
    agent = section(args.params, f"agents.{args.name}", OneAgent).root
    is_first = join(agent)
    network = read_parameters(args.pretrained, agent)
    reader = DemonstrationReader(args.demonstrations, rules_for(agent.ring, agent.window))
    named = [args.targets / f"{target}.json" for target in agent.targets if is_named(target)]
    inputs = [args.code, args.demonstrations, args.pretrained, args.optimiser, args.data, *named]
    params = agent.model_dump(exclude={"demonstrations", "pretraining"}) | {"devices": jax.device_count()}
    resume = Resume(f"search@{args.name}", params, inputs, is_kept=is_first)
    stopwatch = command.Stopwatch()
    games = None if agent.search.data == STANDARD_START else args.data
    setup = set_up(args.name, agent, reader, list(map(read_target, named)), games)
    moments = None
    if agent.search.adam == "pretrained":
        moments = read_leaves(args.optimiser, jax.eval_shape(setup.optimiser.init, network))
    search = deque(rounds(setup, network, resume, stopwatch, moments), maxlen=1).pop()  # after the last round
    if not is_first:
        return
    found = search.candidates()
    candidates.write(args.schemes, found)
    write_games(args.games, search.state.record, agent, setup.targets)
    write_parameters(args.parameters, search.state.train.network)
    csv_tables.write(args.curve, SearchCurveRow, search.curve)
    command.write_text(args.metrics, json.dumps(metrics(search.curve, search.state, len(found)), indent=2) + "\n")
    stopwatch.write(args.timing, {"games": search.state.games})
    resume.clear()


if __name__ == "__main__":
    read = ("code", "demonstrations", "pretrained", "optimiser", "targets", "data")
    files = (*read, "schemes", "games", "parameters", "curve", "metrics", "timing")
    command.run(main, command.arguments("search", *files, named="agent"))
