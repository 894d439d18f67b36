"""Draw mistakes at random from the source of a plugin, as rows for its table.

    python tests/scripts/mutation_draw.py fashn --count 3 --seed 13

Each row is one small change of the program: a value of a mapping becomes its neighbour's, an
argument that is named is left out, a word becomes another, a condition is turned round. Look at
each before you add it, and say in `same` why nothing changes where nothing does.
"""

import argparse
import ast
import random
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from planted_mistakes import DECLARED, package_of, plugins

_PROSE = ("help", "source", "homepage", "name", "remedy", "meaning", "message")
"""Arguments that people read, and no program."""
_OF_THE_CORE = ("declared.py", "filling.py")
_MOST_LINES = 3
Change = tuple[ast.expr | ast.keyword, str, str]
"""What is replaced, by what, and of which kind that is."""


def _changes(tree: ast.AST, source: str) -> Iterator[Change]:
    texts = _texts_for_people(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for one, other in zip(node.values, node.values[1:], strict=False):
                yield one, _text(source, other), "a value becomes its neighbour's"
        elif isinstance(node, ast.Call):
            for keyword in node.keywords:
                if keyword.arg not in {None, *_PROSE}:
                    yield keyword, "", "an argument is left out"
        elif isinstance(node, (ast.If, ast.IfExp)):
            yield node.test, f"not ({_text(source, node.test)})", "a condition is turned round"
        elif isinstance(node, ast.Constant) and node not in texts and _is_word(node.value):
            yield node, repr(f"{node.value}x"), "a word becomes another"


def _is_word(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and " " not in value


def _texts_for_people(tree: ast.AST) -> set[ast.AST]:
    found: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg in _PROSE:
            found |= {*ast.walk(node.value)}
        elif isinstance(node, (ast.Expr, ast.JoinedStr, ast.AnnAssign, ast.Raise)):
            found |= {*ast.walk(node)}
    return found


def _text(source: str, node: ast.AST) -> str:
    return ast.get_source_segment(source, node) or ""


def _row(source: str, change: Change) -> tuple[str, str] | None:
    """Return old and new text, with as much around it as makes the old one unique."""
    node, new, _ = change
    lines = source.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line.encode()))
    data = source.encode()
    begin = starts[node.lineno - 1] + node.col_offset
    end = starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
    if not new:  # with the comma before it, or behind it
        before, after = data[:begin].rstrip(), data[end:]
        begin, end = (
            (len(before) - 1, end) if before.endswith(b",") else (begin, end + (after[:1] == b","))
        )
    first, last = node.lineno - 1, node.end_lineno or node.lineno
    first = min(first, data[:begin].count(b"\n"))
    for more in range(_MOST_LINES):
        low, high = starts[max(0, first - more)], starts[min(len(lines), last + more)]
        old = data[low:high].decode().rstrip("\n")
        if source.count(old) == 1:
            return old, (data[low:begin] + new.encode() + data[end:high]).decode().rstrip("\n")
    return None


def drawn(plugin: str, count: int, seed: int) -> Iterator[tuple[str, str, str, str]]:
    """Yield file, kind of change, old and new text of some changes."""
    found = []
    names = _OF_THE_CORE if plugin == DECLARED else ("*.py",)
    for path in sorted(path for name in names for path in package_of(plugin).glob(name)):
        source = path.read_text(encoding="utf-8")
        found += [(path, source, change) for change in _changes(ast.parse(source), source)]
    random.Random(f"{plugin} {seed}").shuffle(found)  # noqa: S311  (a choice, not a secret)
    for path, source, change in found:
        row = _row(source, change)
        if row is None or not _is_program(source.replace(*row)):
            continue
        yield path.name, change[2], *row
        count -= 1
        if count == 0:
            return


def _is_program(source: str) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


def main() -> None:
    """Print rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("plugin", choices=[*plugins()])
    parser.add_argument("--count", type=int, default=3)
    parser.add_argument("--seed", type=int, default=13)
    asked = parser.parse_args()
    for number, (file, kind, old, new) in enumerate(
        drawn(asked.plugin, asked.count, asked.seed), 1
    ):
        sys.stdout.write(
            f'[[mistake]]\nname = "drawn-{number}"  # {kind}\ncategory = ""\norigin = "drawn"\n'
            f"file = \"{file}\"\nold = '''\n{old}'''\nnew = '''\n{new}'''\n\n"
        )


if __name__ == "__main__":
    main()
