r"""A bounded recursive-descent parser of expressions.

    parse tokens of  -\frac{1}{2}x^2 \sin 3x   ->   -1 * 1/2 * x^2 * sin(3*x)

It reads one *item* at a time (`Parser.chain`): an expression, a set expression or a chain of relations. What stands
around items (lists, units, words) is the business of `reading`. No name is looked up and nothing is evaluated, so the
worst that a hostile answer can do is to run into a limit.
"""

from __future__ import annotations

from fractions import Fraction

from verifiers.answers.lexer import Token
from verifiers.answers.limits import MAX_ITEMS, MAX_NESTING, MAX_NODES, AnswerTooLargeError
from verifiers.answers.tree import (
    Based,
    Builder,
    Call,
    Cases,
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

__all__ = ["MINUS_ONE", "ParseError", "Parser", "divide", "multiply", "negate"]


class ParseError(ValueError):
    """The tokens do not form an answer."""


MINUS_ONE = Number(Fraction(-1))
_END = Token("end", "")
_ATOM_STARTS = frozenset(
    "number symbol constant function ( [ { {{ frac sqrt cbrt binom overline lfloor lceil begin sum integral limit "
    "circled << | partial dot".split()
)
_OPAQUE_FUNCTIONS = frozenset("f g h F G P".split())
_GREEDY_FUNCTIONS = frozenset(
    "sin cos tan cot sec csc arcsin arccos arctan arccot arcsec arccsc sinh cosh tanh coth sech csch arcsinh arccosh "
    "arctanh ln log lg exp det".split()
)
_INVERSES = {name: f"arc{name}" for name in ("sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh")}
_MATRICES = frozenset("pmatrix bmatrix matrix array Bmatrix smallmatrix vmatrix Vmatrix".split())
_CLOSERS = {"(": (")", "]"), "[": ("]", ")"), "{{": ("}}",), "{": ("}",), "<<": (">>",)}
_BRACKETS = {"(": "(", ")": ")", "[": "[", "]": "]", "{{": "{", "}}": "}", "{": "{", "}": "}", "<<": "<", ">>": ">"}
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_BASE_WORDS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}


def negate(node: Node) -> Node:
    """Minus `node`, folding a number's sign."""
    if isinstance(node, Number):
        return Number(-node.value, node.places)
    return Product((MINUS_ONE, node))


def multiply(factors: list[Node]) -> Node:
    """The product of `factors`, flat."""
    flat: list[Node] = []
    for factor in factors:
        flat.extend(factor.factors if isinstance(factor, Product) else (factor,))
    return flat[0] if len(flat) == 1 else Product(tuple(flat))


def divide(top: Node, bottom: Node) -> Node:
    """top / bottom; a quotient of two integers stays a `Number`."""
    if (
        isinstance(top, Number)
        and isinstance(bottom, Number)
        and bottom.value != 0
        and top.places is None
        and bottom.places is None
    ):
        return Number(top.value / bottom.value)
    return multiply([top, Power(bottom, MINUS_ONE)])


class Parser:
    """Reads items from a token list.

    Attributes:
        position: index of the next token.
    """

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self.position = 0
        self._depth = 0
        self._nodes = 0
        self._bars = 0
        self._functions = 0
        self._in_braces = 0

    @property
    def next(self) -> Token:
        """The next token, or one of kind `end`."""
        return self._tokens[self.position] if self.position < len(self._tokens) else _END

    def peek(self, offset: int) -> Token:
        """The token `offset` places after the next one."""
        index = self.position + offset
        return self._tokens[index] if 0 <= index < len(self._tokens) else _END

    def take(self) -> Token:
        """The next token, consumed."""
        token = self.next
        self.position += 1
        return token

    def accept(self, kind: str) -> bool:
        """Whether the next token is of `kind`; consumed if so."""
        if self.next.kind == kind:
            self.position += 1
            return True
        return False

    def expect(self, kind: str) -> Token:
        """The next token, which must be of `kind`.

        Raises:
            ParseError: it is not.
        """
        if self.next.kind != kind:
            raise ParseError(f"expected {kind}, found {self.next.text or 'the end'}")
        return self.take()

    def _enter(self) -> None:
        self._depth += 1
        self._nodes += 1
        if self._depth > MAX_NESTING:
            raise AnswerTooLargeError(f"nested deeper than {MAX_NESTING}")
        if self._nodes > MAX_NODES:
            raise AnswerTooLargeError(f"more than {MAX_NODES} nodes")

    def chain(self) -> Node:
        """One item: `a`, or `a < b <= c`, or `a \\equiv b (mod n)`.

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
        while self.next.kind in ("cup", "cap", "setminus") or (self.next.kind == "symbol" and self._is_union_letter(left)):
            kind = self.take().kind
            operator = {"cup": "cup", "cap": "cap", "symbol": "cup", "setminus": "minus"}[kind]
            right = self.ratio()
            parts = (*left.parts, right) if isinstance(left, Union) and left.operator == operator else (left, right)
            left = Union(operator, parts)
        return left

    def _is_union_letter(self, left: Node) -> bool:
        """`(1,2) U (3,4)` in plain text."""
        return self.next.text == "U" and isinstance(left, Collection | Union) and self.peek(1).kind in ("(", "[", "{{")

    def ratio(self) -> Node:
        """A sum, or sums with colons between."""
        first = self.sum()
        if self.next.kind != ":" or self._in_braces:
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
        while self.next.kind in ("+", "-", "pm", "mp"):
            terms.append(self._signed_term())
            self._nodes += 1
        self._depth -= 1
        return terms[0] if len(terms) == 1 else Sum(tuple(terms))

    def _signed_term(self) -> Node:
        kind = self.next.kind
        if kind in ("pm", "mp"):
            self.take()
            return PlusMinus(1 if kind == "pm" else -1, self._signed_term())
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
            if previous.kind in (")", "}", "]", "|") or previous.text in ("i", "pi"):
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
        start = self.position
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
            if self._tokens[start].kind == "function" and isinstance(base, Call) and base.name in _INVERSES:
                pass
            base = self._postfix(Power(base, exponent))
        self._depth -= 1
        return base

    def _postfix(self, node: Node) -> Node:
        while True:
            kind = self.next.kind
            if kind == "!":
                if self.peek(1).kind == "relation" and self.peek(1).text == "=":
                    return node
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
                node = _repeating_from_pattern(node)
            elif kind == "over":
                self.take()
                node = divide(node, self._unary_chain())
            else:
                return node

    def _minutes(self, node: Node) -> Node:
        """`30^\\circ 15'`: minutes and seconds of arc."""
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

    def _based(self, node: Number) -> Node:
        digits = self._tokens[self.position - 1].text
        return self._with_base(digits, node)

    def _with_base(self, digits: str, plain: Node) -> Node:
        self.expect("_")
        group = self.accept("{")
        inner = group and self.accept("(")
        token = self.take()
        base = int(token.number.value) if token.number is not None else _BASE_WORDS.get(token.text.lower(), 0)
        if inner:
            self.expect(")")
        if group:
            self.expect("}")
        if not 2 <= base <= 36 or "." in digits:
            raise ParseError(f"{digits} is not a numeral in base {token.text}")
        value = 0
        for character in digits.lower():
            digit = _DIGITS.find(character)
            if not 0 <= digit < base:
                raise ParseError(f"{character!r} is not a digit in base {base}")
            value = value * base + digit
        return Based(digits.lstrip("0") or "0", base, value)

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
            case "circled":
                return Collection("(", ")", (self._argument(),))
            case "word" if len(token.text) == 1:
                return self._symbol(token.text)
            case "word" if token.text.isupper() and token.text.isascii():
                return Product(tuple(Symbol(letter) for letter in token.text))
            case "prime" | "degree" | "%":
                raise ParseError(f"nothing before {token.text}")
        raise ParseError(f"unexpected {token.text or 'end'}")

    def _number(self, token: Token) -> Node:
        assert token.number is not None
        number = token.number
        following = self.next
        if following.spaced or following.kind not in ("overline", "dot", "(", "symbol", "word"):
            return number
        text = token.text
        if following.kind in ("overline", "dot") and "." in text:
            return self._repeating(text, following.kind)
        if (
            following.kind == "("
            and "." in text
            and self.peek(1).kind == "number"
            and self.peek(1).text.isdigit()
            and self.peek(2).kind == ")"
        ):
            digits = self.peek(1).text
            self.position += 3
            return _repeating(text, digits)
        return self._digit_letters(text) or number

    def _digit_letters(self, text: str) -> Node | None:
        """`2A3_{16}`: a numeral whose digits include letters."""
        digits, offset = text, 0
        while (token := self.peek(offset)).kind in ("symbol", "number", "constant", "word") and not token.spaced:
            digits += token.text
            offset += 1
        if not offset or self.peek(offset).kind != "_" or not digits.isalnum():
            return None
        start = self.position
        self.position += offset
        try:
            return self._with_base(digits, MINUS_ONE)
        except ParseError:
            self.position = start
            return None

    def _repeating(self, text: str, kind: str) -> Node:
        """`0.1\\overline{6}` or `0.\\dot{1}4285\\dot{7}`."""
        self.take()
        digits = self._digit_group()
        if kind == "dot":
            between = ""
            if self.next.kind == "number" and self.next.text.isdigit() and self.peek(1).kind == "dot":
                between = self.take().text
            if self.next.kind == "dot":
                self.take()
                digits += between + self._digit_group()
        return _repeating(text, digits)

    def _digit_group(self) -> str:
        if self.next.kind == "number" and self.next.text.isdigit():
            return self.take().text
        self.expect("{")
        token = self.expect("number")
        self.expect("}")
        if not token.text.isdigit():
            raise ParseError(f"{token.text} cannot repeat")
        return token.text

    def _symbol(self, name: str) -> Node:
        name += self._subscript()
        while self.next.kind == "prime":
            name += self.take().text
        if name in _OPAQUE_FUNCTIONS or name.rstrip("'") in ("f", "g"):
            if self.next.kind == "(" and not self.next.spaced:
                return self._applied(name)
            if self.next.kind == "^" and self.peek(1).kind == "{" and self.peek(2).kind == "-" and self.peek(4).kind == "}":
                if self.peek(3).text == "1" and self.peek(5).kind == "(":
                    self.position += 5
                    return self._applied(name + "^-1")
        return Symbol(name)

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
            return "_" + self.take().text
        depth, parts = 1, []
        while True:
            token = self.take()
            if token.kind == "end":
                raise ParseError("an open subscript")
            depth += {"{": 1, "}": -1}.get(token.kind, 0)
            if depth == 0:
                return "_" + "".join(parts)
            parts.append(token.text)

    def _argument(self) -> Node:
        """What a command takes: a group, or a single digit or letter (`\\frac12`)."""
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
        elif self.next.kind == "over":
            self.take()
            node = divide(node, self.sum())
        self._bars, self._in_braces = bars, braces
        self.expect("}")
        if isinstance(node, Words):
            raise ParseError("an empty group")
        return node

    def _root(self, token: Token) -> Node:
        if token.kind == "cbrt":
            return Call("root", (self._root_argument(token), Number(Fraction(3))))
        if self.next.kind == "[" and token.text != "plain":
            self.take()
            degree = self.sum()
            self.expect("]")
            return Call("root", (self._argument(), degree))
        return Call("sqrt", (self._root_argument(token),))

    def _root_argument(self, token: Token) -> Node:
        """A radicand without braces is a whole number (`√12`), unlike the arguments of a fraction."""
        if self.next.kind == "number":
            return self._atom()
        return self._argument() if self.next.kind == "{" else self._atom_guarded()

    def _atom_guarded(self) -> Node:
        self._enter()
        node = self._atom()
        self._depth -= 1
        return node

    def _binomial(self, token: Token) -> Node:
        if token.text != "plain":
            return Call("binom", (self._argument(), self._argument()))
        group = self._bracket(self.expect("(").kind)
        if not isinstance(group, Collection) or len(group.items) != 2:
            raise ParseError("a binomial coefficient takes two arguments")
        return Call("binom", group.items)

    def _function(self, name: str) -> Node:
        exponent: Node | None = None
        base: Node | None = None
        while self.next.kind in ("^", "_"):
            if self.take().kind == "^":
                exponent = self._group() if self.next.kind == "{" else self._factor_without_powers()
            else:
                base = self._argument() if name != "log" or self.next.kind != "number" else self._atom_guarded()
        arguments = self._function_arguments(name)
        if exponent == MINUS_ONE and name in _INVERSES:
            name, exponent = _INVERSES[name], None
        if name == "log" and base is not None:
            name, arguments = "logb", (*arguments, base)
        elif base is not None:
            raise ParseError(f"{name} takes no subscript")
        call: Node = Power(Constant("e"), arguments[0]) if name == "exp" else Call(name, arguments)
        return call if exponent is None else Power(call, exponent)

    def _factor_without_powers(self) -> Node:
        if self.next.kind == "-":
            self.take()
            return negate(self._atom_guarded())
        return self._atom_guarded()

    def _function_arguments(self, name: str) -> tuple[Node, ...]:
        if self.next.kind in ("(", "[") or (self.next.kind == "{" and name not in ("max", "min", "gcd", "lcm")):
            opener = self.take().kind
            group = self._bracket(opener)
            if opener == "[" and isinstance(group, Collection) and len(group.items) == 1:
                return group.items
            if isinstance(group, Collection) and name in ("max", "min", "gcd", "lcm", "log", "round"):
                if name == "log" and len(group.items) == 2:
                    raise ParseError("a logarithm of two arguments is ambiguous")
                return group.items
            if isinstance(group, Collection):
                raise ParseError(f"{name} takes one argument")
            return (group,)
        if self.next.kind in ("{", "{{"):
            group = self._bracket(self.take().kind)
            return group.items if isinstance(group, Collection) else (group,)
        if name not in _GREEDY_FUNCTIONS:
            raise ParseError(f"{name} without brackets")
        self._enter()
        negative = self.accept("-")
        factors = [self._factor()]
        while self.next.kind not in ("function", "number", "(") and self._starts_atom(factors[-1]):
            factors.append(self._factor())
        self._depth -= 1
        argument = multiply(factors)
        return (negate(argument) if negative else argument,)

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

    def _environment(self, name: str) -> Node:
        self._enter()
        if self.next.kind == "{":
            while self.take().kind not in ("}", "end"):
                continue
        rows: list[tuple[Node, ...]] = []
        row: list[Node] = []
        while self.next.kind != "end" or self.position < len(self._tokens):
            if self.accept("newline"):
                if row:
                    rows.append(tuple(row))
                row = []
                if self.next.kind == "[" and self.peek(1).kind == "number" and self.peek(2).kind == "word":
                    self.position += 4
            elif self.accept("&") or self.accept(","):
                continue
            elif self.next.kind == "end":
                break
            elif self.next.kind == "word" and name == "cases":
                self.take()
            else:
                row.append(self.chain())
            if sum(map(len, rows)) + len(row) > MAX_ITEMS:
                raise AnswerTooLargeError(f"more than {MAX_ITEMS} entries")
        if self.take().text != name:
            raise ParseError(f"environment {name} is not closed")
        if row:
            rows.append(tuple(row))
        self._depth -= 1
        return _environment(name, rows)

    def _big_operator(self, name: str) -> Node:
        lower: Node | None = None
        upper: Node | None = None
        while self.next.kind in ("_", "^"):
            if self.take().kind == "_":
                lower = self._group() if self.next.kind == "{" else self._atom_guarded()
            else:
                upper = self._group() if self.next.kind == "{" else self._atom_guarded()
        if not isinstance(lower, Relation) or upper is None or not isinstance(lower.operands[0], Symbol | Constant):
            raise ParseError(f"\\{name} without both bounds")
        return Call(name, (lower.operands[0], lower.operands[1], upper, self._term()))


def _environment(name: str, rows: list[tuple[Node, ...]]) -> Node:
    if not rows:
        raise ParseError(f"an empty {name}")
    if name in _MATRICES:
        if len({len(row) for row in rows}) != 1:
            raise ParseError("rows of different lengths")
        return Matrix(tuple(rows))
    if name == "cases" and all(len(row) == 2 for row in rows):
        return Cases(tuple(rows))
    items = tuple(node for row in rows for node in row)
    return items[0] if len(items) == 1 else Collection("", "", items)


def _repeating(text: str, digits: str) -> Number:
    """The rational 0.xyyy... for the digits x before and y under the bar."""
    whole, _, fixed = text.partition(".")
    base = Fraction(int((whole + fixed) or "0"), 10 ** len(fixed))
    return Number(base + Fraction(int(digits), (10 ** len(digits) - 1) * 10 ** len(fixed)))


def _repeating_from_pattern(node: Number) -> Number:
    """`0.333...`, `0.1666...`, `0.1212...`: the shortest period seen at least twice (a single digit: thrice or twice)."""
    assert node.places is not None
    digits = str(abs(node.value.numerator) * 10**node.places // node.value.denominator).rjust(node.places, "0")
    tail = digits[-node.places :]
    for period in range(1, len(tail) // 2 + 1):
        repeat = tail[-period:]
        count = 1
        while tail.endswith(repeat * (count + 1)):
            count += 1
        if count >= 2 and repeat.strip("0"):
            fixed = tail[: len(tail) - period * count]
            value = _repeating(f"{digits[: -node.places] or '0'}.{fixed}", repeat)
            return Number(-value.value if node.value < 0 else value.value)
    return node
