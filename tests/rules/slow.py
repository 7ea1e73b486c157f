"""One row of a table, judged by a rule that is read part by part: slow and plain."""

import ast
import operator

MISSING = object()  # neither true nor comparable
ORDER = {"Lt": operator.lt, "LtE": operator.le, "Gt": operator.gt, "GtE": operator.ge}
SIGNS = {"Add": operator.add, "Sub": operator.sub, "Mult": operator.mul, "Div": operator.truediv}


class Row:
    """Attributes of an item, those of the user, and the time."""

    def __init__(self, row, user, now):
        self.row, self.user, self.now = row, user, now

    def true(self, text):
        return self.value(ast.parse(text, mode="eval").body) is True

    def value(self, node):
        return getattr(self, type(node).__name__.lower())(node)

    def constant(self, node):
        return node.value

    def list(self, node):
        return [self.value(element) for element in node.elts]

    def name(self, node):
        known = {"true": True, "false": False, "now": self.now}
        return known.get(node.id, self.row.get(node.id, MISSING))

    def attribute(self, node):
        return self.user.get(node.attr, MISSING)

    def unaryop(self, node):
        value = self.value(node.operand)
        return value is not True if isinstance(node.op, ast.Not) else calculated("Sub", 0.0, value)

    def boolop(self, node):
        join = all if isinstance(node.op, ast.And) else any
        return join(self.value(part) is True for part in node.values)

    def binop(self, node):
        return calculated(type(node.op).__name__, self.value(node.left), self.value(node.right))

    def ifexp(self, node):
        return self.value(node.body if self.value(node.test) is True else node.orelse)

    def call(self, node):
        values = [self.value(part) for part in node.args]
        if node.func.id == "has":
            return values[0] is not MISSING
        if not all(isinstance(value, str) for value in values):
            return False if node.func.id == "contains" else MISSING
        return values[1] in values[0] if node.func.id == "contains" else values[0].lower()

    def compare(self, node):
        values = [self.value(part) for part in (node.left, *node.comparators)]
        return all(compared(type(op).__name__, *values[n : n + 2]) for n, op in enumerate(node.ops))


def kind(value):
    return type(value) if isinstance(value, bool | str | list) else float


def calculated(sign, a, b):
    if a is MISSING or b is MISSING or kind(a) is not float or kind(b) is not float or (sign == "Div" and b == 0):
        return MISSING
    return SIGNS[sign](a, b)


def compared(sign, a, b):
    if a is MISSING or b is MISSING:
        return False
    if sign in {"In", "NotIn"}:
        return isinstance(b, list) and any(compared("Eq", a, value) for value in b) == (sign == "In")
    if kind(a) is not kind(b):
        return False
    if sign in {"Eq", "NotEq"}:
        return (a == b) == (sign == "Eq")
    return kind(a) is float and ORDER[sign](a, b)
