"""The systemd units and the files beside them, as the tools of Debian judge them."""

import re
import shutil
import subprocess
from pathlib import Path

from deploy.tried import ROOT, Tried

MOST_EXPOSED = 1.5  # of 10; a unit without any hardening has 9.6
PLACE = "/srv/ridewatch"


def check(work: Path, tried: Tried) -> None:
    units = work / "units"
    units.mkdir()
    for path in sorted((ROOT / "deploy").glob("*.service")):
        text = path.read_text()
        # `verify` wants to see the programs that are started.
        (units / path.name).write_text(text.replace(PLACE, str(ROOT)))
    for path in sorted(units.glob("*.service")):
        found = said(["systemd-analyze", "verify", "--man=no", str(path)])
        tried.that(f"systemd-analyze verify {path.name}", not found.strip(), found.strip())
        found = said(["systemd-analyze", "security", "--offline=true", "--no-pager", str(path)])
        score = re.search(r"exposure level for \S+: ([0-9.]+)", found)
        value = float(score[1]) if score else 10
        tried.that(f"systemd-analyze security {path.name}: at most {MOST_EXPOSED}", value <= MOST_EXPOSED, value)
    rotating = work / "logrotate.conf"
    shutil.copy(ROOT / "deploy/logrotate.conf", rotating)
    rotating.chmod(0o644)
    log = work / "ridewatch.log"
    log.write_text("a line\n")
    rotating.write_text(
        rotating.read_text().replace("/var/log/nginx/ridewatch.log", str(log)).replace("www-data adm", "root root")
    )
    found = said(["logrotate", "--force", "--state", str(work / "logrotate.state"), str(rotating)])
    is_rotated = (work / "ridewatch.log.1").exists() and log.read_text() == ""
    tried.that("logrotate turns nginx's log over", is_rotated, found.strip())


def said(command: list[str]) -> str:
    done = subprocess.run(command, check=False, text=True, capture_output=True)  # noqa: S603
    return done.stdout + done.stderr
