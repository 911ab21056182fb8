"""Drafts of theorems: templates, variation, grammars, and the corpus that Lean makes of them."""

import asyncio
import random
import re

import pytest

from reasoning.data_files import data_file
from reasoning.proving import generated
from reasoning.proving.drafts import Draft, canonical, named, read_templates, vary
from reasoning.proving.held_out import core_theorems, is_held_out, statement_key
from reasoning.proving.prompts import TRIVIAL_LEMMA, cut_proof, statement_from_conjecture
from reasoning.training.prover_corpus import (
    CONJECTURE_NAME,
    CORE,
    TEMPLATES_NAME,
    Proved,
    conjecturer_examples,
    judged,
    make_plan,
)
from verifiers.proofs.records import ProofReport
from verifiers.records import RecordError, Status

TEMPLATE = Draft(
    "theorem order (a b c : Nat) (h : a + $K ≤ b) : c * a ≤ c * b := by", ("  exact use a b c h $K $(K*M)",), "order"
)


def test_templates_are_read_in_blocks():
    text = (
        "-- a remark\n\ntheorem one : 1 = 1 := by\n  rfl\n--or\n  simp\n\ntheorem two : 2 = 2 := by\n  intro h\n  rfl\n"
    )
    one, two = read_templates(text)
    assert (one.statement, one.proofs) == ("theorem one : 1 = 1 := by", ("  rfl", "  simp"))
    assert (two.family, two.proofs) == ("two", ("  intro h\n  rfl",))


def test_no_shipped_template_is_unreadable_or_double():
    templates = read_templates(data_file(TEMPLATES_NAME).read_text(encoding="utf-8"))
    assert len({template.family for template in templates}) == len(templates) == 222
    assert all(proof.startswith("  ") for template in templates for proof in template.proofs)


@pytest.mark.parametrize("seed", range(30))
def test_a_variation_binds_what_it_uses_and_changes_statement_and_proof_alike(seed):
    varied = vary(TEMPLATE, random.Random(seed))
    assert "$" not in varied.statement + varied.proofs[0]
    head = re.match(
        r"theorem order \(([a-z ]+) : Nat\) \(h : (.+) \+ (\d+) ≤ (.+)\) : (.+) \* \2 ≤ \5 \* \4 := by$",
        varied.statement,
    )
    assert head, varied.statement
    names, a, number, b, c = head.groups()
    used = re.findall(r"\b[a-z]\b", f"{a} {b} {c}")
    assert set(used) == set(names.split())
    assert len(set(names.split())) == len(names.split())
    proof = re.fullmatch(r"  exact use (.+) h (\d+) (\d+)", varied.proofs[0])
    assert proof.group(1) == f"{a} {b} {c}"
    assert proof.group(2) == number
    assert int(proof.group(3)) % int(number) == 0


def test_variations_differ():
    assert len({vary(TEMPLATE, random.Random(seed)).statement for seed in range(30)}) > 20


@pytest.mark.parametrize("family", generated.FAMILIES)
def test_what_grammars_compute_is_true_where_it_can_be_evaluated(family):
    """Identities and bounds over numbers are evaluated at random places; each family names its theorem."""
    stream = random.Random(7)
    for _ in range(20):
        draft = family(stream)
        assert draft.statement.startswith("theorem ")
        assert draft.statement.endswith(" := by")
        assert all(proof.startswith("  ") for proof in draft.proofs)
        goal = _python_of(draft.statement)
        if goal is None:
            continue
        variables, text = goal
        for _ in range(5):
            values = {name: stream.randint(0, 20) for name in variables}
            assert eval(text, {"min": min}, values), draft.statement


def _python_of(statement):
    """Variables and goal of a hypothesis-free equation or inequality over numbers, as Python; None for others."""
    found = re.fullmatch(r"theorem (?:linear_identity|polynomial|remainder) \(([\w ]+) : \w+\) : (.+) := by", statement)
    if not found or "∣" in found.group(2) or "∃" in found.group(2):
        return None
    text = found.group(2).replace("^", "**").replace("/", "//").replace("≤", "<=")
    return found.group(1).split(), re.sub(r"(?<![<>=])=(?!=)", "==", text)


def test_a_plan_holds_no_held_out_theorem_and_few_renamings():
    renamed = [
        Draft(named(problem.text("statement"), "smuggled"), ("  simp",), "given")
        for problem in core_theorems()
        if is_held_out(problem.text("statement"))
    ]
    plan = make_plan(1, 150, 150, renamed[:10])
    assert not any(is_held_out(draft.statement) for draft in plan)
    assert sum(draft.family == CORE for draft in plan) == 289
    keys = [statement_key(draft.statement) for draft in plan]
    assert max(map(keys.count, set(keys))) <= 3
    assert plan == make_plan(1, 150, 150)


class Judge:
    """A bridge that accepts the proofs it is given."""

    def __init__(self, right):
        self.right = right
        self.asked = []

    async def check(self, task, proof, limits):
        if "unreadable" in task.statement:
            raise RecordError("statement", "unreadable")
        self.asked.append(proof)
        assert task.premises
        right = proof in self.right
        return ProofReport(Status.PASSED if right else Status.WRONG, premises=("Nat.succ",) if right else ())


def test_only_accepted_proofs_are_kept_and_as_many_as_wanted():
    drafts = [
        Draft("theorem one : 1 = 1 := by", ("  a", "  b", "  c", "  d"), "f"),
        Draft("theorem two : 2 = 2 := by", ("  b", "  a"), "f"),
        Draft("theorem unreadable : 2 = 2 := by", ("  a",), "f"),
        Draft("theorem three : 3 = 3 := by", ("  x", "  y", "  z", "  a"), "f"),
    ]
    judge = Judge({"  a", "  c", "  d"})

    async def run():
        return [one async for one in judged(judge, drafts, proofs=2)]

    one, two, unreadable, three = asyncio.run(run())
    assert [row.proof for row in one.proved] == ["  a", "  c"]
    assert one.refused == ("wrong",)
    assert two.proved == (Proved("theorem two : 2 = 2 := by", "  a", "f", ("Nat.succ",)),)
    assert unreadable.refused == ("statement",)
    assert (three.proved, three.refused) == ((), ("wrong", "wrong", "wrong"))


def test_conjectures_go_from_short_proofs_to_longer_ones_of_a_shared_lemma_or_family():
    shared, alone = "Nat.mul_le_mul_left", "Nat.succ"
    rows = [
        Proved("theorem one (a b c : Nat) (h : a ≤ b) : c * a ≤ c * b := by", "  exact it", "f", (shared, "eq_self")),
        Proved("theorem two (n m : Nat) (h : n ≤ m) : 2 * n ≤ 2 * m := by", "  have it := 1\n  omega", "g", (shared,)),
        Proved("theorem renamed (x y : Nat) (h : x ≤ y) : 2 * x ≤ 2 * y := by", "  have it := 1\n  omega", "g"),
        Proved("theorem three : 1 = 1 := by", "  rfl", "h", (alone, "eq_self")),
        Proved("theorem four : 2 = 2 := by", "  decide", "h"),
    ]
    lemmas = {shared: f"theorem {shared} : 0 = 0", alone: f"theorem {alone} : 0 = 0"}
    examples = conjecturer_examples(rows, lemmas, 40, seed=1)
    made = {
        (example.prompt.split("<lemma>\n")[1].split("\n")[0], statement_from_conjecture(example.completion))
        for example in examples
    }
    assert made == {
        (lemmas[shared], "theorem conjecture (a b : Nat) (h : a ≤ b) : 2 * a ≤ 2 * b := by"),
        (TRIVIAL_LEMMA, named(rows[4].statement, CONJECTURE_NAME)),
    }
    assert all(cut_proof(example.prompt.partition("lean4\n")[2]).endswith(" theorem") for example in examples)


def test_a_cast_is_no_binder():
    template = Draft("theorem cast (a b : Nat) (h : (a : Int) < b) : (b : Int) + a < 2 * b := by", ("  omega",), "cast")
    for seed in range(10):
        varied = vary(template, random.Random(seed)).statement
        assert varied.count("(h : (") == 1, varied
        assert varied.count(": Nat)") == 1, varied
        assert varied.count(" : Int)") == 2, varied


def test_canonical_names_are_the_first_of_their_types_and_capture_nothing():
    statement = "theorem t (n m : Nat) (xs : List Nat) (h : n ≤ m) : xs.map (fun a => a + n) = xs.map (· + n) := by"
    assert canonical(statement) == (
        "theorem t (b c : Nat) (xs : List Nat) (h : b ≤ c) : xs.map (fun a => a + b) = xs.map (· + b) := by"
    )
    assert canonical("theorem t (b a : Nat) : b + a = a + b") == "theorem t (a b : Nat) : a + b = b + a := by"
