"""The table of promises: each with its mechanism, its tests, its controls and the verdict of a run just now.

`make promises` prints it, ONLY="P06 P19" prints these; exit 1 where a promise is broken. What did not run is not kept.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import xml.etree.ElementTree as Tree
from collections.abc import Sequence
from pathlib import Path

import yaml

HERE = Path(__file__).parent
PROMISES = yaml.safe_load((HERE / "promises.yaml").read_text(encoding="utf-8"))
KINDS = {"tests": "test", "controls": "control"}
WORST = ("passed", "skipped", "failed")


def named(ids: Sequence[str]) -> list[str]:
    """Every test and control that these promises name, as pytest is given it."""
    return list(dict.fromkeys(f"tests/{each}" for id in ids for kind in KINDS for each in PROMISES[id][kind]))


def verdicts(report: Path) -> dict[str, tuple[str, float]]:
    """file::test → what came of it, and seconds; of several cases of one test the worst."""
    found: dict[str, tuple[str, float]] = {}
    for case in Tree.parse(report).iter("testcase"):
        name = f"{case.get('classname', '').split('.')[1]}.py::{case.get('name', '').split('[')[0]}"
        came = (
            "failed"
            if case.find("failure") is not None or case.find("error") is not None
            else "skipped"
            if case.find("skipped") is not None
            else "passed"
        )
        before = found.get(name, ("passed", 0.0))
        found[name] = (max(before[0], came, key=WORST.index), before[1] + float(case.get("time", 0)))
    return found


def of_name(name: str, found: dict[str, tuple[str, float]]) -> tuple[str, float]:
    """What came of one test, or of a whole file of them; one that did not run has failed."""
    came = [each for test, each in found.items() if test == name or test.startswith(f"{name}::")]
    return (
        max((each[0] for each in came), key=WORST.index, default="failed"),
        sum(each[1] for each in came),
    )


def told(id: str, found: dict[str, tuple[str, float]]) -> tuple[str, list[str]]:
    """The verdict on one promise, and the lines that tell it."""
    promise = PROMISES[id]
    came = [(word, name, *of_name(name, found)) for kind, word in KINDS.items() for name in promise[kind]]
    verdict = {"passed": "kept", "skipped": "SKIPPED", "failed": "BROKEN"}[
        max((each[2] for each in came), key=WORST.index)
    ]
    seconds = sum(each[3] for each in came)
    return verdict, [
        f"{id}  {verdict:<7} {seconds:6.1f} s  {promise['promise']}",
        f"     {'how':<7} {'':6}    {promise['mechanism']}",
        *(
            f"     {word:<7} {took:6.1f} s  {name}{'' if what == 'passed' else f'  {what.upper()}'}"
            for word, name, what, took in came
        ),
    ]


def main(ids: Sequence[str]) -> int:
    """Run what the promises name, and print the table; 1 where one is broken, 2 for a promise that there is not."""
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
    count = {verdict: [each for each, _ in rows].count(verdict) for verdict in ("kept", "SKIPPED", "BROKEN")}
    print(", ".join(f"{number} {verdict}" for verdict, number in count.items() if number or verdict == "kept"))
    return 1 if count["BROKEN"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
