"""Files that benchmarks/faults.py found: each once ended in a traceback, or took too long."""

import pytest

from stages.errors import SchemeError
from stages.exchange.check import check
from stages.exchange.formats import files


@pytest.mark.parametrize(
    "text",
    [
        "[[[1,²]]]",  # a digit to `str.isdigit`, and none to `int`
        '{"scheme_type": ["stub"]}',  # no key of a table
        "A:=Matrix(2, 2, [[a,²]]): Triad([Matrix(1, 1, [[²]])])",
    ],
)
def test_is_refused(tmp_path, text):
    (tmp_path / "file").write_text(text)
    with pytest.raises(SchemeError):
        list(files.read(tmp_path / "file"))


@pytest.mark.parametrize("rest", ["1 0\n0 1\n#\n1\n#\n1\n", "1,0\n2,1\n", "Bini 1 1 1 1\n1; 1; 1; 1\n"])
def test_a_long_comment_takes_no_time(tmp_path, rest):
    """Time that grows with the square of its length would be many times the ten seconds that a file may take."""
    (tmp_path / "file").write_text("#" + "(" * 10**6 + "\n" + rest)
    ((_, line),) = check([tmp_path / "file"], None)
    assert "not done" not in line
