import asyncio
import json
from dataclasses import replace

import pytest
from scripted_engine import ScriptedEngine
from typer.testing import CliRunner

from reasoning.cli.commands import app
from reasoning.discovery.llm import Settings, search
from reasoning.discovery.proposals import MAX_PROPOSALS, Proposal, read_proposals
from reasoning.discovery.units import DiscoveryError
from reasoning.engines.base import Completion, PromptTooLongError

SETTINGS = Settings(constants=("e", "pi"), rounds=2, samples=2, height=6)


def run(directory, engine, settings=SETTINGS, **options):
    return asyncio.run(search(settings, directory, engine=engine, jobs=1, quiet=True, **options))


def answers(call):
    if '"4*n+2"' in call.turn:
        return '{"a": "2*n+1", "b": "n**2"}'
    proposed = '{"a": "4*n+2", "b": "1"}\n{"a": "n+k", "b": "n", "k": [0, 1]}'
    return proposed + ' and {"a": "n+7", "b": "n**2+1", "value": "pi"}'


def test_accepted_proposals_are_verified_and_shown_in_the_next_round(tmp_path):
    engine = ScriptedEngine(answers)
    outcome = run(tmp_path / "run", engine)
    found = {(one.a, one.b): one.value for one in outcome.conjectures}
    assert set(found) == {("4*n+2", "1"), ("n", "n"), ("n+1", "n"), ("2*n+1", "n**2")}
    assert found["2*n+1", "n**2"] == "4/pi"
    assert "n+3" in engine.calls[0].turn
    assert '"4*n+2"' not in engine.calls[0].turn
    assert '"4*n+2"' in engine.calls[-1].turn
    # The model's own claim of pi was judged, and is false.
    assert outcome.counts["met"] == 5
    assert outcome.counts["verified"] == 4


def test_a_stopped_search_asks_nothing_twice_and_ends_the_same(tmp_path):
    run(tmp_path / "whole", ScriptedEngine(answers))

    def failing(call):
        return KeyboardInterrupt() if '"4*n+2"' in call.turn else answers(call)

    first = ScriptedEngine(failing)
    with pytest.raises((KeyboardInterrupt, BaseExceptionGroup)):
        run(tmp_path / "broken", first)
    second = ScriptedEngine(answers)
    run(tmp_path / "broken", second, resume=True)
    assert all('"4*n+2"' in call.turn for call in second.calls)
    for name in ("catalogue.jsonl", "metrics.json"):
        assert (tmp_path / "broken" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_a_forced_call_proposes_fractions_and_families(tmp_path):
    arguments = {
        "fractions": [
            {"a": [1, 2], "b": [0, 0, 1]},
            {"a": [0, 1], "b": [0, -1], "a_step": [1], "k": [3, 4]},
            {"a": [0], "b": [1]},
        ]
    }
    call = {"id": "1", "name": "propose_fractions", "arguments": json.dumps(arguments)}
    requests = []

    class Engine(ScriptedEngine):
        async def complete(self, request):
            requests.append(request)
            return await super().complete(request)

    engine = Engine(lambda call_: Completion("", meta={"tool_calls": [call]}))
    outcome = run(tmp_path / "run", engine, replace(SETTINGS, structured=True, rounds=1))
    assert {(one.a, one.b) for one in outcome.conjectures} == {("2*n+1", "n**2"), ("n+3", "-n"), ("n+4", "-n")}
    (tool,) = map(json.loads, requests[0].tools)
    assert requests[0].tool_choice == tool["function"]["name"] == "propose_fractions"
    assert "Call the tool" in requests[0].messages[0].content
    assert "JSON object a line" not in requests[0].messages[0].content


def test_a_model_with_a_small_context_gets_a_short_prompt(tmp_path):
    def short_only(call):
        return PromptTooLongError("too long") if len(call.turn) > 400 else '{"a": "4*n+2", "b": "1"}'

    engine = ScriptedEngine(short_only)
    outcome = run(tmp_path / "run", engine, replace(SETTINGS, rounds=1))
    assert [(one.a, one.b) for one in outcome.conjectures] == [("4*n+2", "1")]
    assert '"2*n+1"' in engine.calls[-1].turn
    always = ScriptedEngine(lambda call: PromptTooLongError("too long"))
    with pytest.raises(PromptTooLongError):
        run(tmp_path / "never", always, replace(SETTINGS, rounds=1))


def test_replies_that_mean_harm_propose_nothing():
    hostile = [
        "", "{" * 50_000, '{"a":' * 20_000, "x" * 10**6, '{"a": "n**1000000", "b": "1"}', '{"a": "' + "9" * 10**5 + '", "b": "n"}',
        '{"a": ' + "9" * 4000 + ', "b": "n"}', '{"a": "' + "(" * 300 + "n" + ")" * 300 + '", "b": "n"}', '{"a": "sin(n)", "b": "n"}',
        '{"a": "1/n", "b": "n"}', '{"a": "n/2", "b": "n"}', '{"a": "0", "b": "n"}', '{"a": ["n"], "b": null}', '{"a": true, "b": "n"}',
        '{"a": "1001*n", "b": "n"}', '{"a": "n+k", "b": "n", "k": [5, 1]}', '{"a": "n+k", "b": "n", "k": "1"}', '{"a": "n+k", "b": "n"}',
        '{"a": "__import__(1)", "b": "n"}', '{"a": "n", "b": "n", "value": "os.system(1)"}', '{"a": NaN, "b": "n"}', "[1e999]",
        '{"a": [1, 1.5], "b": [1]}', '{"a": [true], "b": [1]}', '{"a": [1001], "b": [1]}', '{"a": [], "b": [1]}', '{"a": [[1]], "b": [1]}',
        '{"a": [1, 1, 1, 1, 1, 1, 1, 1], "b": [1]}', '{"a": [1], "b": [1], "a_step": "n", "k": [1, 2]}', '{"a": [1], "b": [1], "a_step": [1e9], "k": [1, 2]}',
    ]  # fmt: skip
    assert [text[:40] for text in hostile if read_proposals(text)] == []
    # Families and lists are cut, not refused.
    assert len(read_proposals('{"a": "n+k", "b": "n", "k": [1, 1000]}')) == MAX_PROPOSALS
    assert read_proposals('[{"a": "n", "b": "n"}, {"a": "n", "b": "n"}]') == [Proposal((0, 1), (0, 1))]


def test_a_closed_form_that_takes_too_long_is_not_accepted(tmp_path):
    reply = '{"a": "n+3", "b": "n+5", "value": "exp(exp(exp(9)))"} {"a": "n+2", "b": "n+7", "value": "pi"}'
    outcome = run(
        tmp_path / "run", ScriptedEngine(lambda call: reply), Settings(constants=("pi",), rounds=1, samples=1)
    )
    assert outcome.conjectures == []
    assert outcome.counts["met"] == 2


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (Settings(constants=()), "constants"),
        (Settings(constants=("foo(",)), "constants"),
        (Settings(rounds=0), "rounds"),
        (Settings(height=99), "height"),
        (Settings(digits=12), "accidental"),
    ],
)
def test_settings_out_of_range_are_named(tmp_path, settings, message):
    with pytest.raises(DiscoveryError, match=message):
        run(tmp_path / "run", ScriptedEngine(answers), settings)


@pytest.mark.slow
def test_the_built_in_model_goes_through_the_whole_search(tmp_path):
    pytest.importorskip("torch")
    out = tmp_path / "run"
    arguments = [
        "--engine",
        "nano",
        "--rounds",
        "2",
        "--samples",
        "2",
        "--max-tokens",
        "64",
        "--quiet",
        "--out",
        str(out),
    ]
    result = CliRunner().invoke(app, ["discover", "llm", *arguments])
    assert result.exit_code == 0, result.output
    assert json.loads((out / "metrics.json").read_text())["replies"] == 4
    assert (out / "catalogue.html").exists()
