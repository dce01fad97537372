"""The verdict on all candidates: python -m stages.verification --params FILE, inputs and outputs (see dvc.yaml)."""

import argparse
import sys

from stages.contract import command, tables
from stages.contract.named_targets import read_targets
from stages.contract.rows.schemes import NAMED, REJECTED, VERIFIED
from stages.errors import SchemeError
from stages.exchange import certificate
from stages.params.file import names
from stages.verification.verification import own_failure, verify

INPUTS = ("search", "refinement", "recombination", "imported", "targets")
OUTPUTS = ("schemes", "named", "rejected", "certificates", "timing")


def main(given: argparse.Namespace) -> None:
    stopwatch = command.Stopwatch()
    targets = read_targets(given.targets)
    verified, named, rejected = verify(
        given.search,
        names(given.params, "agents"),
        given.refinement,
        names(given.params, "walks"),
        given.recombination,
        given.imported,
        targets,
        command.cores(),
    )
    tables.write(given.schemes, VERIFIED, verified)
    tables.write(given.named, NAMED, named)
    tables.write(given.rejected, REJECTED, rejected)
    command.write_bytes(given.certificates, certificate.write_archive(certificate.best(verified)))
    stopwatch.write(given.timing, {"schemes": len(verified) + len(named) + len(rejected)})
    for row in rejected:
        print(f"rejected {row.origin} {row.target} {row.hash}: {row.reason}", file=sys.stderr)
    print(f"verification: {len(verified) + len(named)} verified, {len(rejected)} rejected", file=sys.stderr)
    if row := own_failure(rejected):
        raise SchemeError(f"{row.origin}: its scheme {row.hash} of {row.target} is wrong: {row.reason}")


if __name__ == "__main__":
    command.run(main, command.arguments("verification", *INPUTS, *OUTPUTS))
