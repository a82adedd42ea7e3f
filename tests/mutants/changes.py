"""The small changes that `make mutants` plants: each is a mistake that somebody could make.

Never touches a file: source text in, changed source text out. What no test
should have to notice is left alone: texts, asserts, annotations, the values
of named limits.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Lt: ast.LtE, ast.LtE: ast.Lt,
    ast.Gt: ast.GtE, ast.GtE: ast.Gt,
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult,
}
FUNCTIONS = {"min": "max", "max": "min", "add": "subtract", "subtract": "add", "any": "all",
             "all": "any"}
LEFT_ALONE = (ast.Assert, ast.JoinedStr, ast.arguments, ast.Import, ast.ImportFrom)
"""No change in there."""


@dataclass(frozen=True)
class Mutant:
    """One change of one file."""

    path: str
    """Below fixgw/."""
    line: int
    source: str
    """That line as it is, without the space around it."""
    change: str
    """Of it: in words, short."""
    number: int
    """Which of the file's changes it is."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.change}: {self.source}"


def mutants(path: str, source: str) -> list[Mutant]:
    """Every change there is of the file *path* with this *source*."""
    lines = source.splitlines()
    return [
        Mutant(path, line, lines[line - 1].strip(), change, number)
        for number, (line, change, _) in enumerate(_changes(ast.parse(source)))
    ]


def changed(source: str, number: int) -> str:
    """*source* with the change of that *number*."""
    tree = ast.parse(source)
    for each, (_, _, change) in enumerate(_changes(tree)):
        if each == number:
            change()
            return ast.unparse(ast.fix_missing_locations(tree))
    raise AssertionError(f"there is no change {number}")


_Change = tuple[int, str, Callable[[], None]]
"""On which line, what, and how."""


def _changes(tree: ast.Module) -> Iterator[_Change]:
    """Changes of *tree*: of what functions do, in the order of the source."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            for number, statement in enumerate(node.body):
                if number or not _is_text(statement):
                    yield from _of_statement(node.body, number)


def _of_statement(body: list[ast.stmt], number: int) -> Iterator[_Change]:
    statement = body[number]
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef, *LEFT_ALONE)):
        return
    if _may_be_left_out(statement):
        def leave_out() -> None:
            body[number] = ast.copy_location(ast.Pass(), statement)

        yield statement.lineno, "left out", leave_out
    if isinstance(statement, ast.Return) and statement.value is not None:
        yield from _of_return(statement)
    if isinstance(statement, (ast.If, ast.While)):
        yield from _of_condition(statement)
    for inner in ("body", "orelse", "finalbody"):
        block = getattr(statement, inner, [])
        if isinstance(block, list):
            for each in range(len(block)):
                yield from _of_statement(block, each)
    for handler in getattr(statement, "handlers", []):
        for each in range(len(handler.body)):
            yield from _of_statement(handler.body, each)
    for case in getattr(statement, "cases", []):
        for each in range(len(case.body)):
            yield from _of_statement(case.body, each)
    for child in ast.iter_child_nodes(statement):
        if not isinstance(child, (ast.stmt, ast.excepthandler, ast.match_case)):
            if not (isinstance(statement, ast.AnnAssign) and child is statement.annotation):
                yield from _of_expression(child)


def _may_be_left_out(statement: ast.stmt) -> bool:
    """A call for what it does, and what is put somewhere that outlives the function."""
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Call)
    if isinstance(statement, ast.Assign):
        return all(isinstance(each, (ast.Attribute, ast.Subscript)) for each in statement.targets)
    if isinstance(statement, ast.AugAssign):
        return True
    return isinstance(statement, (ast.Raise, ast.Delete, ast.Continue, ast.Break)) or (
        isinstance(statement, ast.Return) and statement.value is None
    )


def _of_return(statement: ast.Return) -> Iterator[_Change]:
    value = statement.value
    if isinstance(value, (ast.Constant, ast.Compare, ast.BoolOp)) or (
        isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not)
    ):
        return  # changed as an expression

    def nothing() -> None:
        statement.value = ast.Constant(None)

    yield statement.lineno, "returns None", nothing


def _of_condition(statement: ast.If | ast.While) -> Iterator[_Change]:
    test = statement.test
    if isinstance(test, (ast.Compare, ast.BoolOp)) or isinstance(test, ast.UnaryOp):
        return

    def negate() -> None:
        statement.test = ast.UnaryOp(ast.Not(), test)

    if isinstance(statement, ast.If):
        yield statement.lineno, "condition negated", negate


def _of_expression(root: ast.AST) -> Iterator[_Change]:
    if isinstance(root, LEFT_ALONE):
        return
    match root:
        case ast.Compare(ops=[operator]) if type(operator) in COMPARISONS:
            yield _set(root, "ops", [COMPARISONS[type(operator)]()], "compared otherwise")
        case ast.BoolOp(op=ast.And()):
            yield _set(root, "op", ast.Or(), "and -> or")
        case ast.BoolOp(op=ast.Or()):
            yield _set(root, "op", ast.And(), "or -> and")
        case ast.BinOp(op=operator) if type(operator) in OPERATORS and not _is_text_of(root):
            yield _set(root, "op", OPERATORS[type(operator)](), "counted otherwise")
        case ast.UnaryOp(op=ast.Not()):
            def positive(node: ast.UnaryOp = root) -> None:
                node.operand = ast.UnaryOp(ast.Not(), node.operand)

            yield root.lineno, "not left out", positive
        case ast.Constant(value=bool(value)):
            yield _set(root, "value", not value, f"{value} -> {not value}")
        case ast.Constant(value=int(value)):
            yield _set(root, "value", value + 1, f"{value} -> {value + 1}")
        case ast.Call(func=ast.Name(id=name)) if name in FUNCTIONS:
            yield _set(root.func, "id", FUNCTIONS[name], f"{name} -> {FUNCTIONS[name]}")
        case ast.IfExp():
            def swap(node: ast.IfExp = root) -> None:
                node.body, node.orelse = node.orelse, node.body

            yield root.lineno, "if and else swapped", swap
    for child in ast.iter_child_nodes(root):
        yield from _of_expression(child)


def _set(node: ast.AST, field: str, value: object, change: str) -> _Change:
    return node.lineno, change, lambda: setattr(node, field, value)  # type: ignore[attr-defined]


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_text_of(node: ast.BinOp) -> bool:
    return any(
        isinstance(side, ast.JoinedStr)
        or isinstance(side, ast.Constant) and isinstance(side.value, str)
        for side in (node.left, node.right)
    )
