"""python -m stages.recombination --params FILE --search IN --refinement IN --schemes OUT --timing OUT"""

import argparse

from stages.algebra.targets import parse_size
from stages.contract import candidates, command
from stages.params.file import section
from stages.params.recombination import Recombination
from stages.recombination.bases import read_bases
from stages.recombination.recombination import recombine


def main(args: argparse.Namespace) -> None:
    limits = [parse_size(name) for name in section(args.params, "recombination", Recombination).targets]
    stopwatch = command.Stopwatch()
    found = recombine(limits, read_bases([args.search, args.refinement]))
    candidates.write(args.schemes, found)
    stopwatch.write(args.timing, {"schemes": len(found)})


if __name__ == "__main__":
    command.run(main, command.arguments("recombination", "search", "refinement", "schemes", "timing"))
