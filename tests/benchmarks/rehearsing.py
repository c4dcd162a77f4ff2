"""What a rehearsal costs: 600 people over HTTP, made-up answers without the survey, and power. `make bench` prints it.

`--million` also writes a million people. No test asserts any of this: machines differ.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

from analysis.power.powers import powers
from analysis.power.shapes import shapes
from analysis.rehearsal import direct
from analysis.rehearsal.measuring import peopled
from analysis.rehearsal.reading import read_with_model
from analysis.rehearsal.running import over_http, served
from instruments import BUNDLED


def quietly(things, *_):
    """Without a bar."""
    return iter(things)


def memory() -> float:
    """The most MiB that this program has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print the table."""
    study, model = read_with_model(BUNDLED)
    population = peopled(study, model)
    print("rehearsal of the bundled study")
    many = [20_000, 200_000] + [1_000_000] * ("--million" in sys.argv)
    with tempfile.TemporaryDirectory() as folder:
        for people in many:
            began = time.process_time()
            direct.write(Path(folder) / "made-up-answers.db", population, (people * 2 // 3, people // 3), 1, quietly)
            took = time.process_time() - began
            print(f"  {people:>9,} people without the survey  {took:6.1f} s CPU, {memory():5.0f} MiB at most")
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, served(BUNDLED, Path(folder), "--made-up") as started:
        seen = over_http(population, (400, 200), 1, started.origin, 4, quietly)
    took = time.perf_counter() - began
    print(f"  600 people over HTTP, scouts included    {took:6.1f} s wall (120), {seen.kept} kept")
    began = time.process_time()
    found = powers(study.plan, shapes(study, model), lambda shape: (60, 120), quietly)
    print(f"  power of {len(found)} lines                        {time.process_time() - began:6.1f} s CPU")


if __name__ == "__main__":
    main()
