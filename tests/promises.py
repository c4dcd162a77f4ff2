"""The table of promises: each with its mechanism, its tests, its controls and the verdict of a run just now.

`make promises` prints it; exit 1 where a promise is broken. What has no test says so, and is no promise kept.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import xml.etree.ElementTree as Tree
from pathlib import Path

import yaml

HERE = Path(__file__).parent
PROMISES = yaml.safe_load((HERE / "promises.yaml").read_text(encoding="utf-8"))


def named() -> list[str]:
    """Every test and control that a promise names, as pytest is given it."""
    return list(
        dict.fromkeys(f"tests/{each}" for row in PROMISES.values() for each in (*row["tests"], *row["controls"]))
    )


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
        worst = max(before[0], came, key=("passed", "skipped", "failed").index)
        found[name] = (worst, before[1] + float(case.get("time", 0)))
    return found


def row(id: str, found: dict[str, tuple[str, float]]) -> tuple[str, ...]:
    """One line of the table."""
    promise = PROMISES[id]
    of = {
        kind: [
            came
            for name, came in found.items()
            for each in promise[kind]
            if name == each or name.startswith(f"{each}::")
        ]
        for kind in ("tests", "controls")
    }
    came = [each[0] for each in (*of["tests"], *of["controls"])]
    verdict = (
        "NO TEST"
        if not promise["tests"]
        else "BROKEN"
        if "failed" in came or not came
        else "SKIPPED"
        if "skipped" in came
        else "kept"
    )
    took = sum(each[1] for each in (*of["tests"], *of["controls"]))
    return id, promise["promise"], f"{len(promise['tests'])} + {len(promise['controls'])}", verdict, f"{took:.1f}"


def main() -> int:
    """Run what the promises name, and print the table."""
    with tempfile.TemporaryDirectory() as there:
        report = Path(there) / "report.xml"
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-n",
            "auto",
            "--timeout",
            "900",
            f"--junitxml={report}",
            *named(),
        ]
        subprocess.run(command, cwd=HERE.parent, stdout=sys.stderr, check=False)
        found = verdicts(report)
    rows = [("", "promise", "tests + controls", "verdict", "s"), *(row(id, found) for id in sorted(PROMISES))]
    wide = [max(len(line[at]) for line in rows) for at in range(len(rows[0]))]
    for line in rows:
        print("  ".join(cell.ljust(size) for cell, size in zip(line, wide, strict=True)).rstrip())
    return 1 if any(line[3] == "BROKEN" for line in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
