"""Mutation checks of the rules, by mutmut: each module with the cheapest tests that should notice a change in it.

Run by script/mutants in a copy of the tree, which mutmut fills with its own files. Prints what survives as it goes,
and a table at the end.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

MEASURES, DAILY = "stats/measures/tests/", "stats/daily/tests/"
WINDOW_TESTS = (
    f"{MEASURES}test_window_measures.py",
    f"{MEASURES}test_window_pieces.py",
    f"{MEASURES}test_golden_windows.py",
)
COLLECTION = "snapshots/collection/tests/test_"
TESTS: dict[str, tuple[str, ...]] = {
    "snapshots/status.py": (
        "snapshots/tests/test_status.py",
        "snapshots/tests/test_open_flag.py",
        "snapshots/tests/test_displayed_status.py",
    ),
    "snapshots/score.py": ("snapshots/tests/test_score.py",),
    "snapshots/park_open.py": ("snapshots/tests/test_park_open.py",),
    "snapshots/collection/rows.py": (
        f"{COLLECTION}cycle_rows.py",
        f"{COLLECTION}collection_parks.py",
        f"{COLLECTION}collection_rides.py",
        f"{COLLECTION}collection_changes.py",
        f"{COLLECTION}collection_queues.py",
        f"{COLLECTION}collection_twice.py",
    ),
    "stats/readings/shared.py": ("stats/readings/tests/test_shared.py",),
    "stats/measures/outages.py": (f"{MEASURES}test_outages.py",),
    "stats/measures/hours.py": (f"{MEASURES}test_hours.py",),
    "stats/measures/hours_open.py": (f"{MEASURES}test_hours_open.py",),
    "stats/measures/bucket_sums.py": (f"{MEASURES}test_bucket_sums.py",),
    "stats/readings/period_sums.py": ("stats/readings/tests/test_period_sums.py",),
    "stats/measures/timeline.py": (f"{MEASURES}test_timeline.py",),
    "core/database/expressions.py": WINDOW_TESTS,
    "stats/measures/windows.py": (f"{MEASURES}test_windows.py", f"{MEASURES}test_window_pieces.py"),
    "stats/measures/ride_measures.py": (f"{MEASURES}test_ride_measures.py", f"{MEASURES}test_numbers.py"),
    "stats/measures/buckets.py": WINDOW_TESTS,
    "stats/measures/window_measures.py": WINDOW_TESTS,
    "stats/daily/compute.py": (f"{DAILY}test_daily_rows.py", f"{DAILY}test_days_at_once.py"),
    "stats/daily/recompute.py": (f"{DAILY}test_recompute.py", f"{DAILY}test_recompute_runs.py"),
    "stats/daily/versions.py": (f"{DAILY}test_versions.py",),
}
APPS = (
    "config",
    "core",
    "parks",
    "snapshots",
    "stats",
    "weather",
    "importer",
    "outages",
    "visits",
    "assistant",
    "dashboard",
)
HEAD = f"{'module':32} {'mutants':>12} {'killed':>7} {'survived':>9} {'%':>6} {'time':>8}"
SURVIVED, NO_TESTS = 0, 33  # exit statuses as mutmut keeps them; a mutant that times out is killed
SETTINGS = """[mutmut]
source_paths =
{apps}
only_mutate =
    {module}
also_copy =
    conftest.py
    pytest.ini
pytest_add_cli_args =
    -p
    no:cacheprovider
    --nomigrations
pytest_add_cli_args_test_selection =
{tests}
timeout_multiplier = 10
timeout_constant = 6
use_git_change_detection = false
track_dependencies = false
"""


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a module's mutants."""

    module: str
    mutants: int  # that there are
    tried: int
    survivors: tuple[str, ...]
    seconds: int

    def __str__(self) -> str:
        killed = self.tried - len(self.survivors)
        percent = f"{100 * killed / self.tried:.0f} %" if self.tried else "-"
        tried = str(self.tried) if self.tried == self.mutants else f"{self.tried} of {self.mutants}"
        return f"{self.module:32} {tried:>12} {killed:7} {len(self.survivors):9} {percent:>6} {self.seconds:6} s"


def mutmut(*arguments: str) -> str:
    """What mutmut says; whether it succeeded does not matter, its results lie in files."""
    command = [sys.executable, "-m", "mutmut", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603  (our own words)


def check(module: str, most: int) -> Checked:
    """Mutants of one module, a random but fixed choice when there are more than `most`."""
    began = time.monotonic()
    shutil.rmtree("mutants", ignore_errors=True)
    tests = [path for path in TESTS[module] if Path(path).is_file()]
    apps = "\n".join(f"    {app}" for app in APPS)
    settings = SETTINGS.format(apps=apps, module=module, tests="\n".join(f"    {path}" for path in tests))
    Path("setup.cfg").write_text(settings)
    said = mutmut("run", "--max-children", "1", "nothing of this name")  # makes the mutants, and runs the tests once
    results = Path(f"mutants/{module}.meta")
    if not results.is_file() or not Path("mutants/mutmut-stats.json").is_file():
        sys.exit(f"{module}: its tests did not pass, or mutmut failed.\n{said[-3000:]}")
    names = sorted(json.loads(results.read_text())["exit_code_by_key"])
    chosen = names if len(names) <= most else sorted(random.Random(module).sample(names, most))
    if not chosen:
        return Checked(module, 0, 0, (), int(time.monotonic() - began))
    said = mutmut("run", "--max-children", "1", *chosen)
    statuses = json.loads(results.read_text())["exit_code_by_key"]
    untried = [name for name in chosen if statuses[name] is None]
    if untried:
        sys.exit(f"{module}: mutmut left out {len(untried)} mutants.\n{said[-3000:]}")
    survivors = tuple(name for name in chosen if statuses[name] in (SURVIVED, NO_TESTS))
    return Checked(module, len(names), len(chosen), survivors, int(time.monotonic() - began))


def described(mutant: str) -> str:
    """A survivor's name and what it changes, without the frame of the diff."""
    lines = mutmut("show", mutant).splitlines()
    return "\n".join([f"  {mutant}", *(f"    {line}" for line in lines if line[:2] in ("- ", "+ "))])


def main() -> None:
    modules = sys.argv[1:] or list(TESTS)
    unknown = [module for module in modules if module not in TESTS]
    if unknown:
        sys.exit(f"No tests are named for {', '.join(unknown)} in script/lib/mutants.py.")
    most = int(os.environ.get("MUTANTS_MOST", "60"))
    everything = []
    for module in modules:
        checked = check(module, most)
        everything.append(checked)
        print(checked, *map(described, checked.survivors), sep="\n", flush=True)
    mutants, tried, seconds = (
        sum(getattr(each, name) for each in everything) for name in ("mutants", "tried", "seconds")
    )
    survivors = tuple(name for each in everything for name in each.survivors)
    print("", HEAD, *everything, Checked("all", mutants, tried, survivors, seconds), sep="\n")


if __name__ == "__main__":
    main()
