"""Measures the order core: `python -m tests.structure [--functions]`.

Prints what the design sets targets for: code lines, files that a venue's fill enters, bytecodes
that an order costs, fields of a proof that are set from outside. Asserts nothing: a number is for
whoever changes the core to compare with the one before.
"""

import ast
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from tests.support.orders import Exchange, accepted, fill

CORE = Path(__file__).parents[1] / "fixgw" / "core"


def code_lines(path: Path) -> int:
    """Return the lines of *path* that hold code: no blanks, comments or docstrings."""
    source = path.read_text(encoding="utf-8")
    texts: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            if isinstance(node.value.value, str):
                texts.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return sum(
        bool(line.strip()) and not line.strip().startswith("#") and number not in texts
        for number, line in enumerate(source.splitlines(), 1)
    )


def entered(act: Callable[[], object]) -> list[str]:
    """Return the files of the core that *act* enters, in order, each time it comes from another."""
    files: list[str] = []

    def on_call(frame: FrameType, event: str, argument: Any) -> None:
        if event in ("call", "return"):
            at = frame if event == "call" else frame.f_back
            name = at.f_code.co_filename if at is not None else ""
            if str(CORE) in name and (not files or files[-1] != name):
                files.append(name)

    sys.setprofile(on_call)
    try:
        act()
    finally:
        sys.setprofile(None)
    return [Path(name).name for name in files]


def bytecodes(act: Callable[[], object]) -> Counter[str]:
    """Return how many bytecodes *act* executes in each function of the core."""
    count: Counter[str] = Counter()

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        code = frame.f_code
        if str(CORE) not in code.co_filename:
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "opcode":
            count[f"{Path(code.co_filename).name} {code.co_qualname}"] += 1
        return trace

    sys.settrace(trace)
    try:
        act()
    finally:
        sys.settrace(None)
    return count


def set_from_outside() -> Iterator[str]:
    """Yield each assignment to a field of a PendingProof outside its file."""
    fields = {"due", "submit", "question", "cancel", "lack", "asks", "again", "seen_at"}
    for path in CORE.rglob("*.py"):
        if path.name == "proof.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for target in getattr(node, "targets", ()):
                if isinstance(target, ast.Attribute) and target.attr in fields:
                    if isinstance(target.value, ast.Name) and target.value.id in ("proof", "watch"):
                        yield f"{path.name}:{node.lineno}"


def life() -> None:
    """One order: placed, accepted, filled in two executions."""
    exchange = Exchange()
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(accepted(), fill("t1", 4), fill("t2", 6))


def main() -> None:
    lines = {str(path.relative_to(CORE)): code_lines(path) for path in CORE.rglob("*.py")}
    print(f"code lines of core: {sum(lines.values())}")
    for name, count in sorted(lines.items(), key=lambda each: -each[1])[:8]:
        print(f"    {count:5} {name}")
    exchange = Exchange()
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(accepted())
    word = fill("t1", 4)(exchange, exchange.order())
    files = entered(lambda: exchange.engine.handle(word, exchange.moment))
    back = len(files) - len(set(files))
    print(f"a venue's fill enters {len(set(files))} files {len(files)} times, {back} of them again")
    count = bytecodes(life)
    count.subtract(bytecodes(Exchange))
    print(f"bytecodes in the core for an order with two executions: {count.total()}")
    if "--functions" in sys.argv:
        for name, each in count.most_common():
            print(f"    {each:5} {name}")
    print(f"fields of a proof set outside its file: {len(list(set_from_outside()))}")


if __name__ == "__main__":
    main()
