"""The judge of the agent: which rows it runs, and what counts in them; the rows themselves take minutes."""

import json
import subprocess
import sys

SCRIPT = "agent"


def test_every_row_has_valid_parameters_of_its_own(judge):
    ended = {row.key: {"spent_cpu_s": "1.0"} for row in judge.planned({})}
    rows = list(judge.planned(ended))
    assert {row.variant for row in rows} == {"agent", *judge.CONTROLS, *judge.VARIANTS}
    assert len({row.key for row in rows}) == len(rows)
    digests = [(row.start, judge.digest(row)) for row in rows if row.variant != "walk" and not row.is_small]
    assert len(set(digests)) == len(digests)


def test_one_network_plays_both_small_targets(judge):
    small = [row for row in judge.planned({}) if row.is_small]
    digests = [{judge.digest(row) for row in small if row.target == target} for target in judge.SMALL_GAMES]
    assert digests[0] == digests[1]
    assert len(digests[0]) == 5 + 3  # seeds over Z2 and Z


def test_every_agent_plays_what_its_row_counts(judge):
    for row in judge.planned({}):
        if row.variant != "walk":
            agent = judge.parameters(row).agents[row.agent]
            if row.start in judge.IN_SPANS:
                assert agent.network.torso == "spans", row.name
                assert agent.symmetry == ("cyclic" if row.start.startswith("cyclic") else "none"), row.name
                assert (row.target in agent.windowed) == (row.kind == "window"), row.name
            else:
                assert (agent.search.games if row.kind == "game" else agent.search.window_games) > 0, row.name


def test_a_rank_found_beyond_the_cap_does_not_count(judge):
    row = judge.Row("2x2x2", "Z2", "game", "agent", 0, 7, 90)
    late, early = judge.Ranks(row, naive=8), judge.Ranks(row, naive=8)
    assert late.note(7, cpu_s=90.1, games=5)  # the row is over
    assert late.result(90.1)["rank"] == 8
    assert early.note(7, cpu_s=90.0, games=5)
    assert early.result(90.0)["rank"] == 7


def test_nothing_but_its_seconds_ends_a_row_of_shares(judge):
    (row, *_) = (row for row in judge.planned({}) if row.name == "3x3x3 Z2 cyclic share closed 0")
    ranks = judge.Ranks(row, naive=27)
    assert not ranks.note(1, cpu_s=row.cap - 1, games=5)
    assert ranks.note(1, cpu_s=row.cap, games=6)
    assert ranks.result(row.cap, "23:0.25")["shares"] == "23:0.25"


def test_a_line_of_other_parameters_is_replaced(judge, tmp_path, monkeypatch):
    monkeypatch.setattr(judge, "TABLE", tmp_path / "agent.csv")
    monkeypatch.setattr(sys, "argv", ["agent.py", "2x2x2 Z2 game agent"])
    ran = []

    def child(command, **_):
        row = judge.Row(**json.loads(command[-1]))
        ran.append(row.name)
        line = json.dumps(judge.Ranks(row, naive=8).result(1.0))
        return subprocess.CompletedProcess(command, 0, line)

    monkeypatch.setattr(judge.subprocess, "run", child)
    judge.main()
    every = [f"2x2x2 Z2 game agent {seed}" for seed in range(5)]
    assert ran == every
    judge.main()
    assert ran == every  # all are done
    text = judge.TABLE.read_text()
    third = judge.finished()["2x2x2", "Z2", "game", "agent", "2"]["settings"]
    judge.TABLE.write_text(text.replace(third, "0" * 12))
    judge.main()
    assert ran == [*every, every[2]]
    assert judge.TABLE.read_text() == text  # in its old place
