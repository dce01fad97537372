"""python -m stages.pretraining AGENT --params FILE --code IN --demonstrations IN, and the outputs (see dvc.yaml)"""

import argparse

from stages.contract.xla import settle_xla

settle_xla()  # before JAX is imported

import jax

from stages.contract import command, csv_tables
from stages.contract.resume import Resume
from stages.contract.rows.curves import PretrainingCurveRow
from stages.game.rules import rules_for
from stages.learning.demonstrations import DemonstrationReader
from stages.learning.devices import join
from stages.network.agent import write_parameters
from stages.params.agents import OneAgent
from stages.params.file import section
from stages.pretraining.pretrain import pretrain


def main(args: argparse.Namespace) -> None:
    agent = section(args.params, f"agents.{args.name}", OneAgent).root
    is_first = join(agent)
    label = f"pretraining@{args.name}"
    reader = DemonstrationReader(args.demonstrations, rules_for(agent.ring, agent.window))
    params = agent.model_dump(include={"ring", "symmetry", "window", "seed", "network", "pretraining"})
    params |= {"devices": jax.device_count()}
    resume = Resume(label, params, [args.code, args.demonstrations], is_kept=is_first)
    stopwatch = command.Stopwatch()
    state, curve = pretrain(agent, reader, resume, stopwatch, label)
    if not is_first:
        return
    write_parameters(args.parameters, state.network)
    write_parameters(args.optimiser, state.optimiser)
    csv_tables.write(args.curve, PretrainingCurveRow, curve)
    stopwatch.write(args.timing, {"steps": agent.pretraining.steps})
    resume.clear()


if __name__ == "__main__":
    files = ("code", "demonstrations", "parameters", "optimiser", "curve", "timing")
    command.run(main, command.arguments("pretraining", *files, named="agent"))
