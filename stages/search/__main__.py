"""python -m stages.search AGENT --params FILE, and inputs and outputs (see dvc.yaml)"""

import argparse
import json

from stages.contract.xla import settle_xla

settle_xla()  # before JAX is imported

from stages.contract import candidates, command
from stages.contract.resume import Resume
from stages.game.rules import rules_for
from stages.learning.demonstrations import DemonstrationReader
from stages.network.agent import read_parameters, write_parameters
from stages.params.agents import Agent
from stages.params.file import section
from stages.search.search import CURVE_COLUMNS, begin, metrics, rounds
from stages.search.setup import set_up


def main(args: argparse.Namespace) -> None:
    agent = section(args.params, f"agents.{args.name}", Agent)
    network = read_parameters(args.pretrained, agent)
    reader = DemonstrationReader(args.demonstrations, rules_for(agent.ring, agent.window))
    inputs = [args.code, args.demonstrations, args.pretrained]
    resume = Resume(f"search@{args.name}", agent.model_dump(exclude={"demonstrations", "pretraining"}), inputs)
    stopwatch = command.Stopwatch()
    setup = set_up(args.name, agent, reader)
    memory = begin(setup, network, resume, stopwatch)
    for _ in rounds(memory, setup, resume, stopwatch):
        pass
    candidates.write(args.schemes, memory.candidates())
    write_parameters(args.parameters, memory.train.network)
    command.write_text(args.curve, command.csv_text(CURVE_COLUMNS, memory.curve))
    command.write_text(args.metrics, json.dumps(metrics(memory), indent=2) + "\n")
    stopwatch.write(args.timing, {"games": agent.search.rounds * (agent.search.games + agent.search.window_games)})
    resume.clear()


if __name__ == "__main__":
    files = ("code", "demonstrations", "pretrained", "schemes", "parameters", "curve", "metrics", "timing")
    command.run(main, command.arguments("search", *files, named="agent"))
