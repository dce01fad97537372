"""A certificate stands alone: the script proves it with nothing of ours, and any change of any field is refused."""

import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import stages.exchange
from stages.algebra.factors import Factors, Scheme, modulo, standard
from stages.algebra.targets import Size
from stages.contract.named_targets import read_target
from stages.errors import SchemeError
from stages.exchange import certificate
from stages.verification.verdict import judge
from tests import examples
from tests.rows import candidate_row

SCRIPT = Path(stages.exchange.__path__[0]) / "check_certificate.py"
ROOT = Path(__file__).parents[2]
SCHEMES = {
    "Z": examples.strassen(),
    "Z2": examples.modulo_two(),
    "Z3": modulo(examples.halves(), "Z3"),
    "Q": examples.halves(),
    "2x3x4": standard(Size(2, 3, 4).target),
}


def prove(folder: Path, *texts: str) -> subprocess.CompletedProcess:
    """Runs the script alone, in isolated mode and outside the repository."""
    names = []
    for place, text in enumerate(texts):
        (folder / f"{place}.json").write_text(text)
        names.append(f"{place}.json")
    return subprocess.run([sys.executable, "-I", str(SCRIPT), *names], cwd=folder, capture_output=True, text=True)


def forged(given: dict) -> str:
    """The certificate with a hash that fits what it now says, as a forger would make it."""
    body = {key: value for key, value in given.items() if key != "sha256"}
    return json.dumps(body | {"sha256": hashlib.sha256(json.dumps(body).encode()).hexdigest()})


def test_the_script_is_short_and_needs_nothing():
    lines = SCRIPT.read_text().splitlines()
    assert len(lines) <= 90
    assert [line for line in lines if line.startswith(("import", "from"))] == [
        "import hashlib",
        "import json",
        "import pathlib",
        "import sys",
    ]


def test_right_certificates_are_proved(tmp_path):
    done = prove(tmp_path, *(certificate.write(scheme).decode() for scheme in SCHEMES.values()))
    assert done.returncode == 0, done.stdout
    assert done.stderr == ""
    assert done.stdout.splitlines()[0] == "0.json: right: 2x2x2, 7 products over Z: all 64 equations hold"
    assert done.stdout.count(": right: ") == len(SCHEMES)


@pytest.mark.parametrize("name", SCHEMES)
def test_equal_schemes_give_equal_bytes(name):
    scheme = SCHEMES[name]
    again = Scheme(scheme.target, scheme.ring, Factors(*scheme.factors), scheme.denominator)
    assert certificate.write(scheme) == certificate.write(again)


def test_there_is_none_of_a_wrong_scheme():
    u, v, w = examples.strassen().factors
    with pytest.raises(SchemeError, match=r"2x2x2 over Z: entry \(0, 0, 0\): expected 1, got -1"):
        certificate.write(Scheme(Size(2, 2, 2).target, "Z", Factors(u, v, -w)))


GIVEN = json.loads(certificate.write(examples.strassen()))
CHANGES = {
    "format": ["matrix product certificate 2", None],
    "target": ["T[a*m + b][b*p + c][a*p + c] = 1, else 0"],
    "claim": ["nothing"],
    "size": ["2x2x3", "1x4x1", "02x2x2", "2x2x2x1", "-2x2x2", 8, "4x1x4"],
    "ring": ["R", "Q2", None, ["Z"]],
    "denominator": [2, 0, -1, True, 1.0, "1", None],
    "rank": [6, 8, -7, 7.0, "7", None],
    "equations": [63, "64", None],
    "sha256": ["0" * 64, None],
    **{
        name: [
            GIVEN[name][:-1],
            [row[:-1] for row in GIVEN[name]],
            [[-entry for entry in row] for row in GIVEN[name]],
            [[entry + 2 * (place == 0) for place, entry in enumerate(row)] for row in GIVEN[name]],
            [[float(entry) for entry in row] for row in GIVEN[name]],
            [[bool(entry) for entry in row] for row in GIVEN[name]],
            [[str(entry) for entry in row] for row in GIVEN[name]],
            [],
            None,
        ]
        for name in "uvw"
    },
}


def test_a_change_of_any_field_is_refused(tmp_path):
    assert set(CHANGES) == set(GIVEN)
    changed = [GIVEN | {key: value} for key, values in CHANGES.items() for value in values]
    texts = [json.dumps(given) for given in changed] + [forged(given) for given in changed if given["sha256"]]
    # Only a field that the hash does not cover is the hash itself; a forger's others must fail on their own.
    texts = [text for text in texts if text != json.dumps(GIVEN)]
    done = prove(tmp_path, *texts)
    assert done.returncode == 1
    assert done.stderr == ""
    right = [line for line in done.stdout.splitlines() if ": WRONG: " not in line]
    assert right == []
    assert len(done.stdout.splitlines()) == len(texts)


OTHER = json.loads(certificate.write(standard(read_target(ROOT / "data/targets/skew3.json"))))
OTHER_CHANGES = {
    "format": ["matrix product certificate 1"],
    "target": ["another"],
    "size": ["3x3x3", "", "a b", None],
    "modes": [[3, 3], [3, 3, 4], [3, 3, 2], [3.0, 3, 3], [27, 1, 1], None],
    "entries": [
        [],
        OTHER["entries"][1:],
        [*OTHER["entries"], OTHER["entries"][0]],
        [*OTHER["entries"], [0, 0, 0, 0]],
        [*OTHER["entries"], [0, 0, 0, 1]],
        [[float(number) for number in entry] for entry in OTHER["entries"]],
        [[i, j, k, -value] for i, j, k, value in OTHER["entries"]],
        None,
    ],
    "rank": [5],
    "w": [OTHER["u"]],
}


def test_a_change_of_a_certificate_of_another_map_is_refused(tmp_path):
    changed = [OTHER | {key: value} for key, values in OTHER_CHANGES.items() for value in values]
    done = prove(tmp_path, json.dumps(OTHER), *map(forged, changed))
    assert done.stderr == ""
    right, *wrong = done.stdout.splitlines()
    assert right == "0.json: right: skew3, 6 products over Z: all 27 equations hold"
    assert len(wrong) == len(changed)
    assert [line for line in wrong if ": WRONG: " not in line] == []


def test_every_single_coefficient_counts(tmp_path):
    texts = []
    for name in "uvw":
        for row in range(4):
            for column in range(7):
                given = json.loads(json.dumps(GIVEN))
                given[name][row][column] += 1
                texts.append(forged(given))
    done = prove(tmp_path, *texts)
    assert done.stdout.count(": WRONG: ValueError('equation (") == len(texts) == 84


def test_a_scheme_modulo_two_is_none_over_the_integers(tmp_path):
    given = json.loads(certificate.write(examples.modulo_two()))
    done = prove(tmp_path, forged(given | {"ring": "Z"}), forged(given | {"ring": "Q"}))
    assert done.stdout.count("WRONG: ValueError('equation (") == 2


def test_keys_missing_added_twice_or_in_another_order_are_refused(tmp_path):
    text = json.dumps(GIVEN)
    less = {key: value for key, value in GIVEN.items() if key != "rank"}
    turned = dict(reversed(GIVEN.items()))
    texts = [json.dumps(less), json.dumps(GIVEN | {"note": 1}), json.dumps(turned)]
    texts += [text.replace('"rank": 7', '"rank": 7, "rank": 7'), "[]", "1", "{", "", '"text"', text[:-9]]
    done = prove(tmp_path, *texts)
    assert done.returncode == 1
    assert done.stdout.count(": WRONG: ") == len(texts)


def test_no_file_is_no_proof(tmp_path):
    assert prove(tmp_path).returncode == 1
    done = subprocess.run([sys.executable, str(SCRIPT), "absent.json"], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "")


def test_the_best_of_each_size_and_ring():
    lower = standard(Size(1, 2, 3).target, "Z2")
    u, v, w = (np.repeat(factor, [1] * 5 + [2], axis=1) for factor in lower.factors)
    parted = Factors(u, v, w * np.array([1] * 5 + [2, -1]))  # the last product in two parts
    higher = Scheme(Size(1, 2, 3).target, "Z", parted)
    equal = standard(Size(2, 3, 4).target, "Z2")
    eight = standard(Size(2, 2, 2).target)
    given = [eight, SCHEMES["Q"], equal, SCHEMES["Z2"], SCHEMES["Z"], SCHEMES["2x3x4"], higher, lower]
    rows = [judge(candidate_row(scheme)) for scheme in given]
    names = [certificate.file_name(scheme) for scheme in certificate.best(rows)]
    assert names == ["1x2x3_Z_7.json", "1x2x3_Z2_6.json", "2x2x2_Z_7.json", "2x3x4_Z_24.json"]
    assert certificate.best(rows[::-1])[2].hash == certificate.best(rows)[2].hash
    assert [certificate.file_name(scheme) for scheme in certificate.best(rows[1:4])] == [
        "2x2x2_Q_7.json",
        "2x2x2_Z2_7.json",
        "2x3x4_Z2_24.json",
    ]


def test_the_archive_proves_itself(tmp_path):
    data = certificate.write_archive(SCHEMES.values())
    assert data == certificate.write_archive(SCHEMES.values())
    (tmp_path / "certificates.zip").write_bytes(data)
    with zipfile.ZipFile(tmp_path / "certificates.zip") as archive:
        archive.extractall(tmp_path)
    names = sorted(path.name for path in tmp_path.glob("*.json"))
    assert names == ["2x2x2_Q_7.json", "2x2x2_Z2_7.json", "2x2x2_Z3_7.json", "2x2x2_Z_7.json", "2x3x4_Z_24.json"]
    command = [sys.executable, "-I", certificate.CHECKER.name, *names]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout.count(": right: ")) == (0, len(SCHEMES))
