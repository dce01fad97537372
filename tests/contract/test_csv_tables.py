from dataclasses import dataclass

import pytest

from stages.contract import csv_tables
from stages.errors import TableError


@dataclass(frozen=True)
class Line:
    name: str
    count: int
    share: float | None


def test_rows_come_back_with_six_digits(tmp_path):
    path = tmp_path / "t.csv"
    csv_tables.write(path, Line, [Line("a", 1, 1 / 3), Line("", 10**9, None)])
    assert path.read_text() == "name,count,share\na,1,0.333333\n,1000000000,\n"
    assert csv_tables.read(path, Line) == [Line("a", 1, 0.333333), Line("", 10**9, None)]
    csv_tables.write(path, Line, [])
    assert path.read_text() == "name,count,share\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("name,count\n", "expected columns"),
        ("share,more,name,count\n,x,a,\n", "line 2: invalid literal for int"),
        ("name,count,share\na,1,much\n", "line 2: could not convert string to float"),
    ],
)
def test_another_table_is_refused(tmp_path, content, message):
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(TableError, match=rf"t\.csv: {message}"):
        csv_tables.read(tmp_path / "t.csv", Line)
