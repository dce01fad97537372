"""The shell of the stages: required paths, one line per error, timing files and whole text files."""

import csv
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from stages.contract import command
from stages.errors import SchemeError, StageError, TableError


def test_every_path_is_required(capsys):
    parser = command.arguments("search", "schemes", named="agent")
    given = parser.parse_args(["z2", "--params", "p.yaml", "--schemes", "s.parquet"])
    assert (given.name, given.params, given.schemes) == ("z2", Path("p.yaml"), Path("s.parquet"))
    for line in (["z2", "--params", "p.yaml"], ["--params", "p", "--schemes", "s"], ["z2", "--schemes", "s"]):
        with pytest.raises(SystemExit):
            parser.parse_args(line)
    assert "python -m stages.search" in capsys.readouterr().err


@pytest.mark.parametrize("error", [StageError, TableError, SchemeError])
def test_error_of_the_input_is_one_line(monkeypatch, tmp_path, capsys, error):
    monkeypatch.chdir(tmp_path)

    def main(given):
        raise error(f"{given.params}: expected 1, got 2")

    monkeypatch.setattr("sys.argv", ["stage", "--params", "p.yaml"])
    with pytest.raises(SystemExit) as caught:
        command.run(main, command.arguments("search"))
    assert caught.value.code == 1
    assert capsys.readouterr().err == "error: p.yaml: expected 1, got 2\n"


def test_error_of_the_program_keeps_its_traceback(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    def main(given):
        raise ZeroDivisionError

    monkeypatch.setattr("sys.argv", ["stage", "--params", "p.yaml"])
    with pytest.raises(ZeroDivisionError):
        command.run(main, command.arguments("search"))


def test_a_reader_that_has_gone_is_no_error():
    code = "import argparse; from stages.contract import command; "
    code += "command.run(lambda given: print('x' * 10**6), argparse.ArgumentParser())"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert (process.stderr.read(), process.wait()) == (b"", 1)


def test_timing_has_seconds_amounts_and_rates(tmp_path):
    path = tmp_path / "new" / "timing.csv"
    command.Stopwatch(cpu_s=1000.0, wall_s=2000.0).write(path, {"games": 5000})
    with path.open() as file:
        (row,) = csv.DictReader(file)
    assert list(row) == ["cpu_s", "wall_s", "games", "games_per_s"]
    assert float(row["cpu_s"]) > 1000
    assert float(row["wall_s"]) > 2000
    assert float(row["games_per_s"]) == pytest.approx(5000 / float(row["cpu_s"]), rel=1e-4)


def test_csv_has_unix_line_ends_and_quotes():
    assert command.csv_text(["a", "b"], [{"a": 1, "b": "x,y"}, {"a": "", "b": 'q"'}]) == 'a,b\n1,"x,y"\n,"q"""\n'


def test_text_replaces_a_file_whole_or_not_at_all(tmp_path):
    path = tmp_path / "text.csv"
    command.write_text(path, "old\n")
    with pytest.raises(UnicodeEncodeError):
        command.write_text(path, "\udcff")
    assert path.read_text() == "old\n"
    command.write_text(path, "new\n")
    assert path.read_text() == "new\n"
    assert list(tmp_path.iterdir()) == [path]


def test_sigterm_ends_like_an_exception():
    code = "import argparse, time; from stages.contract import command\n"
    code += "def main(given):\n    try:\n        print('in', flush=True)\n        time.sleep(60)\n"
    code += "    finally:\n        print('out')\n"
    code += "command.run(main, argparse.ArgumentParser())"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"in\n"
        process.terminate()
        assert (process.stdout.read(), process.stderr.read(), process.wait()) == (b"out\n", b"", 128 + signal.SIGTERM)


def test_a_terminal_of_ascii_gets_escapes():
    code = "import argparse; from stages.contract import command; "
    code += "command.run(lambda given: print('«x»'), argparse.ArgumentParser())"
    ascii_only = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, "-c", code], env=ascii_only, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "\\xabx\\xbb\n", "")
