"""What became of planted mistakes: results, totals, and the page that shows them."""

from collections.abc import Iterable, Iterator, Sequence

import attrs

from planted_mistakes import CATEGORIES, ORIGINS, ROOT, Mistake

PAGE = ROOT / "docs" / "explanation" / "planted-mistakes.md"
_BEGIN, _END = "<!-- written by nox -s mutation -->", "<!-- end -->"
CAUGHT = ("contract", "properties")


@attrs.frozen(kw_only=True)
class Result:
    """What became of one mistake.

    Attributes:
        mistake: the mistake.
        by: `contract` or `properties`, which caught it; `nobody` when the run broke; else empty.
        check: the check that failed first.
        in_words: whether it said so in words of the kit, and not by a traceback.
        message: what it said.
        took_s: seconds.
    """

    mistake: Mistake
    by: str = ""
    check: str = ""
    in_words: bool = False
    message: str = ""
    took_s: float = 0.0

    @property
    def key(self) -> tuple[str, ...]:
        """What was tried."""
        mistake = self.mistake
        return (mistake.plugin, mistake.file, mistake.old, mistake.new)

    @property
    def is_caught(self) -> bool:
        """Whether a check failed."""
        return self.by in CAUGHT

    @property
    def fault(self) -> str:
        """What is wrong with the row of the table, or with the run; empty when all is well."""
        mistake = self.mistake
        name = f"{mistake.plugin}/{mistake.name}"
        if self.by == "nobody":
            return f"{name}: {self.message}"
        if mistake.same and self.is_caught:
            return f"{name}: `same` says that nothing changes, and {self.check} failed."
        told = mistake.unseen or mistake.escapes
        if told and self.is_caught:
            return f"{name}: the table says why it is not caught, and {self.check} catches it."
        if not (mistake.same or told or self.is_caught):
            return f"{name}: it is not caught. Add a check, or say in `escapes` why there is none."
        return ""


@attrs.frozen(kw_only=True)
class Totals:
    """Numbers of some results."""

    planted: int
    changing: int
    shown: int
    contract: int
    properties: int

    @property
    def caught(self) -> int:
        """Mistakes that some check found."""
        return self.contract + self.properties

    @property
    def share(self) -> float:
        """The part of those that the emulator shows that was caught."""
        return self.caught / self.shown if self.shown else 1.0

    @property
    def whole_share(self) -> float:
        """The part of all that change something that was caught."""
        return self.caught / self.changing if self.changing else 1.0

    def row(self, name: str) -> str:
        """Return a line of a table."""
        cells = (self.planted, self.changing, self.shown, self.contract, self.properties)
        counts = " | ".join(map(str, cells))
        return f"| {name} | {counts} | {self.share:.0%} | {self.whole_share:.0%} |"


def totals(results: Iterable[Result]) -> Totals:
    """Count."""
    all_of = [*results]
    changing = [result for result in all_of if not result.mistake.same]
    by = [result.by for result in changing]
    return Totals(
        planted=len(all_of),
        changing=len(changing),
        shown=sum(not result.mistake.unseen for result in changing),
        contract=by.count("contract"),
        properties=by.count("properties"),
    )


def table_of(results: Sequence[Result]) -> str:
    """Return the numbers by category and by plugin."""
    head = "| {} | planted | change | shown | contract | properties | of shown | of change |"
    lines = [head.format("category"), f"|{' --- |' * 8}"]
    for name, meaning in CATEGORIES.items():
        found = [result for result in results if result.mistake.category == name]
        lines += [totals(found).row(f"{name}: {meaning}")] if found else []
    lines += [totals(results).row("**all**"), "", head.format("plugin"), lines[1]]
    for plugin in dict.fromkeys(result.mistake.plugin for result in results):
        found = [result for result in results if result.mistake.plugin == plugin]
        lines.append(totals(found).row(plugin))
    return "\n".join(lines)


def write_page(results: Sequence[Result]) -> None:
    """Write the tables of the page anew; the rest of it is written by hand."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    tables = "\n".join(_tables(results))
    PAGE.write_text(f"{before}{_BEGIN}\n\n{tables}\n\n{_END}{after}", encoding="utf-8")


def _tables(results: Sequence[Result]) -> Iterator[str]:
    origins = [result.mistake.origin for result in results]
    told = [f"{origins.count(name)} {meaning}" for name, meaning in ORIGINS.items()]
    yield f"Of the mistakes, {', '.join(told)}.\n\n{table_of(results)}\n\nNot caught:\n"
    yield "| mistake | why |\n| --- | --- |"
    for result in results:
        if not (result.mistake.same or result.is_caught):
            told = f"not shown: {result.mistake.unseen}" if result.mistake.unseen else ""
            yield f"| {_name(result)} | {told or result.mistake.escapes} |"
    yield "\nEach mistake:\n\n| mistake | of | caught by |\n| --- | --- | --- |"
    for result in results:
        yield f"| {_name(result)} | {result.mistake.category} | {_how(result)} |"


def _name(result: Result) -> str:
    return f"{result.mistake.plugin}: {result.mistake.name.replace('-', ' ')}"


def _how(result: Result) -> str:
    if result.is_caught:
        words = "" if result.in_words else " (by an error of the library)"
        return f"{result.by}: `{result.check.partition('[')[0]}`{words}"
    return f"it changes nothing: {result.mistake.same}" if result.mistake.same else "nothing"
