import json
from math import comb

import pytest

from reasoning.cli.main import main
from reasoning.evaluation.comparison import compare, exact_sign_test, needed, read_run


def write_run(directory, scores, *, settings=None, tokens=(10, 20)):
    """A finished run whose problems have the given lists of flags (None: not judged)."""
    directory.mkdir()
    known = {"benchmark": "gsm8k", "split": "test", "problems_sha256": "aa", **(settings or {})}
    (directory / "config.json").write_text(json.dumps({"schema": 1, "settings": known}))
    with open(directory / "records.jsonl", "w") as file:
        for id, flags in scores.items():
            for sample, flag in enumerate(flags):
                status = "unavailable" if flag is None else "passed" if flag else "wrong"
                cost = {"calls": 1, "prompt_tokens": tokens[0], "completion_tokens": tokens[1]}
                record = {"id": id, "sample": sample, "passed": bool(flag), "status": status, "cost": cost}
                file.write(json.dumps(record) + "\n")
    return directory


def pair(tmp_path, first, second, **options):
    one = read_run(write_run(tmp_path / "a", first))
    other = read_run(write_run(tmp_path / "b", second))
    return compare(one, other, **options)


def test_mcnemars_exact_test_by_hand():
    # 1 against 9 of 10 discordant pairs: 2 (1 + 10) / 2^10.
    assert exact_sign_test(9, 1) == exact_sign_test(1, 9) == 22 / 1024
    assert exact_sign_test(0, 0) == exact_sign_test(5, 5) == 1.0
    assert exact_sign_test(0, 5) == 2 / 32
    total = 2_000
    exact = 2 * sum(comb(total, i) for i in range(901)) / 2**total
    assert exact_sign_test(900, 1100) == exact


def test_single_samples_are_paired(tmp_path):
    first = {f"p{n}": [n % 2 == 0] for n in range(20)}
    second = {f"p{n}": [n % 2 == 0 or n < 16] for n in range(20)}
    found = pair(tmp_path, first, second)
    assert (found.first, found.second, found.difference) == (0.5, 0.9, pytest.approx(0.4))
    assert (found.better, found.worse, found.p_value) == (8, 0, 2 / 256)
    assert found.test == "McNemar's exact test"
    assert 0 < found.low < 0.4 < found.high
    assert found.samples_needed is None


def test_pairing_takes_out_the_difficulty_of_problems(tmp_path):
    """Every problem gains the same: the interval has no width, though scores range from 0 to 1."""
    first = {f"p{n}": [True] * (n % 4) + [False] * (4 - n % 4) for n in range(12)}
    second = {f"p{n}": [True] * (n % 4 + 1) + [False] * (3 - n % 4) for n in range(12)}
    found = pair(tmp_path, first, second)
    assert (found.low, found.difference, found.high) == (0.25, 0.25, 0.25)
    assert (found.better, found.worse) == (12, 0)


def test_what_is_needed_follows_the_formula(tmp_path):
    """2 problems better, 1 worse and 7 equal of 10: variance of the differences (3 - 10 * 0.01) / 9."""
    first = {f"p{n}": [n == 0] for n in range(10)}
    second = {f"p{n}": [n in (1, 2)] for n in range(10)}
    found = pair(tmp_path, first, second)
    variance = (3 - 10 * 0.1**2) / 9
    z = 1.959963984540054 + 0.8416212335729143
    assert found.problems_needed == -(-variance * z**2 // 0.1**2)
    tighter = compare(read_run(tmp_path / "a"), read_run(tmp_path / "b"), power=0.9)
    assert tighter.problems_needed > found.problems_needed


def test_more_samples_help_only_as_far_as_samples_vary(tmp_path):
    noisy = {f"p{n}": [True, False] * 4 for n in range(60)}
    luckier = {
        f"p{n}": [True, False] * 4 if n % 3 else [True, True, True, False, True, False, True, True] for n in range(60)
    }
    found = pair(tmp_path, noisy, luckier)
    # Differences vary less between problems than the samples' own noise explains, so enough samples decide.
    assert found.samples_needed is not None
    assert found.samples_needed < 8
    pairs = [(one, read_run(tmp_path / "b").scores[id]) for id, one in read_run(tmp_path / "a").scores.items()]
    assert needed(pairs, 0.8) == (found.problems_needed, found.samples_needed)
    # Here problems are all right or all wrong: samples of the same problems say nothing new.
    split = {f"q{n}": [n % 2 == 0] * 2 for n in range(10)}
    other = {f"q{n}": [n < 6] * 2 for n in range(10)}
    one, two = read_run(write_run(tmp_path / "c", split)), read_run(write_run(tmp_path / "d", other))
    assert compare(one, two).samples_needed is None


def test_problems_that_one_run_could_not_judge_are_left_out(tmp_path):
    found = pair(tmp_path, {"p": [True], "q": [None]}, {"p": [False], "q": [True]})
    assert (found.problems, found.left_out, found.difference) == (1, 1, -1.0)


def run_cli(capsys, *arguments):
    with pytest.raises(SystemExit) as ended:
        main(["compare", *map(str, arguments)])
    return ended.value.code, *capsys.readouterr()


def test_the_command_prints_a_table_and_json(tmp_path, capsys):
    one = write_run(tmp_path / "a", {f"p{n}": [n < 4] for n in range(12)})
    two = write_run(tmp_path / "b", {f"p{n}": [n < 10] for n in range(12)}, tokens=(100, 50))
    three = write_run(tmp_path / "c", {f"p{n}": [n < 5] for n in range(12)})
    status, out, _ = run_cli(capsys, one, two, three, "--price-in", "2", "--price-out", "4")
    assert status == 0
    assert "+50.00 %" in out
    assert "0.000400" in out  # 100 * 2 + 50 * 4 for a million
    assert f"{two}: the difference is settled at 95 % (McNemar's exact test: p = 0.03125)" in out.replace("\n", "")
    assert "not settled (McNemar's exact test: p = 1)" in out
    status, out, _ = run_cli(capsys, one, two, "--json")
    report = json.loads(out)
    assert report["comparisons"][0]["p_value"] == 2 / 64
    assert report["runs"][1]["cost_per_sample"] == {"calls": 1.0, "prompt_tokens": 100.0, "completion_tokens": 50.0}
    assert "price_per_sample" not in report["runs"][0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"settings": {"benchmark": "math"}}, "over different problems: their 'benchmark' is 'gsm8k' and 'math'"),
        ({"settings": {"problems_sha256": "bb"}}, "over different problems: their 'problems_sha256'"),
        ({"scores": {"p0": [True]}}, "lacks 1 of"),
        ({"records": "{}\n"}, "records.jsonl, line 1: field 'id': missing"),
        ({"records": "{\n"}, "records.jsonl, line 1: not JSON"),
        (
            {"records": '{"id": "p0", "status": "passed", "passed": true, "cost": {"calls": "x"}}\n'},
            "records.jsonl, line 1: not a record of a sample: invalid literal",
        ),
        ({"records": None}, "has no records.jsonl: finish it with reasoning evaluate --resume"),
    ],
)
def test_runs_that_cannot_be_compared_get_one_clear_line(tmp_path, capsys, change, message):
    one = write_run(tmp_path / "a", {"p0": [True], "p1": [False]})
    scores = change.get("scores", {"p0": [True], "p1": [False]})
    two = write_run(tmp_path / "b", scores, settings=change.get("settings"))
    if "records" in change:
        (two / "records.jsonl").unlink()
        if change["records"] is not None:
            (two / "records.jsonl").write_text(change["records"])
    status, out, err = run_cli(capsys, one, two)
    assert (status, out) == (2, "")
    assert message in err
    assert len(err.splitlines()) == 1


def test_one_run_is_not_enough(tmp_path, capsys):
    assert run_cli(capsys, write_run(tmp_path / "a", {"p": [True]}))[0] == 2
    status, _, err = run_cli(capsys, tmp_path / "a", tmp_path / "none")
    assert (status, "holds no run" in err) == (2, True)
