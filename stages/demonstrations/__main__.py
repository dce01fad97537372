"""python -m stages.demonstrations AGENT --params FILE --demonstrations OUT --timing OUT"""

import argparse

from stages.contract.xla import settle_xla

settle_xla()  # before JAX is imported

from stages.contract import command
from stages.demonstrations.draw import write_demonstrations
from stages.params.agents import OneAgent
from stages.params.file import section


def main(args: argparse.Namespace) -> None:
    stopwatch = command.Stopwatch()
    agent = section(args.params, f"agents.{args.name}", OneAgent).root
    write_demonstrations(args.demonstrations, agent, f"demonstrations@{args.name}")
    stopwatch.write(args.timing, {"demonstrations": agent.demonstrations.count})


if __name__ == "__main__":
    command.run(main, command.arguments("demonstrations", "demonstrations", "timing", named="agent"))
