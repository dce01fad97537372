"""python -m stages.demonstrations AGENT --params FILE --demonstrations OUT --timing OUT"""

import argparse

from stages.contract.xla import settle_xla

settle_xla()  # before JAX is imported

from stages.contract import command
from stages.demonstrations.draw import write_demonstrations
from stages.game.rules import rules_for
from stages.params.agents import Agent
from stages.params.file import section


def main(args: argparse.Namespace) -> None:
    stopwatch = command.Stopwatch()
    agent = section(args.params, f"agents.{args.name}", Agent)
    rules = rules_for(agent.ring, agent.window)
    write_demonstrations(args.demonstrations, agent.demonstrations, rules, agent.seed, f"demonstrations@{args.name}")
    stopwatch.write(args.timing, {"demonstrations": agent.demonstrations.count})


if __name__ == "__main__":
    command.run(main, command.arguments("demonstrations", "demonstrations", "timing", named="agent"))
