import contextlib
import errno
import json
import os
import subprocess
import sys

import pytest

from reasoning.cli.evaluate import _real_command
from reasoning.cli.main import main
from reasoning.evaluation.evaluating import Settings
from reasoning.methods import METHODS
from tests.support.plugins import install_plugins

PUZZLE = {"id": "p", "kind": "puzzle", "sat": "def sat(x: int, n=3):\n    return x == n"}


@pytest.fixture
def plugins(tmp_path):
    """A folder in which third-party plugins are installed."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    install_plugins(folder)
    return folder


@pytest.fixture
def reasoning(tmp_path, plugins, monkeypatch, capsys):
    """Runs the command line in this process, which spares the start of another."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(plugins)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments):
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([*map(str, arguments)])
        said = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, ended.value.code, said.out, said.err)

    return run


@pytest.fixture
def process(tmp_path, plugins):
    """Runs the command line in its own process."""
    paths = [str(plugins), os.getcwd(), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths)), "COLUMNS": "200"}

    def run(*arguments, stdin=None):
        command = [sys.executable, "-m", "reasoning.cli.main", *map(str, arguments)]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, env=environment, cwd=tmp_path)

    return run


def jsonl(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_help_needs_none_of_the_heavy_modules():
    program = (
        "import sys, reasoning.cli.commands\n"
        "heavy = {'numpy', 'sympy', 'httpx', 'openai', 'datasets', 'rich', 'sqlite3', 'verifiers.sandbox'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_full_disk_is_one_clear_line():
    command = [sys.executable, "-m", "reasoning.cli.main", "methods"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2
    assert done.stderr == (
        "error: No space left on device; free some, then give the command again (a run goes on with --resume)\n"
    )


@pytest.mark.parametrize(
    "command",
    [
        "evaluate",
        "verify",
        "samples",
        "sandbox",
        "engines",
        "methods",
        "benchmarks",
        "doctor",
        "serve rewards",
        "train",
        "discover",
        "serve",
        "setup",
        "tools",
        "report",
        "view",
    ],
)
def test_each_command_helps_with_examples(capsys, command):
    with pytest.raises(SystemExit, match="0"):
        main([*command.split(), "--help"])
    assert f"\n    reasoning {command}" in capsys.readouterr().out


MISTAKES = [
    (["frobnicate"], "No such command 'frobnicate'"),
    (["verify"], "give the KIND of the problems, or --run RUN_DIR"),
    (["verify", "puzzle", "--in", "gone.jsonl"], "gone.jsonl: cannot be read: No such file"),
    (
        ["verify", "riddle", "--in", os.devnull],
        "field 'kind': no verifier for 'riddle'; known kinds: answer, choice,",
    ),
    (["verify", "gold", "--in", os.devnull, "--out", "gone/out.jsonl"], "--out gone/out.jsonl: its folder does not"),
    (["verify", "gold", "--in", os.devnull, "--jobs", "0"], "--jobs"),
    (["verify", "--run", "gone"], "gone holds no run"),
    (["evaluate"], "give a BENCHMARK"),
    (["evaluate", "p4"], "no benchmark 'p4'"),
    (["evaluate", "puzzles", "--engine", "magic"], "no engine 'magic'"),
    (["evaluate", "puzzles", "--method", "magic"], "no method 'magic'"),
    (["evaluate", "puzzles", "--prompt", "magic"], "puzzles has no prompt style 'magic'"),
    (["evaluate", "puzzles", "--data", "gone.jsonl"], "gone.jsonl: no such file or folder"),
    (["evaluate", "--resume", "gone"], "gone holds no run"),
    (["evaluate", "puzzles", "--limit", "1", "--out", os.devnull], f"{os.devnull}: File exists"),
    (["verify", "--run", "other"], "holds a run, but none of `reasoning evaluate`"),
    (["generate", "--resume", "other"], "holds a run, but none of `reasoning generate`"),
    (["discover", "mitm", "--resume", "gone"], "gone holds no run"),
    (["discover", "mitm", "--out", f"{__file__}/below"], f"{__file__}/below: Not a directory"),
    (["families", "sample", "algebra", "--quiet", "--out", "gone/x.jsonl"], "gone/x.jsonl.partial: No such file"),
    (["tools", "call", "factor_integer", "--array", "number"], "--array number: expected ARGUMENT=FILE"),
    (["tools", "call", "factor_integer", "--array", f"number={__file__}"], "not a .npy file of numbers"),
    (["sandbox", "gone.py"], "gone.py: cannot be read: No such file"),
    (["sandbox"], "give the FILE.py to run, or --report"),
    (["sandbox", __file__, "--env", "novalue"], "--env 'novalue': expected NAME=VALUE"),
]


@pytest.mark.parametrize(("arguments", "message"), MISTAKES, ids=[" ".join(row[0][:3]) for row in MISTAKES])
def test_a_mistake_gets_one_clear_line_and_status_2(tmp_path, monkeypatch, capsys, arguments, message):
    install_plugins(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "config.json").write_text('{"schema": 1, "settings": {"recipe": "grpo"}}')
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert message in line


@pytest.mark.parametrize("command", [[], ["discover"], ["serve"], ["setup"]])
def test_a_command_without_arguments_shows_its_help_as_it_is(capsys, command):
    with pytest.raises(SystemExit, match="2"):
        main(command)
    said = capsys.readouterr().err
    assert said.startswith("Usage: reasoning")
    assert "\n  -h, --help" in said


def test_an_interrupt_before_the_work_has_begun_is_one_line(monkeypatch, capsys):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("reasoning.cli.commands.app", lambda **options: interrupted())
    with pytest.raises(SystemExit, match="130"):
        main(["discover", "mitm"])
    assert capsys.readouterr().err.split() == ["stopped"]


def test_an_interrupt_within_a_command_that_does_not_heed_it_is_one_line(monkeypatch, capsys):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr("reasoning.engines.registry.list_engines", interrupted)
    with pytest.raises(SystemExit, match="130"):
        main(["engines"])
    assert capsys.readouterr().err == "stopped\n"


INTERRUPTED_IMPORT = """
import os, runpy, signal, sys

class Interrupting:
    def find_spec(self, name, *rest):
        if name == os.environ["AT"]:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
signal.signal(signal.SIGINT, getattr(signal, os.environ["HANDLER"]))
sys.argv = ["reasoning", "--help"]
if os.environ["HOW"] == "module":
    runpy.run_module("reasoning.cli.main", run_name="__main__")
else:
    from reasoning.cli.main import main
    main()
"""


@pytest.mark.parametrize("how", ["module", "script"])
@pytest.mark.parametrize(
    ("at", "handler", "status", "said"),
    [
        ("typer", "default_int_handler", 130, "stopped\n"),
        ("reasoning.cli.vote", "default_int_handler", 130, "stopped\n"),
        ("typer", "SIG_IGN", 0, ""),
    ],
)
def test_an_interrupt_while_the_program_is_loaded_is_one_line(how, at, handler, status, said):
    environment = {**os.environ, "AT": at, "HANDLER": handler, "HOW": how}
    command = [sys.executable, "-c", INTERRUPTED_IMPORT]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stderr) == (status, said)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_what_a_disk_refuses_is_told_in_one_line(tmp_path, monkeypatch, capsys, number):
    def refuse(*arguments):
        raise OSError(number, os.strerror(number), "runs/x/config.json.partial")

    monkeypatch.setattr("reasoning.runs.run.write_json", refuse)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="2"):
        main(["discover", "mitm", "--constants", "e", "--out", "x"])
    remedy = "; free some, then give the command again (a run goes on with --resume)" if number == errno.ENOSPC else ""
    assert capsys.readouterr().err == f"error: runs/x/config.json.partial: {os.strerror(number)}{remedy}\n"


def test_verify_judges_each_line_and_names_bad_ones(process, tmp_path):
    lines = [
        {"id": "right", "problem": PUZZLE, "candidate": "def sol(n=3): return n"},
        {"id": "wrong", "problem": PUZZLE, "candidate": "4"},
        {"id": "faulty", "problem": {**PUZZLE, "sat": 3}, "candidate": "3"},
    ]
    source = jsonl(tmp_path / "in.jsonl", *lines)
    done = process("verify", "puzzle", "--in", source, "--out", "out.jsonl", "--explain")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [(row["id"], row["status"], row["score"]) for row in rows] == [
        ("right", "passed", 1.0),
        ("wrong", "wrong", 0.0),
        ("faulty", "error", 0.0),
    ]
    assert rows[0]["isolation"]
    assert rows[0]["explanation"]["reading"] == {"kind": "program", "source": "def sol(n=3): return n"}
    assert "in.jsonl, line 3: problem: field 'sat'" in done.stderr


def test_verify_streams_through_pipes_with_a_third_party_verifier(process):
    def row(candidate):
        return json.dumps({"id": candidate, "problem": {"kind": "gold", "gold": "a"}, "candidate": candidate})

    done = process("verify", "gold", stdin="\n".join(map(row, "ab")))
    assert done.returncode == 0
    assert [json.loads(line)["passed"] for line in done.stdout.splitlines()] == [True, False]
    unjudged = process("verify", "gold", "--quiet", stdin=row("?"))
    assert unjudged.returncode == 1
    assert json.loads(unjudged.stdout)["status"] == "unavailable"


@pytest.mark.parametrize(
    ("program", "options", "status", "stdout"),
    [
        ("import sys; print(sys.stdin.read()[::-1]); sys.exit(3)", ["--stdin", "given.txt"], 3, "cba\n"),
        ("import os; print(os.environ['NAME'])", ["--env", "NAME=a=b"], 0, "a=b\n"),
        ("while True: pass", ["--timeout", "0.3"], 124, ""),
        ("x = bytearray(10**10)", ["--memory", "128"], (1, 137), ""),
        ("raise SystemExit('told')", [], 1, ""),
    ],
)
def test_sandbox_passes_output_and_status_through(process, tmp_path, program, options, status, stdout):
    (tmp_path / "given.txt").write_text("abc")
    (tmp_path / "program.py").write_text(program)
    done = process("sandbox", "program.py", *options)
    assert done.stdout == stdout
    assert done.returncode in (status if isinstance(status, tuple) else (status,)), done.stderr


def test_sandbox_reports_its_layers(reasoning):
    report = json.loads(reasoning("sandbox", "--report").stdout)
    assert report["level"] in "ABCDE"
    assert report["layers"]


def test_evaluate_goes_from_prompt_to_metrics_and_resumes(reasoning, tmp_path):
    puzzles = [
        {**PUZZLE, "id": f"p{n}", "prompt": "", "meta": {"level": n, "reference": "def sol(): return 3"}}
        for n in (1, 2)
    ]
    data = jsonl(tmp_path / "own.jsonl", *puzzles)
    replies = jsonl(tmp_path / "replies.jsonl", {"id": "p1", "completion": "3"}, {"id": "p2", "completion": "4"})
    command = ["evaluate", "puzzles", "--data", data, "--engine", f"replay:{replies}", "--quiet"]
    done = reasoning(*command)
    assert done.returncode == 0, done.stderr
    assert "1 of 2 problems solved; 2 samples: 1 passed, 1 wrong" in done.stdout
    (directory,) = (tmp_path / "runs").iterdir()
    assert f"results: runs/{directory.name}" in done.stdout
    assert json.loads((directory / "metrics.json").read_text())["pass@1"]["value"] == 0.5
    again = reasoning(*command)
    assert (again.returncode, "--resume" in again.stderr) == (2, True)
    changed = reasoning("evaluate", "--resume", directory, "--samples", "3")
    assert changed.returncode == 2
    assert "field 'samples' is 1, but 3 was asked for" in changed.stderr
    resumed = reasoning("evaluate", "--resume", directory, "--quiet")
    assert resumed.stdout == done.stdout.replace(f"runs/{directory.name}", str(directory))
    judged = reasoning("verify", "--run", directory, "--quiet")
    assert "2 candidates judged again, 0 verdicts changed" in judged.stderr


def test_samples_that_a_recording_lacks_are_counted(reasoning, tmp_path):
    data = jsonl(tmp_path / "own.jsonl", {**PUZZLE, "id": "p1"}, {**PUZZLE, "id": "p2"})
    replies = jsonl(tmp_path / "replies.jsonl", {"id": "p1", "completion": "3"})
    done = reasoning("evaluate", "puzzles", "--data", data, "--engine", f"replay:{replies}", "--out", "run", "--quiet")
    assert "1 passed, 1 unparsable" in done.stdout
    assert "1 samples are not in the recording, and were judged as no answer" in done.stdout
    assert json.loads((tmp_path / "run" / "metrics.json").read_text())["unrecorded"] == 1


def test_evaluate_without_an_answer_says_so(reasoning, tmp_path):
    data = jsonl(tmp_path / "own.jsonl", PUZZLE)
    done = reasoning("evaluate", "puzzles", "--data", data, "--engine", "echo:down", "--out", "run", "--quiet")
    assert done.returncode == 1
    assert "1 samples got no answer (first: connection refused)" in done.stderr
    assert "could not be judged" in done.stdout


def test_benchmarks_are_listed_and_validated(reasoning, tmp_path):
    assert "humaneval" in reasoning("benchmarks").stdout
    assert "reasoning benchmarks validate" in reasoning("benchmarks", "validate", "--help").stdout
    good = {**PUZZLE, "meta": {"reference": "def sol(n=3): return n"}}
    bad = {**PUZZLE, "id": "q", "meta": {"reference": "def sol(n=3): return -n"}}
    assert reasoning("benchmarks", "validate", "puzzles", "--data", jsonl(tmp_path / "a.jsonl", good)).returncode == 0
    done = reasoning("benchmarks", "validate", "puzzles", "--data", jsonl(tmp_path / "b.jsonl", good, bad))
    assert done.returncode == 1
    assert "1 of 2 reference answers accepted; 2 problems, 0 without a reference" in done.stdout
    assert "q: wrong" in done.stderr


def test_methods_are_listed_with_their_options(reasoning):
    listed = {row["name"]: row for row in json.loads(reasoning("methods", "--json").stdout)}
    assert set(listed) == set(METHODS)
    assert listed["direct"]["options"] == []
    assert {"depth", "samples", "consensus"} <= set(listed["funcoder"]["options"])
    shown = reasoning("methods").stdout
    assert all(name in shown for name in listed)


def test_the_suggested_command_repeats_the_method():
    settings = Settings("puzzles", "search", "few_shot,shots=2", limit=3)
    assert "--method few_shot,shots=2 --limit 3 " in _real_command(settings)
    assert "--method" not in _real_command(Settings("puzzles", "search", "direct"))
    settings = Settings("families", "nano", data="my data.jsonl", split="all", prompt="", budget="tokens=9")
    assert "--data 'my data.jsonl' --split all --budget tokens=9 --out" in _real_command(settings)


def test_engines_and_doctor(reasoning, tmp_path):
    assert "echo" in reasoning("engines").stdout
    assert {row["name"] for row in json.loads(reasoning("engines", "--json").stdout)} >= {"search", "replay", "echo"}
    assert "belongs to this package alone" in reasoning("doctor").stdout
    clash = tmp_path / "plugins" / "verifiers-0.4.0.dist-info"
    clash.mkdir()
    (clash / "METADATA").write_text("Metadata-Version: 2.1\nName: verifiers\nVersion: 0.4.0\n")
    done = reasoning("doctor")
    assert done.returncode == 1
    assert "'verifiers' 0.4.0 is installed too" in done.stdout.replace("\n", " ")


@pytest.mark.parametrize(("given", "left"), [(None, "passive"), ("active", "active")])
def test_threads_that_wait_leave_the_processors_to_the_judges(given, left, monkeypatch):
    if given is None:
        monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    else:
        monkeypatch.setenv("OMP_WAIT_POLICY", given)
    with contextlib.suppress(SystemExit):
        main(["methods"])
    assert os.environ["OMP_WAIT_POLICY"] == left
