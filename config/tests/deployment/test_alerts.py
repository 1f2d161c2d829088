"""The alert rules and the dashboard that are shipped: Prometheus can read them, and they ask for what there is."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from config import metrics as scrape
from config.tests.processes import ROOT
from core.monitoring import metrics
from snapshots.storage.tables import Connections

RULES = ROOT / "deploy" / "prometheus" / "alerts.yml"
BOARD = ROOT / "deploy" / "grafana" / "ridewatch.json"
SUFFIX = "_(total|bucket)$"
# What happens, and which alert it raises: the input of `promtool test rules`.
CASES = """
rule_files: [{rules}]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - {{series: 'up{{job="ridewatch", instance="a"}}', values: '1x10 0x10'}}
      - {{series: 'ridewatch_database_up{{instance="a"}}', values: '1x10 0x10'}}
    alert_rule_test:
      - {{eval_time: 10m, alertname: RidewatchAway, exp_alerts: []}}
      - {{eval_time: 10m, alertname: RidewatchDatabaseAway, exp_alerts: []}}
      - eval_time: 15m
        alertname: RidewatchAway
        exp_alerts:
          - exp_labels: {{severity: critical, job: ridewatch, instance: a}}
            exp_annotations:
              summary: a does not answer
              action: Look at the service and its log; /healthz says whether the process lives.
  - interval: 1m
    input_series:
      - {{series: 'ridewatch_park_newest_observation_timestamp_seconds{{park_id="1", park="P"}}', values: '0x60'}}
      - {{series: 'ridewatch_parks_active', values: '1x60'}}
      - {{series: 'ridewatch_job_overdue{{name="reconcile", instance="a"}}', values: '0x20 1x40'}}
      - {{series: 'ridewatch_job_overdue{{name="reconcile", instance="b"}}', values: '0x20 1x40'}}
      - {{series: 'ridewatch_database_pool_in_use{{instance="a"}}', values: '28x60'}}
      - {{series: 'ridewatch_database_pool_limit{{instance="a"}}', values: '15x60'}}
      - {{series: 'ridewatch_web_processes{{instance="a"}}', values: '2x60'}}
    alert_rule_test:
      - {{eval_time: 30m, alertname: RidewatchCollectsNothing, exp_alerts: []}}
      - eval_time: 36m
        alertname: RidewatchCollectsNothing
        exp_alerts:
          - exp_labels: {{severity: critical}}
            exp_annotations:
              summary: No park was observed for 36m 0s
              action: "manage.py jobs: does manage.py run_jobs run? Then manage.py check_collection."
      - {{eval_time: 50m, alertname: RidewatchNeverCollected, exp_alerts: []}}
      - eval_time: 31m
        alertname: RidewatchJobOverdue
        exp_alerts:
          - exp_labels: {{severity: warning, name: reconcile}}
            exp_annotations:
              summary: The job reconcile is overdue
              action: manage.py jobs --history reconcile
      - eval_time: 6m
        alertname: RidewatchPoolFull
        exp_alerts:
          - exp_labels: {{severity: warning, instance: a}}
            exp_annotations:
              summary: a uses nearly all connections of its pool
              action: Raise DATABASE_POOL_OVERFLOW, or find what is slow.
"""


def promtool(*arguments: str) -> None:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("needs promtool, of Debian's package prometheus")
    found = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert found.returncode == 0, found.stdout + found.stderr


def test_prometheus_can_read_the_rules():
    promtool("check", "rules", str(RULES))


def test_the_rules_alert_when_they_should_and_not_before(tmp_path):
    cases = tmp_path / "cases.yml"
    cases.write_text(CASES.format(rules=RULES))
    promtool("test", "rules", str(cases))


def questions() -> list[str]:
    """Every expression of the rules and the dashboard."""
    rules = re.findall(r"expr: (?:>-\n)?(.*(?:\n {10}.*)*)", RULES.read_text())
    board = json.loads(BOARD.read_text())
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    assert len(rules) == RULES.read_text().count("alert: ")
    assert len(asked) >= len(board["panels"])
    return [*rules, *asked]


@pytest.mark.django_db
def test_every_metric_they_ask_for_exists(settings, monkeypatch, tmp_path):
    settings.DATA_DIR = tmp_path
    monkeypatch.setitem(settings.DATABASES["default"], "POOL", {"pool_size": 5, "max_overflow": 10})
    monkeypatch.setattr(scrape, "connections_of_server", lambda: Connections(3, 151))
    scraped = text_string_to_metric_families(Client().get("/metrics").content.decode())
    counts = metrics.ProcessMetrics().registry.collect()
    there = {family.name for family in (*scraped, *counts)}
    asked = {name for text in questions() for name in re.findall(r"\bridewatch_\w+", text)}
    assert len(asked) > 15
    assert {name for name in asked if not {name, re.sub(SUFFIX, "", name)} & there} == set()


def test_the_dashboard_names_each_panel_once_and_overlaps_none():
    panels = json.loads(BOARD.read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len({panel["title"] for panel in panels}) == len(panels)
    places = [
        (panel["gridPos"]["x"] + dx, panel["gridPos"]["y"] + dy)
        for panel in panels
        for dx in range(panel["gridPos"]["w"])
        for dy in range(panel["gridPos"]["h"])
    ]
    assert len(places) == len(set(places))
    assert max(x for x, _ in places) < 24
    assert Path(BOARD).stat().st_size < 100_000
