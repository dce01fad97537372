"""python -m stages.demonstrations AGENT --params FILE --demonstrations OUT --timing OUT"""

import argparse

from stages.contract.xla import settle_xla

settle_xla()  # before JAX is imported

from stages.contract import command
from stages.demonstrations.draw import write_demonstrations
from stages.game.rules import rules_for
from stages.params import whole as params


def main(args: argparse.Namespace) -> None:
    stopwatch = command.Stopwatch()
    given = params.load(args.params)
    agent, settings = params.entry(given.agents, args.name, "agents"), given.demonstrations[args.name]
    rules = rules_for(agent.ring, agent.core)
    write_demonstrations(args.demonstrations, settings, rules, agent.seed, f"demonstrations@{args.name}")
    stopwatch.write(args.timing, {"demonstrations": settings.count})


if __name__ == "__main__":
    command.run(main, command.arguments("demonstrations", "demonstrations", "timing", named="agent"))
