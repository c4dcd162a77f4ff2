"""Rules: who is asked, who is in a group. Data that a machine follows and that can say itself.

One small language serves the participant's route, the researcher's subset and the board's sentence:
`{met: [1, 2], saw: [1]}` means *and*; `any:` and `not:` exist; references point backwards only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

BLANK = "blank"
"""What a rule writes for a question that was shown and left empty."""

Value = int | str
Answer = int | str | tuple[int, ...] | None
"""A code, a word, the ticked codes of a choose_many, or None for left empty. Not asked is: no key."""

Answers = Mapping[str, Answer]
Test = Callable[[Answers], bool]
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Is:
    """The leaf: this column holds one of these values."""

    column: str
    any_of: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every rule holds; with no rules at all, always true."""

    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one rule holds."""

    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class NoneOf:
    """Everything else: also those who left it empty or were never asked."""

    rule: Rule


Rule = Is | AllOf | AnyOf | NoneOf

ALWAYS = AllOf(())


def fold(
    rule: Rule,
    leaf: Callable[[Is], Made],
    all_of: Callable[[list[Made]], Made],
    any_of: Callable[[list[Made]], Made],
    none_of: Callable[[Made], Made],
) -> Made:
    """Turn a rule into anything: a truth, a sentence, a mask over a million rows."""

    def folded(each: Rule) -> Made:
        match each:
            case Is():
                return leaf(each)
            case AllOf(rules):
                return all_of([folded(inner) for inner in rules])
            case AnyOf(rules):
                return any_of([folded(inner) for inner in rules])
            case NoneOf(inner):
                return none_of(folded(inner))

    return folded(rule)


def predicate(rule: Rule) -> Test:
    """The rule as a function of what one person has answered so far: folded once, asked on every page."""

    def leaf(each: Is) -> Test:
        def holds_for(answers: Answers) -> bool:
            if each.column not in answers:
                return False
            answer = answers[each.column]
            if answer is None or answer == ():
                return BLANK in each.any_of
            if isinstance(answer, tuple):
                return any(code in each.any_of for code in answer)
            return answer in each.any_of

        return holds_for

    def all_of(parts: list[Test]) -> Test:
        return parts[0] if len(parts) == 1 else lambda answers: all(part(answers) for part in parts)

    def any_of(parts: list[Test]) -> Test:
        return parts[0] if len(parts) == 1 else lambda answers: any(part(answers) for part in parts)

    def none_of(inner: Test) -> Test:
        return lambda answers: not inner(answers)

    return fold(rule, leaf, all_of, any_of, none_of)


def holds(rule: Rule, answers: Answers) -> bool:
    """Does the rule hold for what one person has answered so far?"""
    return predicate(rule)(answers)


def in_words(rule: Rule, naming: Callable[[Is], str] | None = None) -> str:
    """Say the rule as a sentence part; `naming` may say a leaf in the study's own words."""

    def plain(each: Is) -> str:
        return f"{each.column} is {one_of([str(value) for value in each.any_of])}"

    def grouped(parts: Sequence[str], joint: str) -> str:
        return joint.join(
            f"({part})" if len(parts) > 1 and (" or " in part or ", " in part) else part for part in parts
        )

    return fold(
        rule,
        naming or plain,
        lambda parts: grouped(parts, " and ") or "always",
        lambda parts: grouped(parts, ", or ") or "never",
        lambda inner: f"not ({inner}), left empty and not asked included",
    )


def columns(rule: Rule) -> frozenset[str]:
    """Every column that the rule looks at."""
    return fold(rule, lambda each: frozenset({each.column}), _union, _union, lambda inner: inner)


def renamed(rule: Rule, columns: Mapping[str, str]) -> Rule:
    """The same rule, looking at other columns where these are named."""

    def none_of(inner: Rule) -> Rule:
        return NoneOf(inner)

    def leaf(each: Is) -> Rule:
        return Is(columns.get(each.column, each.column), each.any_of)

    return fold(rule, leaf, lambda rules: AllOf(tuple(rules)), lambda rules: AnyOf(tuple(rules)), none_of)


def leaves(rule: Rule) -> tuple[Is, ...]:
    """Every leaf of the rule, in the order written."""
    return fold(rule, lambda each: (each,), _joined, _joined, lambda inner: inner)


def one_of(words: Sequence[str]) -> str:
    """Join words as a person would: a, b or c."""
    return " or ".join(part for part in (", ".join(words[:-1]), words[-1] if words else "") if part)


def _union(parts: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*parts)


def _joined(parts: Iterable[tuple[Is, ...]]) -> tuple[Is, ...]:
    return tuple(each for part in parts for each in part)
