"""From the text of a rule to its parts. Python's parser reads it; only what is named here is let through."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from typing import Any, final

from tastemaker.core import BadSetting
from tastemaker.core.errors import hint
from tastemaker.rules.functions import FUNCTIONS
from tastemaker.rules.nodes import (
    TIMES,
    Arithmetic,
    Both,
    Choice,
    Column,
    Comparison,
    Constant,
    Node,
    Not,
    Time,
    User,
)
from tastemaker.rules.scene import Place

LONGEST, DEEPEST, MOST = 2000, 30, 200  # characters, levels, nodes
SIGNS: dict[type[ast.AST], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.And: "and",
    ast.Or: "or",
}
WORDS = {"true": True, "false": False}
USER = "user"


def parse(text: str) -> Node:
    """The parts of the rule `text`.

    Raises:
        BadSetting: It is not an expression, too large, or has something in it that rules may not have.
    """
    text = text.strip().replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > LONGEST:
        raise BadSetting(f"A rule has {LONGEST} characters at most; this one has {len(text)}: {text[:60]!r}...")
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        raise Place(text, "", max((error.offset or 1) - 1, 0)).error(f"{error.msg}.") from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise Place(text, "", 0).error(f"This cannot be read ({type(error).__name__}).") from error
    reader = Reader(text)
    reader.measure(tree)
    return reader.read(tree)


@final
class Reader:
    """Reads the tree of one rule."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = text.split("\n")
        self._readers: dict[type[ast.AST], Callable[[Any], Node]] = {
            ast.Constant: self._constant,
            ast.List: self._list,
            ast.Name: self._name,
            ast.Attribute: self._attribute,
            ast.Call: self._call,
            ast.Compare: self._compare,
            ast.BoolOp: self._both,
            ast.BinOp: self._arithmetic,
            ast.UnaryOp: self._unary,
            ast.IfExp: self._choice,
        }

    def measure(self, tree: ast.expr) -> None:
        """Raise `BadSetting` where the tree has too many nodes or levels."""
        level, count = [tree], 0
        for _ in range(DEEPEST):
            count += len(level)
            level = [c for node in level for c in ast.iter_child_nodes(node) if isinstance(c, ast.expr)]
        if level:
            raise self._place(tree).error(f"Parts stand in parts more than {DEEPEST} times; split the rule.")
        if count > MOST:
            raise self._place(tree).error(f"A rule has {MOST} parts at most; this one has {count}. Split it.")

    def read(self, node: ast.expr) -> Node:
        """A node and what is below it."""
        reader = self._readers.get(type(node))
        if reader is None:
            raise self._error(node, f"{type(node).__name__} may not stand in a rule.")
        return reader(node)

    def _place(self, node: ast.expr) -> Place:
        """Where a node stands; the tree counts bytes within a line."""
        line = self._lines[node.lineno - 1]
        column = len(line.encode()[: node.col_offset].decode())
        start = sum(len(before) + 1 for before in self._lines[: node.lineno - 1]) + column
        return Place(self._text, ast.get_source_segment(self._text, node) or "", start)

    def _error(self, node: ast.expr, problem: str) -> BadSetting:
        return self._place(node).error(problem)

    def _constant(self, node: ast.Constant) -> Node:
        return Constant(self._place(node), value=self._value(node))

    def _value(self, node: ast.expr) -> bool | float | str:
        """A number, a text, or a truth."""
        match node:
            case ast.Name(id=name) if name in WORDS:
                return WORDS[name]
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
                return -self._number(node, value)
            case ast.Constant(value=bool() | str() as value):
                return value
            case ast.Constant(value=int() | float() as value):
                return self._number(node, value)
        raise self._error(node, "Expected a number, a text in quotes, true or false.")

    def _number(self, node: ast.expr, value: float) -> float:
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise self._error(node, "This number is too large.")
        return number

    def _list(self, node: ast.List) -> Node:
        return Constant(self._place(node), value=[self._value(element) for element in node.elts])

    def _name(self, node: ast.Name) -> Node:
        if node.id in WORDS:
            return Constant(self._place(node), value=WORDS[node.id])
        if node.id in TIMES:
            return Time(self._place(node), name=node.id)
        if node.id in FUNCTIONS or node.id == USER:
            form = "user.place" if node.id == USER else f"{node.id}(...)"
            raise self._error(node, f"{node.id!r} does not stand alone; write {form}.")
        return Column(self._place(node), name=node.id)

    def _attribute(self, node: ast.Attribute) -> Node:
        if not (isinstance(node.value, ast.Name) and node.value.id == USER):
            raise self._error(node, "Only the user has attributes behind a dot, such as user.place.")
        return User(self._place(node), name=node.attr)

    def _call(self, node: ast.Call) -> Node:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in FUNCTIONS:
            raise self._error(node, f"There is no such function.{hint(name, FUNCTIONS)} Known: {', '.join(FUNCTIONS)}.")
        made, count = FUNCTIONS[name]
        if node.keywords or len(node.args) != count:
            raise self._error(node, f"{name}() takes {count} argument{'s' * (count > 1)}, without names.")
        return made(self._place(node), tuple(map(self.read, node.args)))

    def _compare(self, node: ast.Compare) -> Node:
        signs = [SIGNS.get(type(op), "") for op in node.ops]
        if not all(signs):
            raise self._error(node, "Compare by ==, !=, <, <=, >, >=, in and not in.")
        parts = tuple(map(self.read, [node.left, *node.comparators]))
        return Comparison(self._place(node), parts, signs=tuple(signs))

    def _both(self, node: ast.BoolOp) -> Node:
        return Both(self._place(node), tuple(map(self.read, node.values)), sign=SIGNS[type(node.op)])

    def _arithmetic(self, node: ast.BinOp) -> Node:
        sign = SIGNS.get(type(node.op))
        if sign is None:
            raise self._error(node, "Calculate by +, -, * and /; join conditions by and, or.")
        return Arithmetic(self._place(node), (self.read(node.left), self.read(node.right)), sign=sign)

    def _unary(self, node: ast.UnaryOp) -> Node:
        if isinstance(node.op, ast.Not):
            return Not(self._place(node), (self.read(node.operand),))
        if not isinstance(node.op, ast.USub):
            raise self._error(node, "Only - and not may stand before a value.")
        zero = Constant(self._place(node), value=0.0)
        return Arithmetic(self._place(node), (zero, self.read(node.operand)), sign="-")

    def _choice(self, node: ast.IfExp) -> Node:
        return Choice(self._place(node), tuple(map(self.read, [node.body, node.test, node.orelse])))
