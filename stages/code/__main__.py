"""Checks parameters and reads all code.

python -m stages.code --params FILE --sources IN --library IN --lock IN --fingerprints OUT
"""

import argparse

from stages.code import fingerprint
from stages.contract import command
from stages.params import whole as params


def main(given: argparse.Namespace) -> None:
    params.load(given.params)  # a wrong value ends the run before anything else has begun
    fingerprint.write(given.sources, given.library, given.lock, given.fingerprints)


if __name__ == "__main__":
    command.run(main, command.arguments("code", "sources", "library", "lock", "fingerprints"))
