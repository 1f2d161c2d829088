"""The upgrade and both ways back of docs/operations.md, on a sample: the commit before the last migration, and now."""

import json
import os
import subprocess
import sys
from pathlib import Path

from deploy.tried import ROOT, Tried, ask, manage, serving

SAMPLE = ("--days", "3", "--destinations", "1")
ASKED = ("/api/parks/downtime?period=yesterday", "/api/rides/downtime?period=yesterday", "/api/health")


def check(work: Path, tried: Tried) -> None:
    old = old_tree(work)
    os.environ["DATABASE_URL"] = os.environ["DEPLOY_DATABASE_URL"]
    os.environ["DATA_DIR"] = str(work / "upgraded")
    tried.that("the old version prepares a sample", manage(old, "prepare_server", *SAMPLE).returncode == 0)
    before = rows(old)
    backup = backed_up(old, work)
    tried.that("script/backup before the upgrade", backup is not None)
    if backup is None:
        return
    upgrade(tried, before)
    back_by_migrations(old, backup, tried)
    tried.that("after the way back every row is as before", rows(old) == before, f"{len(before)} tables")
    answers(old, work, "the old version", tried)
    upgrade(tried, before)
    restored = script(old, "restore", str(backup), "--force")
    tried.that("script/restore with the old version", restored.returncode == 0, restored.stderr[-300:])
    tried.that("after it every row is as before", rows(old) == before)
    answers(old, work, "the old version again", tried)
    tried.that("and the upgrade works again", manage(ROOT, "migrate", "-v0").returncode == 0)
    answers(ROOT, work, "the new version", tried)


def old_tree(work: Path) -> Path:
    """The project before its last migration."""
    last = git("log", "-1", "--no-merges", "--format=%H", "--", ":(glob)*/migrations/0*.py").strip()
    old = work / "old"
    old.mkdir()
    print(f"  old: the commit before {git('log', '-1', '--format=%h %s', last).strip()}", flush=True)
    archive = subprocess.run(["git", "archive", f"{last}^"], cwd=ROOT, check=True, capture_output=True).stdout  # noqa: S603, S607
    subprocess.run(["tar", "x", "-C", str(old)], input=archive, check=True)  # noqa: S603, S607
    (old / ".venv").symlink_to(ROOT / ".venv")
    return old


def upgrade(tried: Tried, before: dict[str, tuple[str, str]]) -> None:
    planned = [line for line in manage(ROOT, "migrate", "--plan").stdout.splitlines() if line[:1].isalpha()]
    tried.that("migrate --plan names the steps", len(planned) > 1, f"{len(planned) - 1} migrations")
    tried.that("the new version migrates", manage(ROOT, "migrate", "-v0").returncode == 0)
    tried.that("its checks find no error", manage(ROOT, "check", "--database", "default").returncode == 0)
    kept = {name: count for name, (count, _) in rows(ROOT).items()}
    tried.that("all rows are there", kept == {name: count for name, (count, _) in before.items()}, kept)


def back_by_migrations(old: Path, backup: Path, tried: Tried) -> None:
    """`manage.py migrate APP NAME` to what the manifest of the backup names last, for each app."""
    last: dict[str, str] = {}
    for name in json.loads((backup / "manifest.json").read_text())["migrations"]:
        app, _, migration = name.partition(".")
        last[app] = max(last.get(app, ""), migration)
    ours = {path.parent.parent.name for path in ROOT.glob("*/migrations/0001*.py")}
    reversed_all = all(
        manage(ROOT, "migrate", "-v0", app, last.get(app, "zero")).returncode == 0 for app in sorted(ours)
    )
    tried.that("the new version migrates back", reversed_all)
    tried.that("the old one has nothing to migrate", manage(old, "migrate", "--check").returncode == 0)


def answers(root: Path, work: Path, who: str, tried: Tried) -> None:
    with serving(root, work / "upgrade.log") as port:
        found = {path: ask(f"http://127.0.0.1:{port}{path}").status for path in ASKED}
    tried.that(f"{who} answers", set(found.values()) == {200}, found)


def rows(root: Path) -> dict[str, tuple[str, str]]:
    """Rows and digest of each table, as the models of a tree see it."""
    command = [sys.executable, str(ROOT / "script/lib/digests.py")]
    done = subprocess.run(command, cwd=root, check=True, text=True, capture_output=True)  # noqa: S603
    return {name: (count, digest) for name, count, digest in map(str.split, done.stdout.splitlines())}


def backed_up(root: Path, work: Path) -> Path | None:
    if script(root, "backup", str(work / "backups")).returncode:
        return None
    return next((work / "backups").glob("ridewatch-*"))


def script(root: Path, name: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([f"script/{name}", *arguments], cwd=root, check=False, text=True, capture_output=True)  # noqa: S603


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, text=True, capture_output=True).stdout  # noqa: S603, S607
