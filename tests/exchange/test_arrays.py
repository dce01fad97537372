"""Files of arrays that tools wrote, kept as they are in `arrays/` (sources there)."""

from pathlib import Path

import pytest

from stages.exchange.check import check

FOLDER = Path(__file__).parent / "arrays"
HELD = {
    "gg-222-rank7-rec-0-0-0-z.npy": ["2x2x2, rank 7"],
    "UVW_upper.npz": ["2x2x2, rank 7"],
    "arr012.npz": ["2x2x2, rank 7"],
    "uvw_and_more.npz": ["2x2x3, rank 11"],
    "rows_are_products.npz": ["2x2x3, rank 11"],
    "key_parens.npz": ["2x2x2, rank 7"],
    "layout_14236.npz": ["4x4x4, rank 49"] * 3,
    "square_3SR.npy": ["2x2x2, rank 7"],
    "square_R3S.npy": ["2x2x2, rank 7"],
}


@pytest.mark.parametrize("name", HELD)
def test_a_file_of_a_tool_holds(name):
    for (holds, line), scheme in zip(check([FOLDER / name], None), HELD[name], strict=True):
        assert holds
        assert f"{scheme}: holds over Z2, Z3, Z, Q" in line


def test_a_file_that_is_not_read_is_one_line():
    ((holds, line),) = check([FOLDER / "strassen_exact.pt"], None)
    assert not holds
    assert line.endswith("strassen_exact.pt: unreadable: a PyTorch file is not read: save the factors with numpy.savez")
