"""The table of promises: each with its mechanism, its tests, its controls and the verdict of a run just now.

`make promises` prints it, ONLY="P06 P19" prints these; exit 1 where a promise is broken. What did not run is not kept: it is
said to be skipped, and why. In CI (CI=true) and with --all-must-run, as in `make proof`, that is exit 3.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as Tree
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

HERE = Path(__file__).parent
PROMISES = yaml.safe_load((HERE / "promises.yaml").read_text(encoding="utf-8"))
KINDS = {"tests": "test", "controls": "control"}
WORST = ("passed", "skipped", "failed")
ALL_MUST_RUN = "--all-must-run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What came of a test, in how many seconds, and why it was skipped."""

    what: str
    seconds: float = 0.0
    why: str = ""


def named(ids: Sequence[str]) -> list[str]:
    """Every test and control that these promises name, as pytest is given it."""
    return list(dict.fromkeys(f"tests/{each}" for id in ids for kind in KINDS for each in PROMISES[id][kind]))


def verdicts(report: Path) -> dict[str, Came]:
    """file::test → what came of it; of several cases of one test the worst. A file that was skipped whole is there as it is."""
    found: dict[str, Came] = {}
    for case in Tree.parse(report).iter("testcase"):
        module, test = case.get("classname", ""), case.get("name", "").split("[")[0]
        name = f"{module.split('.')[1]}.py::{test}" if module else f"{test.split('.')[-1]}.py"
        found[name] = worst([found.get(name, Came(what="passed")), came(case)])
    return found


def came(case: Tree.Element) -> Came:
    """What the report says of one case."""
    seconds, skipped = float(case.get("time", 0)), case.find("skipped")
    if case.find("failure") is not None or case.find("error") is not None:
        return Came(what="failed", seconds=seconds)
    if skipped is None:
        return Came(what="passed", seconds=seconds)
    why = skipped.get("message", "")
    if why == "collection skipped":  # a whole file: the reason stands at the end of a line with its place
        why = (skipped.text or "").split("Skipped: ")[-1].strip("')")
    return Came(what="skipped", seconds=seconds, why=why)


def worst(several: Sequence[Came]) -> Came:
    """The worst of several, their seconds together; what did not run at all has failed."""
    first = max(several, key=lambda each: WORST.index(each.what), default=Came(what="failed"))
    return Came(what=first.what, seconds=sum(each.seconds for each in several), why=first.why)


def of_name(name: str, found: dict[str, Came]) -> Came:
    """What came of one test, or of a whole file of them."""
    file = name.split("::")[0]
    return worst([came for test, came in found.items() if test in (name, file) or test.startswith(f"{name}::")])


def told(id: str, found: dict[str, Came]) -> tuple[str, list[str]]:
    """The verdict on one promise, and the lines that tell it."""
    promise = PROMISES[id]
    all_of = [(word, name, of_name(name, found)) for kind, word in KINDS.items() for name in promise[kind]]
    whole = worst([came for *_, came in all_of])
    verdict = {"passed": "kept", "skipped": "SKIPPED", "failed": "BROKEN"}[whole.what]
    return verdict, [
        f"{id}  {verdict:<7} {whole.seconds:6.1f} s  {promise['promise']}",
        f"     {'how':<7} {'':6}    {promise['mechanism']}",
        *(
            f"     {word:<7} {came.seconds:6.1f} s  {name}{'' if came.what == 'passed' else f'  {came.what.upper()}'}"
            for word, name, came in all_of
        ),
    ]


def not_run(ids: Sequence[str], found: dict[str, Came]) -> list[str]:
    """A line for each test that was skipped: which, and why."""
    names = dict.fromkeys(each for id in ids for kind in KINDS for each in PROMISES[id][kind])
    skipped = {name: came.why for name in names if (came := of_name(name, found)).what == "skipped"}
    return [f"  {name}: {why.removeprefix('SKIPPED LOUDLY: ')}" for name, why in skipped.items()]


def main(said: Sequence[str]) -> int:
    """Run what the promises name, and print the table.

    1 where one is broken, 2 for a promise that there is not, 3 where one was skipped and none may be.
    """
    all_must_run = ALL_MUST_RUN in said or os.environ.get("CI") == "true"
    ids = [each for each in said if each != ALL_MUST_RUN]
    if unknown := [id for id in ids if id not in PROMISES]:
        print(f"There is no promise {', '.join(unknown)}; there are {', '.join(PROMISES)}.", file=sys.stderr)
        return 2
    ids = ids or list(PROMISES)
    with tempfile.TemporaryDirectory() as there:
        report = Path(there) / "report.xml"
        options = ["-q", "-n", "auto", "--timeout", "900", f"--junitxml={report}"]
        command = [sys.executable, "-m", "pytest", *options, *named(ids)]
        subprocess.run(command, cwd=HERE.parent, stdout=sys.stderr, check=False)
        found = verdicts(report)
    rows = [told(id, found) for id in ids]
    for _, lines in rows:
        print(*lines, sep="\n")
    if missing := not_run(ids, found):
        print("SKIPPED LOUDLY, so that nothing is known here of the promises that name them:", *missing, sep="\n")
    count = {verdict: [each for each, _ in rows].count(verdict) for verdict in ("kept", "SKIPPED", "BROKEN")}
    print(", ".join(f"{number} {verdict}" for verdict, number in count.items() if number or verdict == "kept"))
    return 1 if count["BROKEN"] else 3 if count["SKIPPED"] and all_must_run else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
