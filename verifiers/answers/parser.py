r"""A bounded recursive-descent parser of expressions.

    parse tokens of  -\frac{1}{2}x^2 \sin 3x   ->   -1 * 1/2 * x^2 * sin(3*x)

It reads one *item* at a time (`Parser.chain`): an expression, a set expression or a chain of relations. What stands
around items (lists, units, words) is the business of `reading`. No name is looked up and nothing is evaluated, so the
worst that a hostile answer can do is to run into a limit.
"""

from __future__ import annotations

from fractions import Fraction

from verifiers.answers.cursor import ParseError
from verifiers.answers.functions import FunctionParser
from verifiers.answers.lexer import Token
from verifiers.answers.limits import MAX_ITEMS, MAX_NODES, AnswerTooLargeError
from verifiers.answers.numerals import repeating_from_pattern
from verifiers.answers.parser_tools import divide, multiply, negate
from verifiers.answers.tree import (
    Builder,
    Call,
    Collection,
    Constant,
    Matrix,
    Modular,
    Node,
    Number,
    PlusMinus,
    Power,
    Product,
    Ratio,
    Relation,
    Sum,
    Symbol,
    Union,
    Words,
)
from verifiers.answers.vocabulary import find_unit

__all__ = ["ParseError", "Parser"]


_ATOM_STARTS = frozenset(
    [
        "number",
        "symbol",
        "constant",
        "function",
        "(",
        "[",
        "{",
        "{{",
        "frac",
        "sqrt",
        "cbrt",
        "binom",
        "overline",
        "lfloor",
        "lceil",
        "begin",
        "sum",
        "integral",
        "limit",
        "circled",
        "<<",
        "|",
        "partial",
        "dot",
    ]
)
_OPAQUE_FUNCTIONS = frozenset(["f", "g", "h", "F", "G", "P"])
_CLOSERS = {"(": (")", "]"), "[": ("]", ")"), "{{": ("}}",), "{": ("}",), "<<": (">>",)}
_BRACKETS = {"(": "(", ")": ")", "[": "[", "]": "]", "{{": "{", "}}": "}", "{": "{", "}": "}", "<<": "<", ">>": ">"}


class Parser(FunctionParser):
    """Reads items from a token list."""

    def chain(self) -> Node:
        r"""One item: `a`, or `a < b <= c`, or `a \\equiv b (mod n)`.

        Raises:
            ParseError: no item starts here.
            AnswerTooLargeError: a limit is hit.
        """
        operands = [self.set_expression()]
        operators: list[str] = []
        while self.next.kind in ("relation", "compose"):
            if self.next.kind == "compose":
                raise ParseError("a composition of functions is not read")
            operators.append(self.take().text)
            if self.next.kind == "relation" and self.next.text == "=" and operators[-1] in ("<", ">"):
                self.take()
                operators[-1] += "="
            operands.append(self.set_expression())
            if len(operands) > MAX_ITEMS:
                raise AnswerTooLargeError(f"a chain of more than {MAX_ITEMS} relations")
        node: Node = Relation(tuple(operators), tuple(operands)) if operators else operands[0]
        modulus = self._modulus()
        if modulus is not None:
            value = operands[-1]
            residue = Modular(value, modulus)
            node = Relation(("=",), (operands[0], residue)) if operators else residue
        return node

    def _modulus(self) -> Node | None:
        if self.next.kind in ("pmod", "mod"):
            self.take()
            return self._unary_chain()
        if self.next.kind == "(" and self.peek(1).kind in ("mod", "pmod"):
            self.position += 2
            modulus = self.sum()
            self.expect(")")
            return modulus
        return None

    def set_expression(self) -> Node:
        """Sums joined by union, intersection or set difference."""
        left = self.ratio()
        while self.next.kind in ("cup", "cap", "setminus", "-") or (
            self.next.kind == "symbol" and self._is_union_letter(left)
        ):
            kind = self.take().kind
            operator = {"cup": "cup", "cap": "cap", "symbol": "cup", "setminus": "minus", "-": "minus"}[kind]
            right = self.ratio()
            parts = (*left.parts, right) if isinstance(left, Union) and left.operator == operator else (left, right)
            left = Union(operator, parts)
        return left

    def _is_set_difference(self, left: Node) -> bool:
        r"""`\\mathbb{R} - \\{1\\}`, `[1, 3] - \\{2\\}`."""
        numbers = isinstance(left, Collection) or (isinstance(left, Constant) and left.name in "RQZNC")
        return numbers and self.next.kind == "-" and self.peek(1).kind == "{{"

    def _is_union_letter(self, left: Node) -> bool:
        """`(1,2) U (3,4)` in plain text."""
        return self.next.text == "U" and isinstance(left, Collection | Union) and self.peek(1).kind in ("(", "[", "{{")

    def ratio(self) -> Node:
        """A sum, or sums with colons between."""
        first = self.sum()
        if self.next.kind != ":" or (self._in_braces and not isinstance(first, Number)):
            return first
        parts = [first]
        while self.next.kind == ":":
            self.take()
            parts.append(self.sum())
        return Ratio(tuple(parts))

    def sum(self) -> Node:
        """Terms with `+`, `-` and plus-minus between."""
        self._enter()
        terms = [self._signed_term()]
        while self.next.kind in ("+", "-", "pm", "mp") and not self._is_set_difference(terms[0]):
            terms.append(self._signed_term())
            self._nodes += 1
        node = terms[0] if len(terms) == 1 else Sum(tuple(terms))
        if self.next.kind == "over":
            self.take()
            node = divide(node, self.sum())  # all that stands before it in its group
        self._depth -= 1
        return node

    def _signed_term(self) -> Node:
        kind = self.next.kind
        if kind in ("pm", "mp"):
            self.take()
            self._enter()
            signed = PlusMinus(1 if kind == "pm" else -1, self._signed_term())
            self._depth -= 1
            return signed
        negative = False
        while self.next.kind in ("+", "-"):
            negative ^= self.take().kind == "-"
            if self.next.kind in ("pm", "mp"):
                upper = 1 if self.take().kind == "pm" else -1
                return PlusMinus(-upper if negative else upper, self._term())
        term = self._term()
        if not negative:
            return term
        if isinstance(term, Product) and isinstance(term.factors[0], Number):
            return Product((negate(term.factors[0]), *term.factors[1:]))
        return negate(term)

    def _term(self) -> Node:
        left = self._factor()
        while True:
            kind = self.next.kind
            if kind in ("*", "/"):
                self.take()
                negative = self.next.kind == "-"
                if self.next.kind in ("+", "-"):
                    self.take()
                right = self._factor()
                if negative:
                    right = negate(right)
                left = divide(left, right) if kind == "/" else multiply([left, right])
            elif self._starts_atom(left):
                right = self._factor()
                left = self._juxtaposed(left, right)
            else:
                return left
            self._nodes += 1
            if self._nodes > MAX_NODES:
                raise AnswerTooLargeError(f"more than {MAX_NODES} nodes")

    def _starts_atom(self, left: Node) -> bool:
        token = self.next
        if token.kind == "|":
            return not self._bars and not self._in_braces
        if token.kind == "number":
            previous = self._tokens[self.position - 1]
            if previous.kind in (")", "}", "]", "|", "!") or previous.text in ("i", "pi"):
                return True
            if isinstance(left, Symbol | Power | Call | Product) and token.spaced and self.peek(1).kind == "^":
                return True
            return isinstance(left, Number) and left.places is None and self._is_fraction_ahead()
        if token.kind == "word":
            return len(token.text) == 1 and token.text.isascii() and not token.spaced and not isinstance(left, Number)
        if token.kind == "symbol" and self._is_union_letter(left):
            return False
        if token.kind in ("(", "[") and isinstance(left, Collection):
            return False
        if token.kind == "(" and self.peek(1).kind in ("mod", "pmod"):
            return False
        return token.kind in _ATOM_STARTS

    def _is_fraction_ahead(self) -> bool:
        """`1/2` after an integer, with white space between: a mixed number."""
        first, slash, second = self.next, self.peek(1), self.peek(2)
        if first.kind != "number" or slash.kind != "/" or second.kind != "number" or not first.spaced:
            return False
        assert first.number is not None
        assert second.number is not None
        return (
            first.number.places is None
            and second.number.places is None
            and first.number.value < second.number.value
            and self.peek(3).kind not in ("^", "/")
        )

    def _juxtaposed(self, left: Node, right: Node) -> Node:
        """Two factors side by side; an integer before a proper fraction is a mixed number."""
        last = self._tokens[self.position - 1]
        if isinstance(left, Number) and left.places is None and left.value.denominator == 1:
            match right:
                case Call("percent", (Number(value, None),)) if 0 < value < 1:
                    return Call("percent", (Number(left.value + value),))
                case Product((Number(value, None), Constant("deg"))) if 0 < value < 1:
                    return Product((Number(left.value + value), Constant("deg")))
        if isinstance(left, Number) and isinstance(right, Number) and left.places is None and right.places is None:
            if self.next.kind == "/":
                self.take()
                bottom = self.expect("number").number
                assert bottom is not None
                if bottom.value:
                    return Number(left.value + right.value / bottom.value)
            if left.value.denominator == 1 and 0 < right.value < 1 and last.kind in ("}", "number"):
                return Number(left.value + right.value)
            if last.kind == "number":
                raise ParseError("two numbers side by side")
        return multiply([left, right])

    def _unary_chain(self) -> Node:
        if self.next.kind in ("+", "-"):
            negative = self.take().kind == "-"
            node = self._unary_chain_guarded()
            return negate(node) if negative else node
        return self._factor()

    def _unary_chain_guarded(self) -> Node:
        self._enter()
        node = self._unary_chain()
        self._depth -= 1
        return node

    def _factor(self) -> Node:
        """An atom with its exponents and postfix signs."""
        self._enter()
        base = self._postfix(self._atom())
        while self.next.kind == "^":
            self.take()
            if self.next.kind == "prime":
                self.take()
                continue
            if self.next.kind in ("*", "relation"):
                raise ParseError("an exponent is missing")
            if isinstance(base, Symbol | Constant) and self.next.kind in ("+", "*"):
                raise ParseError("a decorated letter is not read")
            exponent = self._unary_chain()
            base = self._postfix(Power(base, exponent))
        self._depth -= 1
        return base

    def _postfix(self, node: Node) -> Node:
        while True:
            kind = self.next.kind
            if kind == "!":
                self.take()
                double = self.accept("!")
                node = Call("doublefactorial" if double else "factorial", (node,))
            elif kind == "degree":
                self.take()
                node = self._minutes(multiply([node, Constant("deg")]))
            elif kind == "%":
                self.take()
                node = Call("percent", (node,))
            elif kind == "prime" and isinstance(node, Symbol):
                node = Symbol(node.name + self.take().text)
            elif kind == "_" and isinstance(node, Number):
                node = self._based(node)
            elif kind == "dots" and isinstance(node, Number) and node.places and node.places >= 2:
                self.take()
                node = repeating_from_pattern(node)
            else:
                return node

    def _minutes(self, node: Node) -> Node:
        r"""`30^\\circ 15'`: minutes and seconds of arc."""
        if self.next.kind != "number" or self.peek(1).kind != "prime":
            return node
        terms = [node]
        for mark, share in (("'", 60), ("''", 3600)):
            if self.next.kind == "number" and self.peek(1).kind == "prime" and self.peek(1).text == mark:
                number = self.take().number
                self.take()
                assert number is not None
                terms.append(multiply([Number(number.value / share), Constant("deg")]))
        return Sum(tuple(terms)) if len(terms) > 1 else node

    def _atom(self) -> Node:
        token = self.take()
        match token.kind:
            case "number":
                return self._number(token)
            case "symbol":
                return self._symbol(token.text)
            case "constant":
                return self._constant(token.text)
            case "function":
                return self._function(token.text)
            case "frac":
                top, bottom = self._argument(), self._argument()
                return divide(top, bottom)
            case "sqrt" | "cbrt":
                return self._root(token)
            case "binom":
                return self._binomial(token)
            case "overline":
                inner = self._argument()
                return inner if isinstance(inner, Product) else Call("bar", (inner,))
            case "(" | "[" | "{{" | "{" | "<<":
                return self._bracket(token.kind)
            case "|":
                self._bars += 1
                inner = self.sum()
                self.expect("|")
                self._bars -= 1
                return Call("abs", (inner,))
            case "lfloor" | "lceil":
                inner = self.sum()
                self.expect("r" + token.kind[1:])
                return Call("floor" if token.kind == "lfloor" else "ceil", (inner,))
            case "begin":
                return self._environment(token.text)
            case "sum":
                return self._big_operator(token.text)
            case "dot":
                inner = self._argument()
                return Symbol(inner.name + "\u0307") if isinstance(inner, Symbol) else Call("dot", (inner,))
            case "currency":
                return self._atom_guarded()
            case "word" if 1 < len(token.text) <= 3 and self._depth > 2 and find_unit(token.text) is None:
                return Product(tuple(Symbol(letter) for letter in token.text))
            case "circled":
                return Collection("(", ")", (self._argument(),))
            case "word" if len(token.text) == 1:
                return self._symbol(token.text)
            case "word" if token.text.isupper() and token.text.isascii():
                return Product(tuple(Symbol(letter) for letter in token.text))
            case "prime" | "degree" | "%":
                raise ParseError(f"nothing before {token.text}")
        raise ParseError(f"unexpected {token.text or 'end'}")

    def _symbol(self, name: str) -> Node:
        name += self._subscript()
        while self.next.kind == "prime":
            name += self.take().text
        if name in _OPAQUE_FUNCTIONS or name.rstrip("'") in ("f", "g"):
            if self.next.kind == "(" and (not self.next.spaced or name in ("f", "g")):
                return self._applied(name)
            if (
                (
                    self.next.kind == "^"
                    and self.peek(1).kind == "{"
                    and self.peek(2).kind == "-"
                    and self.peek(4).kind == "}"
                )
                and self.peek(3).text == "1"
                and self.peek(5).kind == "("
            ):
                self.position += 5
                return self._applied(name + "^-1")
        elif self._at_zero():
            return self._applied(name)
        return Symbol(name)

    def _at_zero(self) -> bool:
        """`I(0)`: a value at the start, and no product."""
        zero = self.peek(1)
        is_zero = zero.kind == "number" and zero.number is not None and zero.number.value == 0
        return self.next.kind == "(" and not self.next.spaced and is_zero and self.peek(2).kind == ")"

    def _applied(self, name: str) -> Node:
        group = self._bracket(self.take().kind)
        arguments = group.items if isinstance(group, Collection) else (group,)
        return Call("apply " + name, arguments)

    def _constant(self, name: str) -> Node:
        if self.next.kind == "_" or (self.next.kind == "prime" and name in "ei"):
            return self._symbol(name)
        return Constant(name)

    def _subscript(self) -> str:
        if self.next.kind != "_":
            return ""
        self.take()
        if not self.accept("{"):
            if self.next.kind in ("end", "{", "}", "^", "_"):
                raise ParseError("an empty subscript")
            return "_" + self.take().text
        depth = 1
        parts: list[str] = []
        while True:
            token = self.take()
            if token.kind == "end":
                raise ParseError("an open subscript")
            depth += {"{": 1, "}": -1}.get(token.kind, 0)
            if depth == 0:
                return "_" + "".join(parts)
            parts.append(token.text)

    def _argument(self) -> Node:
        r"""What a command takes: a group, or a single digit or letter (`\\frac12`)."""
        token = self.next
        if token.kind == "{":
            return self._group()
        if token.kind == "number" and token.text.isdigit() and len(token.text) > 1:
            first, rest = token.text[0], token.text[1:]
            self._tokens = [
                *self._tokens[: self.position],
                Token("number", first, Number(Fraction(int(first))), token.spaced),
                Token("number", rest, Number(Fraction(int(rest))), False),
                *self._tokens[self.position + 1 :],
            ]
            digit = self.take().number
            assert digit is not None
            return digit
        if token.kind == "-":
            raise ParseError("a command without its argument")
        self._enter()
        node = self._atom()
        self._depth -= 1
        return node

    def _group(self) -> Node:
        self.expect("{")
        bars, self._bars = self._bars, 0
        braces, self._in_braces = self._in_braces, 0
        node = self.chain() if self.next.kind != "}" else Words("")
        if self.next.kind == "choose":
            self.take()
            node = Call("binom", (node, self.sum()))
        self._bars, self._in_braces = bars, braces
        self.expect("}")
        if isinstance(node, Words):
            raise ParseError("an empty group")
        return node

    def _atom_guarded(self) -> Node:
        self._enter()
        node = self._atom()
        self._depth -= 1
        return node

    def _bracket(self, opener: str) -> Node:
        """What stands in brackets: a grouped expression, or a collection."""
        self._enter()
        bars, self._bars = self._bars, 0
        braces, self._in_braces = self._in_braces, int(opener in ("{", "{{"))
        closers = _CLOSERS[opener]
        if self.next.kind in closers:
            closing = self.take().kind
            self._bars, self._in_braces = bars, braces
            self._depth -= 1
            if opener not in ("{{", "{"):
                raise ParseError("empty brackets")
            return Collection("{", _BRACKETS[closing], ())
        items = [self.chain()]
        if self._in_braces and self.next.kind in ("mid", "|", ":"):
            self.take()
            items = [Builder(items[0], self._condition())]
        while self.next.kind in (",", ";", "and", "choose"):
            if self.next.kind == "choose":
                self.take()
                items = [Call("binom", (items[0], self.chain()))]
                continue
            self.take()
            if self.next.kind in ("and", *closers):
                continue
            items.append(self.chain())
            if len(items) > MAX_ITEMS:
                raise AnswerTooLargeError(f"more than {MAX_ITEMS} members")
        if self.next.kind not in closers:
            raise ParseError(f"expected {closers[0]}, found {self.next.text or 'the end'}")
        closing = self.take().kind
        self._bars, self._in_braces = bars, braces
        self._depth -= 1
        if len(items) == 1 and closing == closers[0] and (opener in ("(", "{") or self._is_grouping(opener)):
            if opener == "(" and self.next.kind == "_" and isinstance(items[0], Number):
                digits = self._tokens[self.position - 2].text
                return self._with_base(digits, items[0])
            return items[0]
        if len(items) == 1 and isinstance(items[0], Builder | Matrix):
            return items[0]
        return Collection(_BRACKETS[opener], _BRACKETS[closing], tuple(items))

    def _condition(self) -> Node:
        parts = [self.chain()]
        while self.next.kind in (",", "and", ";"):
            joiner = self.take().text
            parts.append(self.chain())
            if joiner == "or":
                parts = [Union("cup", tuple(parts))]
        return parts[0] if len(parts) == 1 else Union("cap", tuple(parts))

    def _is_grouping(self, opener: str) -> bool:
        """Square brackets around one member group it when something is done to the result."""
        return opener == "[" and (self._depth > 2 or self.next.kind in ("^", "*", "/", "+", "-", *_ATOM_STARTS))
