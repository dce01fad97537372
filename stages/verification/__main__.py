"""python -m stages.verification: search, refinement and imported schemes -> verified and rejected schemes."""

from __future__ import annotations

import argparse
import sys

from stages.contract import command, params, tables
from stages.errors import SchemeError
from stages.verification.verification import own_failure, verify


def main(given: argparse.Namespace) -> None:
    values = params.load(given.params)
    stopwatch = command.Stopwatch()
    verified, rejected = verify(given.search, values.agents, given.refinement, values.walks, given.imported)
    tables.write_rows(given.schemes, tables.VERIFIED, verified)
    tables.write_rows(given.rejected, tables.REJECTED, rejected)
    stopwatch.write(given.timing, {"schemes": len(verified) + len(rejected)})
    for row in rejected:
        print(f"rejected {row['origin']} {row['size']} {row['hash']}: {row['reason']}", file=sys.stderr)
    print(f"verification: {len(verified)} verified, {len(rejected)} rejected", file=sys.stderr)
    if row := own_failure(rejected):
        raise SchemeError(f"{row['origin']}: its scheme {row['hash']} of {row['size']} is wrong: {row['reason']}")


if __name__ == "__main__":
    names = ("search", "refinement", "imported", "schemes", "rejected", "timing")
    command.run(main, command.arguments("verification", *names))
