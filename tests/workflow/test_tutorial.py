"""A newcomer who types what the tutorial says sees what it shows."""

import importlib.util
import re

import clones

SCRIPT = clones.ROOT / "docs/transcripts.py"


def test_commands_of_the_tutorial_print_what_it_says(copy, finished):
    spec = importlib.util.spec_from_file_location("transcripts", SCRIPT)
    transcripts = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(transcripts)
    page = transcripts.PAGE.read_text()
    first = re.findall(r"(?m)^    (.*)", page)[:4]  # which the run in `copy` is of
    assert first[2:] == [f"cp {clones.PARAMS.relative_to(clones.ROOT)} params.yaml", "snakemake"]
    assert transcripts.rewritten(page, copy) == page, f"python docs/transcripts.py A-COPY-OF-{finished}"
