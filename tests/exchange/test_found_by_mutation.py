"""Files that benchmarks/faults.py found: each once ended in a traceback."""

import pytest

from stages.errors import SchemeError
from stages.exchange.formats import files


@pytest.mark.parametrize(
    "text",
    [
        "[[[1,²]]]",  # a digit to `str.isdigit`, and none to `int`
        "A:=Matrix(2, 2, [[a,²]]): Triad([Matrix(1, 1, [[²]])])",
    ],
)
def test_is_refused(tmp_path, text):
    (tmp_path / "file").write_text(text)
    with pytest.raises(SchemeError):
        list(files.read(tmp_path / "file"))
