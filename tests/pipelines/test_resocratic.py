"""ReSocratic with scripted replies: programs run in the real sandbox, optima are proved by the real solver."""

import asyncio
import json

import pytest
from pipeline_runs import ScriptedEngine, run_pipeline

from reasoning.pipelines.resocratic import DEMONSTRATIONS, optimum_fault
from reasoning.pipelines.scenarios import ScenarioError, read_scenario
from reasoning.solvers.toolbox import Toolbox
from verifiers.sandbox import SandboxPool

BAKERY, FEED, THEATRE = (read_scenario(text) for text in DEMONSTRATIONS)
OPTIMA = [
    (BAKERY, {"the maximum of the objective": 255.0, "number of rye loaves": 30.0, "number of plum cakes": 30.0}),
    (
        FEED,  # both constraints hold with equality; 800 kg of barley alone cost 240, 500 kg of beans alone 350
        {"the minimum of the objective": 230.0, "kilograms of barley": 300.0, "kilograms of beans": 200.0},
    ),
    (THEATRE, {"the maximum of the objective": 450.0, "number of rows": 15.0, "number of seats in a row": 30.0}),
]
PROGRAM = """Here it is.
```python
import itertools
points = [(x, y) for x, y in itertools.product(range(81), range(49)) if 3 * x + 5 * y <= 240 and y <= {most}]
x, y = max(points, key=lambda point: 2.5 * point[0] + 6 * point[1])
print(f"The maximum of the objective: {{2.5 * x + 6 * y:.5f}}\\nnumber of rye loaves: {{x}}\\nnumber of plum cakes: {{y}}")
```"""
QUESTION = "<problem>A bakery sells rye loaves and plum cakes for $2.50 and $6.\n{table}What is the most it can earn?</problem>"
TABLE = "\n| | flour |\n| --- | --- |\n| loaf | 3 |\n| cake | 5 |\n\n"


def script(prompt, sample, scenario=DEMONSTRATIONS[0], least=48):
    """A model that knows the bakery; `least` is its bound on the cakes while there is only one constraint."""
    if prompt.startswith("Here are formatted scenarios"):
        return f"A new one:\n\n{scenario}"
    if prompt.startswith("Write one Python program"):
        return PROGRAM.format(most=30 if "Constraint-2" in prompt else least)
    assert "// Maximize 2.5x + 6y" in prompt
    return QUESTION.format(table=TABLE if "Markdown" in prompt else "")


def faults(*cases):
    async def work():
        async with SandboxPool(workers=1) as pool:
            toolbox = Toolbox(pool, ["satisfy_constraints"])
            return [await optimum_fault(toolbox, scenario, found) for scenario, found in cases]

    return asyncio.run(work())


def test_rows_are_proved_judged_and_worded_twice(tmp_path):
    rows, thrown, _ = run_pipeline(tmp_path, ScriptedEngine(script), pipeline="resocratic", count=1)
    problems = [json.loads(row["problem"]) for row in rows["default"]]
    assert [row["topic"] for row in rows["default"]] == ["linear-notable", "linear-table"] * 2
    # Of one constraint and of two; without the bound on the cakes 48 of them are best.
    assert [problem["results"] for problem in problems] == [
        {"The maximum of the objective": value} for value in ("288.0", "288.0", "255.0", "255.0")
    ]
    assert len({row["group"] for row in rows["default"]}) == 1
    for row, problem in zip(rows["default"], problems, strict=True):
        assert row["completion"].startswith("```python\nimport itertools\n")
        assert problem["prompt"].startswith("A bakery sells")
        assert problem["prompt"].endswith("- The maximum of the objective")
        assert "//" not in problem["prompt"]
    assert thrown == []


def test_a_program_that_is_not_optimal_or_not_feasible_is_thrown_away(tmp_path):
    def poor(prompt, sample):
        return script(prompt, sample, least=20)

    rows, thrown, _ = run_pipeline(tmp_path, ScriptedEngine(poor), pipeline="resocratic", count=1, tables=False)
    assert [json.loads(row["problem"])["results"] for row in rows["default"]] == [
        {"The maximum of the objective": "255.0"}
    ]
    assert [(one["stage"], one["reason"]) for one in thrown] == [("optimum", "a better point exists")]


@pytest.mark.parametrize(
    ("reply", "stage", "reason"),
    [
        ({"Here are": "I would rather not."}, "scenario", "it does not begin with variables and objective"),
        ({"Write one": "No program."}, "program", "no program in the reply"),
        ({"Write one": "```python\nraise ValueError('stuck')\n```"}, "program", "ValueError: stuck"),
        ({"Write one": "```python\nprint('{\"passed\": true}')\n```"}, "optimum", "prints no value"),
        ({"Here is a": "<problem>Find x with // x <= 4</problem>"}, "question", "without formal lines"),
        ({"Here is a": QUESTION.format(table=TABLE)}, "question", "in the form prose"),
    ],
)
def test_what_falls_on_the_way_is_kept_with_its_reason(tmp_path, reply, stage, reason):
    ((start, text),) = reply.items()

    def broken(prompt, sample):
        return text if prompt.startswith(start) else script(prompt, sample)

    options = {"count": 1, "prefixes": False, "tables": False}
    rows, thrown, _ = run_pipeline(tmp_path, ScriptedEngine(broken), pipeline="resocratic", **options)
    assert rows["default"] == []
    (one,) = thrown
    assert one["stage"] == stage
    assert reason in one["reason"]


def test_the_demonstrations_have_the_optima_computed_by_hand():
    assert faults(*OPTIMA) == ["", "", ""]
    assert [scenario.linear for scenario in (BAKERY, FEED, THEATRE)] == [True, True, False]


def test_numbers_that_are_no_optimum_are_refused():
    cases = [(scenario, {**found, name: value}) for (scenario, found), name, value in (
        (OPTIMA[0], "the maximum of the objective", 255.001),
        (OPTIMA[0], "number of rye loaves", 31.0),
        (OPTIMA[0], "number of rye loaves", 29.5),
        (OPTIMA[1], "kilograms of beans", 199.0),
        (OPTIMA[2], "number of rows", 14.0),
    )]  # fmt: skip
    cases.append(
        (THEATRE, {"the maximum of the objective": 448.0, "number of rows": 14.0, "number of seats in a row": 32.0})
    )
    infeasible = "the printed point is not feasible with the printed value"
    assert faults(*cases) == [
        infeasible,
        infeasible,
        "number of rye loaves: 29.5 is no integer",
        infeasible,
        infeasible,
        "a better point exists",
    ]


def test_only_the_valid_beginning_of_a_scenario_is_read():
    text = DEMONSTRATIONS[0]
    assert read_scenario(text, 1).relations == ["x >= 0", "y >= 0", "3x + 5y <= 240"]
    assert read_scenario(text.replace("// y <= 30", "// z <= 30")).relations == read_scenario(text, 1).relations
    assert read_scenario(text.replace("// y <= 30", "y <= 30")).text == read_scenario(text, 1).text
    assert read_scenario(text.replace("Constraint-2", "Constraint-3")).text == read_scenario(text, 1).text
    assert THEATRE.relations == ["1 <= r", "r <= 40", "1 <= n", "n <= 40", "2r + n <= 60"]
    two = text.replace("// y <= 30", "// 1 ≤ y <= 30; x >= 2, x <= 9")
    assert read_scenario(two).constraints[1] == ("1 <= y", "y <= 30", "x >= 2", "x <= 9")
    goal = text.replace("// Maximize", "// So, the objective function is: Maximize")
    assert read_scenario(goal).objective == BAKERY.objective
    binary = text.replace('"y >= 0", "type": "integer"', '"y = 0 or 1", "type": "binary"')
    assert read_scenario(binary).ranges == ("x >= 0", "y >= 0", "y <= 1")
    many = text + "".join(f"\n\n## Generate Constraint-{number}:\nMore.\n// y <= {number}" for number in range(3, 10))
    assert len(read_scenario(many).constraints) == 5


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("## Define Variables:", "## Variables:", "does not begin"),
        ('"x", "range"', '"pi", "range"', "'pi' is no symbol"),
        ('"y", "range"', '"x", "range"', "two variables have one symbol"),
        ('"type": "integer"', '"type": "colour"', "of type 'colour'"),
        ('{"number of rye loaves"', '{"number: of loaves"', "no plain description"),
        ('// {"number of rye loaves"', '// [{"number of rye loaves"', "no JSON object"),
        ("// Maximize 2.5x + 6y", "// Profit = 2.5x + 6y", "the objective is not"),
        ("2.5x + 6y", "2.5x + 6q", "'q', which is no variable"),
        ("2.5x + 6y", "sin(x)", "more than polynomials"),
        ("2.5x + 6y", "__import__('os')", "unexpected"),
        ("3x + 5y <= 240", "3x + 5y", "no relation"),
        ("3x + 5y <= 240", "(" * 5000 + " <= 1", "a formal line:"),
    ],
)
def test_malformed_scenarios_are_named(old, new, words):
    text = DEMONSTRATIONS[0].replace(old, new)
    assert text != DEMONSTRATIONS[0]
    with pytest.raises(ScenarioError, match=words):
        read_scenario(text)
