"""What the commands of the tutorial print: `python docs/transcripts.py FOLDER` runs them there, and writes it down.

FOLDER is a clone with a finished run of runs/smoke.yaml. In a block of the page a line `    $ COMMAND` is run, and
below it stands what it printed on standard output. A block below a line `<!-- file: NAME -->` is a file.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).with_name("tutorial.md")
FILE = re.compile(r"<!-- file: (\S+) -->\n\n((?:    .*\n|\n)+)")
COMMAND = re.compile(r"(    \$ (.+)\n)(?:    (?!\$ ).*\n)*")


def rewritten(text: str, folder: Path) -> str:
    """The text of a page with what its commands print now; `folder` is changed as they change it."""
    for name, block in FILE.findall(text):
        (folder / name).write_text(re.sub(r"(?m)^    ", "", block).strip() + "\n")
    return COMMAND.sub(
        lambda command: command[1] + "".join(f"    {line}\n" for line in printed(command[2], folder)), text
    )


def printed(command: str, folder: Path) -> list[str]:
    """The lines that a command prints on standard output, in the environment of this Python."""
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    run = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)
    return run.stdout.splitlines()


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text(), Path(sys.argv[1])))
