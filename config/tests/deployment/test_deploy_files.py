"""What lies in deploy/, as far as it can be judged without running it; script/deploy-test runs it."""

import re
import shlex
import sys
from pathlib import Path

import pytest
import yaml
from django.conf import settings

sys.path.append(str(settings.BASE_DIR / "script" / "lib"))
from deploy.containerfile import steps_of

ROOT = Path(settings.BASE_DIR)
DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
OURS = {name: how for name, how in COMPOSE["services"].items() if how["image"] == "ridewatch"}
UNITS = sorted(DEPLOY.glob("*.service"))


def keys_of(unit: Path) -> dict[str, str]:
    lines = [line.partition("=") for line in unit.read_text().splitlines() if "=" in line and line[0] not in "#["]
    return {name: value for name, _, value in lines}


def variables_of(path: Path) -> dict[str, str]:
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def test_services_log_in_json_and_no_proxy_shows_their_figures():
    for unit in UNITS:
        assert "LOG_FORMAT=json" in keys_of(unit)["Environment"].split(), unit.name
    assert variables_of(DEPLOY / "ridewatch.env.example")["LOG_FORMAT"] == "json"
    assert re.search(r"location = /metrics \{\s+return 404;", (DEPLOY / "nginx.conf").read_text())
    assert re.search(r"handle /metrics \{\s+respond 404", (DEPLOY / "Caddyfile").read_text())


def test_the_image_runs_as_an_ordinary_user_and_says_whether_it_is_healthy():
    steps = list(steps_of((DEPLOY / "Containerfile").read_text()))
    last = steps[[step.instruction for step in steps].index("FROM", 1) :]
    said = {step.instruction: step.text for step in last}
    assert said["USER"] == "ridewatch"
    assert "useradd" in next(step.text for step in last if step.instruction == "RUN")
    assert (ROOT / "deploy/healthcheck.py").is_file()
    assert said["HEALTHCHECK"].endswith('CMD ["python", "deploy/healthcheck.py"]')
    assert [step.instruction for step in last].index("USER") < [step.instruction for step in last].index("CMD")


def test_a_line_that_is_no_instruction_is_refused():
    with pytest.raises(ValueError, match="no instruction: && true"):
        list(steps_of("RUN true\n&& true\n"))


def test_lines_that_go_on_are_one_step():
    steps = [tuple(step) for step in steps_of("# why\nRUN a \\\n    && b\n\nUSER x\n")]
    assert steps == [("RUN", "a && b"), ("USER", "x")]


def test_the_services_of_ours_can_write_nowhere_but_their_volume():
    assert set(OURS) == {"prepare", "web", "clock", "worker"}
    for how in OURS.values():
        assert (how["read_only"], how["cap_drop"]) == (True, ["ALL"])
        assert how["security_opt"] == ["no-new-privileges:true"]
        assert how["volumes"] == ["data:/var/lib/ridewatch"]
        assert "ports" not in how


def test_every_service_comes_back_and_its_log_is_bounded():
    for name, how in COMPOSE["services"].items():
        assert how["restart"] == ("on-failure" if name == "prepare" else "always")
        assert set(how["logging"]["options"]) == {"max-size", "max-file"}


def test_services_wait_for_what_they_need_and_no_volume_is_unknown():
    for how in COMPOSE["services"].values():
        assert set(how.get("depends_on", {})) <= set(COMPOSE["services"])
        named = {volume.split(":")[0] for volume in how.get("volumes", []) if volume[0] != "."}
        assert named <= set(COMPOSE["volumes"])
        for volume in how.get("volumes", []):
            assert volume[0] != "." or "tls" in volume or (DEPLOY / volume.split(":")[0]).is_file()


def test_the_proxy_of_compose_finds_in_nginx_conf_what_it_replaces():
    script = COMPOSE["services"]["proxy"]["command"][2]
    replaced = [words.split("|")[1] for words in shlex.split(script) if words.startswith("s|")]
    text = (DEPLOY / "nginx.conf").read_text()
    assert len(replaced) == 2
    assert all(each in text for each in replaced)


def test_compose_sets_only_variables_that_are_known():
    known = set(re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.M))
    for name in variables_of(DEPLOY / "ridewatch.env.example"):
        assert name in known or name.startswith(("MARIADB_", "GRANIAN_"))


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_comes_back_and_is_fenced_in(unit):
    keys = keys_of(unit)
    assert (keys["Restart"], keys["RestartSec"], keys["KillMode"]) == ("always", "5", "control-group")
    assert (keys["User"], keys["NoNewPrivileges"], keys["ProtectSystem"]) == ("ridewatch", "yes", "strict")
    assert keys["CapabilityBoundingSet"] == ""
    assert keys["LogNamespace"] == "ridewatch"
    assert (DEPLOY / "journald@ridewatch.conf").is_file()
    assert keys.get("ProcSubset", "all") == "all", "runners are known by /proc/sys/kernel/random/boot_id"


def test_the_limits_of_the_proxies_are_those_of_the_service():
    assert settings.DATA_UPLOAD_MAX_MEMORY_SIZE == 1_048_576
    assert "client_max_body_size 1m;" in (DEPLOY / "nginx.conf").read_text()
    assert "max_size 1MB" in (DEPLOY / "Caddyfile").read_text()
