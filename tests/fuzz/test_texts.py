"""Texts of models: programs, answers, proofs and pages made of them; nothing raises, runs or becomes markup."""

from __future__ import annotations

import html.parser

from fuzzing import attempt, run, sizes, texts
from hypothesis import strategies as st

from reasoning.discovery.mathml import form_to_mathml
from reasoning.discovery.page import page
from reasoning.pages.printable import printable
from verifiers.answers import judge, read
from verifiers.answers.extract import extract
from verifiers.extraction import extract_program, extract_solution
from verifiers.proofs.coq.text import UnreadableText, sentences
from verifiers.proofs.lean import guard
from verifiers.proofs.lean.text import blank_comments_and_strings, source_of, split_statement
from verifiers.records import RecordError

CODE = st.lists(
    st.sampled_from(["```", "```python\n", "def f(x):\n", "    return x\n", "\n", "'''", '"', "(", ")", "#", "\\\n", "f(", "lambda", "x = 1\n", "\t", "\0", "\ud800", "~~~"]),
    max_size=14,
).map("".join)  # fmt: skip
LATEX = st.lists(
    st.sampled_from([r"\boxed{", "}", "{", r"\frac", r"\sqrt[", "]", "$", "^", "_", "(", ")", "1", "x", "/", r"\left", r"\text{", "-", "\\", r"\begin{pmatrix}", "&", r"\\", ",", "Answer: ", "####", "%", "\ud800", "²", "½", "١"]),
    max_size=14,
).map("".join)  # fmt: skip
PROOF = st.lists(
    st.sampled_from(["theorem", " a", " : ", "True", ":=", " by", "\n", "--", "/-", "-/", '"', "r#\"", "#", "'", "«", "»", "end", "namespace X", "trivial", "\\", "(*", "*)", ".", "sorry", "\0"]),
    max_size=14,
).map("".join)  # fmt: skip


@sizes(60, 1_000)
def test_any_reply_holds_a_program_or_none(examples):
    def check(text):
        program = extract_program(text, prompt="def f(x):\n", entry_point="f")
        assert program is None or isinstance(program, str)
        extract_solution(text)

    run(examples, st.one_of(CODE, texts()), check)


@sizes(60, 700)
def test_any_answer_is_judged(examples):
    def check(case):
        gold, text = case
        for place in extract(text):
            read(place.text)
        assert judge(gold, text).passed in (True, False)

    run(examples, st.tuples(st.one_of(LATEX, st.just("4")), st.one_of(LATEX, texts())), check)


@sizes(80, 1_300)
def test_any_proof_s_text_keeps_its_length_when_comments_go(examples):
    def check(text):
        blanked = blank_comments_and_strings(text)
        assert len(blanked) == len(text)
        assert blanked.count("\n") == text.count("\n")
        assert isinstance(guard.refusal(text), str)
        attempt(UnreadableText, sentences, text)

    run(examples, st.one_of(PROOF, texts()), check)


@sizes(60, 1_000)
def test_any_statement_is_split_or_refused(examples):
    def check(case):
        statement, candidate = case
        found = attempt(RecordError, split_statement, statement)
        if found is not None:
            attempt(RecordError, source_of, found, candidate, "")

    statements = st.one_of(PROOF, PROOF.map(lambda text: f"theorem a : True {text} := by"), texts())
    run(examples, st.tuples(statements, st.one_of(PROOF, texts())), check)


class Tags(html.parser.HTMLParser):
    """Collects what a browser would take for markup."""

    def __init__(self):
        super().__init__()
        self.found = set()

    def handle_starttag(self, tag, attrs):
        self.found.add(tag)
        self.found |= {f"{tag} {name}" for name, _ in attrs if name.startswith("on") or name in ("src", "href")}


TAGS = {
    "html", "head", "meta", "title", "style", "body", "h1", "p", "article", "div", "math", "mrow", "mo", "mi", "mn", "mfrac",
    "msup", "msub", "msqrt", "mtext", "mspace", "mtable", "mtr", "mtd", "svg", "text", "polyline", "dl", "dt", "dd",
}  # fmt: skip


@sizes(25, 200)
def test_no_row_of_a_catalogue_becomes_markup(examples):
    row = {"a": "2*n+1", "b": "n**2", "value": "4/pi", "digits": 100, "accidents": 1e-90, "siblings": ["n ; n"]}
    payload = "</dd><script src=x onerror=y>&lt;"

    def check(case):
        title, rows = case
        text = page(title, rows)
        tags = Tags()
        tags.feed(text)
        assert tags.found <= TAGS

    words = st.sampled_from([payload, "<b>", "pi", "1/(", "sqrt(2)", "\ud800", "\x00", "n**99999999", "9" * 5000])
    row_of_words = words.map(lambda word: {**row, "value": word, "siblings": [word], "constant": word})
    run(examples, st.tuples(words, st.lists(row_of_words, max_size=2)), check)

    def check_form(text):
        tags = Tags()
        tags.feed(form_to_mathml(text))
        assert tags.found <= TAGS

    run(examples, st.one_of(texts("()*/+pie123,", 30), words), check_form)


@sizes(60, 1_000)
def test_printable_text_cannot_steer_a_terminal(examples):
    def check(text):
        assert all(char.isprintable() or char == "\n" for char in printable(text))

    run(examples, texts(), check)
