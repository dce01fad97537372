"""A newcomer brings a scheme to a fresh clone, in which nothing ever ran, and leaves with a kernel in C."""

import re
import sys

import clones
import pytest

from stages.exchange.formats import files
from tests.examples import strassen


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """What `git clone` gives."""
    origin = clones.clone_working_tree(tmp_path_factory.mktemp("origin"))
    clone = tmp_path_factory.mktemp("fresh") / "clone"
    clones.run(clones.ROOT, "git", "clone", "--quiet", str(origin), str(clone))
    assert not (clone / "results").exists()
    return clone


def test_a_scheme_that_is_brought_becomes_a_kernel_in_c(fresh):
    """By import and hash; what README.txt says is done word for word, beside a product of the newcomer's own."""
    (fresh / "mine.exp").write_bytes(files.write("exp", strassen())[""])
    printed = clones.run(fresh, sys.executable, "-m", "stages.exchange", "import", "mine.exp")
    digits = re.search(r"-> data/imported/2x2x2-7-Z-([0-9a-f]{16})\.json", printed)[1]
    printed = clones.run(fresh, *f"{sys.executable} -m stages.backends export {digits} --backend c -o kernel".split())
    assert printed.startswith(f"scheme {digits}: right, size 2x2x2, ring Z, 7 products instead of 8, ")
    said = dict(re.findall(r"(?m)^(\w+): +(.+)", (fresh / "kernel/README.txt").read_text()))
    assert ": right: 2x2x2, 7 products over Z: " in clones.run(fresh / "kernel", "sh", "-c", said["Proof"])
    assert clones.run(fresh / "kernel", "sh", "-c", said["Test"]).endswith(" products, 0 wrong\n")
    example = clones.run(fresh / "kernel", "sh", "-c", said["Example"])
    assert 0 < float(example.removeprefix("largest difference from the plain product: ")) < 1e-12


def test_a_file_will_do_and_a_wrong_one_is_one_line(fresh):
    """In NumPy, which needs no compiler; the wrong file lacks a product."""
    command = f"{sys.executable} -m stages.backends export {{}} --backend numpy -o {{}}"
    products = files.write("exp", strassen())[""]
    (fresh / "right.exp").write_bytes(products)
    clones.run(fresh, *command.format("right.exp", "right").split())
    assert clones.run(fresh / "right", sys.executable, "matmul_2x2x2.py").endswith("rank 7: right\n")
    (fresh / "wrong.exp").write_bytes(products.split(b"\n", 1)[1])
    process = clones.start(fresh, *command.format("wrong.exp", "wrong").split())
    printed, _ = process.communicate()
    assert process.returncode == 1
    assert re.fullmatch(r"error: wrong.exp: 2x2x2, rank 6: WRONG: over no ring: entry \(.*\): expected .*\n", printed)
    assert not (fresh / "wrong").exists()
