"""The numeric rules of STP's section 4, each against a table computed by hand, and its small acceptance ideas."""

from __future__ import annotations

from math import exp
from random import Random

import numpy as np
import pytest

from reasoning.selfplay.conjecturer_set import (
    ConjectureResult,
    elegance,
    elegant,
    one_of_each_text,
    usable,
    uses_lemma,
    within_window,
)
from reasoning.selfplay.inputs import Seed, choose_inputs, multiplicity
from reasoning.selfplay.prover_set import final_examples, in_buffer, prover_examples, prover_weight
from reasoning.selfplay.records import Attempts, Conjecture, Proof, Statement
from reasoning.selfplay.selection import (
    attempts_of,
    distinct_conjectures,
    prover_targets,
    random_subset,
    statement_key,
    with_counts,
)
from reasoning.selfplay.weighting import match, matching_weight


class Draws(Random):
    """Says what `random()` gives, and shuffles nothing."""

    def __init__(self, value):
        super().__init__(0)
        self.value = value

    def random(self):
        return self.value

    def shuffle(self, items):
        pass


def statement(name, **changes):
    return Statement(name, f"theorem {name} : {name} = {name} := by", **changes)


def seed(name, premises=(), rate=0.5, **changes):
    return Seed(statement(name, **changes), Proof(name, "  rfl", 1, "passed", tuple(premises)), rate)


def result(name, lemma="", rate=(1, 8), proofs=("  rfl",), premises=(), text=None):
    conjecture = Conjecture(name, text or f"theorem {name} : {name} = 1 := by", "", "s", lemma, "")
    made = tuple(Proof(name, proof, 1, "passed", tuple(premises)) for proof in proofs)
    return ConjectureResult(conjecture, Attempts(name, rate[1], rate[0]), made)


# --- step 1: the conjecturer's inputs


def test_an_input_for_each_lemma_of_a_proof_and_one_without_in_half_of_the_cases():
    pool = [seed("a", ["L1", "L2"]), seed("b", ["L1"])]
    without = choose_inputs(pool, 100, Draws(0.5))
    assert [(one.seed, one.lemma) for one in without] == [("a", "L1"), ("a", "L2"), ("b", "L1")]
    both = choose_inputs(pool, 100, Draws(0.49))
    assert [(one.seed, one.lemma) for one in both] == [
        ("a", "L1"), ("a", "L2"), ("a", ""), ("b", "L1"), ("b", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(("rate", "chosen"), [(0.0, 0), (0.35, 0), (0.3501, 1), (1.0, 1)])
def test_a_seed_has_been_proved_in_more_than_035_of_the_samples(rate, chosen):
    assert len(choose_inputs([seed("a", ["L"], rate)], 100, Draws(0.9))) == chosen


def test_conjectures_are_no_seeds():
    assert choose_inputs([seed("a", ["L"], conjecture=True)], 100, Draws(0.1)) == []


def test_statement_and_lemma_occur_together_once():
    pool = [seed("a", ["L"]), Seed(statement("a"), Proof("a", "  simp", 1, "passed", ("L", "M")), 0.5)]
    assert [one.lemma for one in choose_inputs(pool, 100, Draws(0.9))] == ["L", "M"]
    assert [one.lemma for one in choose_inputs(pool, 100, Draws(0.1))] == ["L", "", "M"]


def test_a_lemma_and_none_occur_in_a_tenth_of_n_at_most():
    pool = [seed(f"s{number}", ["L"]) for number in range(30)]
    chosen = choose_inputs(pool, 57, Draws(0.1))
    assert [one.lemma for one in chosen].count("L") == 5
    assert [one.lemma for one in chosen].count("") == 5
    assert len(choose_inputs(pool, 5, Draws(0.9))) == 1


def test_there_are_n_inputs_at_most():
    pool = [seed(f"s{number}", [f"L{number}"]) for number in range(30)]
    assert len(choose_inputs(pool, 12, Draws(0.9))) == 12


@pytest.mark.parametrize(
    ("statements", "inputs", "copies"),
    [(100, 0, 0), (100, 400, 1), (100, 100, 3), (100, 101, 2), (100, 60, 5), (100, 38, 7), (100, 37, 8), (100, 1, 8)],
)
def test_multiplicity(statements, inputs, copies):
    assert multiplicity(statements, inputs) == copies


# --- step 2: conjectures


def conjecture(name, text, header=""):
    return Conjecture(name, text, header, "s", "", "")


def test_blanks_and_names_make_no_new_conjecture_and_headers_do():
    known = [Statement("k", "theorem k (n : Nat) :\n  n = n := by")]
    made = [
        conjecture("1", "theorem other (n : Nat) : n = n := by"),
        conjecture("2", "theorem x (n : Nat) : n + 0 = n := by"),
        conjecture("3", "theorem y (n : Nat) :  n+0 = n := by"),
        conjecture("4", "theorem y (n : Nat) : n + 0 = n := by", "open Nat"),
        conjecture("5", "theorem y (m : Nat) : m + 0 = m := by"),
    ]
    assert [one.id for one in distinct_conjectures(made, known)] == ["2", "4"]
    assert statement_key("a b", "theorem n (x : Nat) : x = x := by")[0] == "ab"


def test_a_random_subset_keeps_the_order_and_is_all_where_there_are_few():
    made = [conjecture(str(number), f"theorem t : {number} = 1 := by") for number in range(10)]
    assert random_subset(made, 10, Random(0)) == made
    some = random_subset(made, 4, Random(0))
    assert len(some) == 4
    assert some == sorted(some, key=lambda one: int(one.id))
    assert some != random_subset(made, 4, Random(1))


# --- step 3: targets


def test_the_prover_is_asked_what_is_not_proved_or_seldom():
    dataset = [statement(name) for name in ("new", "seldom", "often", "edge")]
    rates = {"seldom": 0.34, "often": 0.9, "edge": 0.35}
    proved = {"seldom", "often", "edge", "c1"}
    conjectures = [statement("c1", conjecture=True), statement("c2", conjecture=True)]
    seldom = prover_targets(dataset, conjectures, proved, rates, Draws(0.05), "seldom")
    assert [one.id for one in seldom] == ["new", "seldom", "c2"]
    again = prover_targets(dataset, conjectures, proved, rates, Draws(0.049), "seldom")
    assert [one.id for one in again] == ["new", "seldom", "often", "edge", "c2"]
    assert prover_targets(dataset, [], proved, rates, Draws(0.9), "all") == dataset
    assert [one.id for one in prover_targets(dataset, [], proved, rates, Draws(0.0), "unproved")] == ["new"]


# --- steps 4 and 6 a: rates


def test_thirty_copies_of_a_wrong_proof_and_a_right_one_make_one_in_31():
    counts = with_counts(["  simp"] * 30 + ["  rfl"])
    assert counts == {"  simp": 30, "  rfl": 1}
    proofs = [Proof("s", text, count, "passed" if text == "  rfl" else "wrong") for text, count in counts.items()]
    attempts = attempts_of("s", proofs)
    assert (attempts.samples, attempts.correct, attempts.rate) == (31, 1, 1 / 31)
    assert attempts_of("s", []).rate == 0


@pytest.mark.parametrize(
    ("correct", "samples", "kept"),
    [(0, 32, False), (1, 32, True), (7, 32, True), (8, 32, False), (9, 32, False), (32, 32, False)],
)
def test_the_window(correct, samples, kept):
    assert within_window(correct / samples) is kept


def test_a_toy_prover_of_known_rates_gives_exactly_the_window():
    probabilities = {f"c{number}": number / 20 for number in range(21)}
    results = [result(name, rate=(round(20 * p), 20)) for name, p in probabilities.items()]
    kept = usable(results, Random(0))
    assert [one.conjecture.id for one in kept] == ["c1", "c2", "c3", "c4"]


# --- step 6 b and c: the lemma


@pytest.mark.parametrize(
    ("lemma", "premises", "used"), [("L", ("L", "M"), True), ("L", ("M",), False), ("", (), True), ("L", (), False)]
)
def test_a_lemma_is_used_by_a_correct_proof(lemma, premises, used):
    assert uses_lemma(result("c", lemma, premises=premises)) is used


def test_without_a_proof_no_lemma_is_used():
    assert not uses_lemma(result("c", "", proofs=()))


def test_those_that_do_not_use_their_lemma_come_last_and_lose_it():
    kept = usable([result("a", "L"), result("b", "L", premises=["L"]), result("c", "M", rate=(1, 2))], Random(0))
    assert [(one.conjecture.id, one.conjecture.lemma) for one in kept] == [("b", "L"), ("a", "")]


@pytest.mark.parametrize(("using", "most"), [(0, 4096), (204, 4096), (205, 4100), (300, 5000)])
def test_relabelled_ones_are_at_most_20_for_each_or_4096(using, most):
    user, other = result("u", "L", premises=["L"]), result("o", "L")
    kept = usable([user] * using + [other] * 5000, Random(0))
    assert len(kept) == using + most


def test_one_example_for_each_text():
    same = "theorem x : 1 = 1 := by"
    kept = one_of_each_text([result("a", text=same), result("b", text=same.replace(" ", "  ")), result("c")])
    assert [one.conjecture.id for one in kept] == ["a", "c"]


# --- step 6 e: elegance


def test_elegance_is_the_shortest_proof_over_the_statement():
    one = result("a", proofs=("12345", "123456789"), text="theorem a : 1 := by")
    assert elegance(one) == 5 / 19


def test_the_least_elegant_fifth_of_each_lemma_is_dropped():
    text = "theorem {} : 1234567 := by"  # the same length for each
    group = [
        result(f"x{number}", "L", proofs=("p" * length,), text=text.format(f"x{number}"))
        for number, length in enumerate((10, 20, 30, 40, 50, 60))
    ]
    single = result("y0", "M", proofs=("p",), text=text.format("y0"))
    # Positions 0 to 5; the quantile is at 1, so 20: only 10 is below it.
    assert [one.conjecture.id for one in elegant([*group, single])] == ["x1", "x2", "x3", "x4", "x5", "y0"]
    # Of four at 0.6: 10 + 0.6 * 10 = 16.
    assert [one.conjecture.id for one in elegant(group[:4])] == ["x1", "x2", "x3"]
    # Alike ones are all kept.
    assert len(elegant([group[0], group[0]])) == 2


# --- step 6 f: weights


def unit(*angles):
    return np.array([[np.cos(angle), np.sin(angle)] for angle in angles])


def test_each_unproved_statement_gives_its_share_to_the_nearest():
    conjectures = unit(0.0, 0.5, 1.0, 1.5)
    unproved = unit(0.1, 0.9)
    # N/M = 4/2 for one each.
    assert match(conjectures, unproved, [1, 1], 3.0, Draws(0)).tolist() == [2, 0, 2, 0]
    # N/M = 4/4: the two nearest of each; 0.5 is second for both.
    assert match(conjectures, unproved, [2, 2], 3.0, Draws(0)).tolist() == [1, 2, 1, 0]


def test_a_full_conjecture_passes_on_what_it_would_get():
    conjectures = unit(0.0, 0.5, 3.0)
    unproved = unit(0.0, 0.0, 0.0)
    # N/M = 1 each; the first is full after one.
    assert match(conjectures, unproved, [1, 1, 1], 1.0, Draws(0)).tolist() == [1, 1, 1]
    assert match(conjectures, unproved, [1, 1, 1], 2.0, Draws(0)).tolist() == [2, 1, 0]
    # More asked for than there are: N/M = 3/15.
    assert match(conjectures, unproved, [5, 5, 5], 3.0, Draws(0)).tolist() == pytest.approx([0.6, 0.6, 0.6])


def test_masked_ones_are_passed_over_where_similarities_are_negative():
    # A mask by 0 would be the largest similarity here.
    conjectures, unproved = unit(3.0, 3.1), unit(0.0, 0.0)
    assert match(conjectures, unproved, [1, 1], 1.0, Draws(0)).tolist() == [1, 1]


def test_weights_vanish_on_the_cluster_without_unproved_statements():
    generator = np.random.default_rng(0)
    near = unit(*generator.normal(0.0, 0.05, 50))
    far = unit(*generator.normal(2.0, 0.05, 50))
    weights = match(np.concatenate([near, far]), unit(*generator.normal(0.0, 0.05, 40)), [1] * 40, 3.0, Random(0))
    assert weights[50:].tolist() == [0] * 50
    assert weights.sum() == pytest.approx(100)
    assert weights.max() < 3 + 100 / 40
    # With a cap of 1 the near cluster cannot take all of it.
    capped = match(np.concatenate([near, far]), unit(*generator.normal(0.0, 0.05, 100)), [1] * 100, 1.0, Random(0))
    assert capped.tolist() == [1] * 100


def test_everything_proved_weighs_alike():
    assert match(unit(0.0, 1.0), unit(), [], 3.0, Random(0)).tolist() == [1, 1]
    assert match(np.zeros((0, 2)), unit(0.0), [1], 3.0, Random(0)).tolist() == []


@pytest.mark.parametrize(
    ("round", "validation", "weight"), [(0, False, 1), (99, False, 1), (0, True, 1), (23, True, 1), (24, True, 128)]
)
def test_a_validation_set_weighs_more_later(round, validation, weight):
    assert matching_weight(round, validation, late_round=24, late_weight=128) == weight


# --- step 7 and the final training


def proof(name, text, round=0, kind="passed", seconds=0.0):
    return Proof(name, text, 1, kind, (), seconds, round)


@pytest.mark.parametrize(
    ("found", "round", "emptied", "held"),
    [
        (5, 5, 0, True),
        (4, 5, 0, True),
        (3, 5, 0, True),
        (2, 5, 0, False),
        (6, 5, 0, False),
        (3, 5, 4, False),
        (0, 1, 0, True),
    ],
)
def test_the_buffer_holds_three_rounds_and_is_emptied(found, round, emptied, held):
    assert in_buffer(proof("a", "x", found), round, emptied) is held


def test_the_weight_of_a_proof():
    assert prover_weight(0, 0.0, 1) == 1
    assert prover_weight(1000, 100.0, 4) == pytest.approx(exp(-1) * exp(-1) / 4)
    assert prover_weight(200, 3.0, 1) == pytest.approx(0.8187308 * 0.9704455)


def test_the_prover_learns_from_what_is_proved_in_at_most_half_of_the_samples():
    statements = {name: statement(name) for name in "abc"}
    proofs = [
        proof("a", "  one"), proof("a", "  one", 1), proof("a", "  two"), proof("b", "  rfl"), proof("c", "  rfl"),
        proof("c", "  bad", kind="wrong"),
    ]  # fmt: skip
    rates = {("a", 0): 0.1, ("a", 1): 0.3, ("b", 0): 0.51, ("c", 0): 0.5}
    examples = prover_examples(statements, proofs, rates)
    assert [(one.statement, one.completion) for one in examples] == [
        ("a", "\n  one\n```"), ("a", "\n  two\n```"), ("c", "\n  rfl\n```"),
    ]  # fmt: skip
    assert [one.weight for one in examples] == pytest.approx([exp(-0.005) / 2, exp(-0.005) / 2, exp(-0.005)])
    assert examples[0].prompt.endswith("theorem a : a = a := by")


def test_the_final_training_takes_sixteen_proofs_and_hard_conjectures():
    statements = {
        "a": statement("a"), "easy": statement("easy", conjecture=True), "hard": statement("hard", conjecture=True)
    }  # fmt: skip
    proofs = [proof("a", f"  exact {number:02}") for number in range(20)] + [
        proof("easy", "  rfl"),
        proof("hard", "  rfl"),
    ]
    rates = {("a", 0): 1.0, ("easy", 0): 0.26, ("hard", 0): 0.25}
    examples = final_examples(statements, proofs, rates)
    assert [one.statement for one in examples] == ["a"] * 16 + ["hard"]
    assert examples[0].weight == pytest.approx(exp(-0.010))
    assert len(final_examples(statements, proofs, rates, most=None)) == 21
