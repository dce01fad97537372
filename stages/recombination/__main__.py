"""python -m stages.recombination --params FILE --search IN --refinement IN --schemes OUT --timing OUT"""

import argparse

from stages.algebra.targets import parse_size
from stages.contract import candidates, command
from stages.params.file import names, section
from stages.params.recombination import Recombination
from stages.recombination.bases import read_bases
from stages.recombination.recombination import recombine


def main(args: argparse.Namespace) -> None:
    settings = section(args.params, "recombination", Recombination)
    limits = [parse_size(name) for name in settings.targets]
    walks, agents = names(args.params, "walks"), names(args.params, "agents")
    own = [*candidates.paths(args.refinement, walks), *candidates.paths(args.search, agents)]
    stopwatch = command.Stopwatch()
    found = recombine(limits, read_bases(own), settings.most_blocks)
    candidates.write(args.schemes, found)
    stopwatch.write(args.timing, {"schemes": len(found)})


if __name__ == "__main__":
    command.run(main, command.arguments("recombination", "search", "refinement", "schemes", "timing"))
