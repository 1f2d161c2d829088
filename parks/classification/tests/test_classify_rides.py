"""`manage.py classify_rides`: options, summary, exit codes."""

import json
from typing import Any

import pytest
from django.db import connections

from core.tests import stub_upstream
from core.tests.stub_upstream import StubUpstream
from core.upstream import http
from parks.management.commands.classify_rides import Command
from parks.models import ClassificationMethod, RideClassification
from parks.tests.factories import ClassificationFactory, ParkFactory, RideFactory

pytestmark = pytest.mark.django_db
HEADER = "park_id,ride_id,tier,category,reason,date_added\n"


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.CLASSIFICATION_OVERRIDES = tmp_path / "overrides.csv"
    settings.CLASSIFICATION_OVERRIDES.write_text(HEADER)
    settings.CLASSIFICATION_CACHE = tmp_path / "cache.json"
    settings.DATA_VERSION_FILE = tmp_path / "data-version"


@pytest.fixture
def run(capsys, monkeypatch):
    """Exit code, output and complaints of a command line."""
    monkeypatch.setattr(connections, "close_all", lambda: None)  # the test's own connection

    def run_command(*arguments: str) -> tuple[int, str, str]:
        code = 0
        try:
            Command().run_from_argv(["manage.py", "classify_rides", *arguments])
        except SystemExit as ended:
            code = int(ended.code or 0)
        reported = capsys.readouterr()
        return code, reported.out, reported.err

    return run_command


@pytest.fixture
def model(settings, monkeypatch):
    """A model that says tier 1 of every ride but those named so that it fails."""

    def say(request: stub_upstream.Request) -> stub_upstream.Answer:
        ride = json.loads(json.loads(request.body)["messages"][1]["content"])["ride"]
        if "unheard" in ride:
            return stub_upstream.Answer(status=500)
        reported: dict[str, Any] = {
            "tier": 1,
            "category": "ATTRACTION",
            "confidence": 0.9,
            "reasoning": "icon",
            "sources": [],
        }
        return stub_upstream.answer({"choices": [{"message": {"content": json.dumps(reported)}}]})

    monkeypatch.setattr(http, "back_off", lambda attempt: 0.0)
    with StubUpstream() as stub:
        stub.routes["/v1/chat/completions"] = say
        settings.CLASSIFIER_URL, settings.CLASSIFIER_MODEL = f"{stub.url}/v1", "small-model"
        yield stub


def test_it_classifies_and_sums_up_by_method_and_tier(run, settings):
    overridden = RideFactory.create(name="Fantasmic!")
    for name in ("Space Mountain", "Splash Mountain", "Dumbo", "Nothing"):
        RideFactory.create(name=name)
    settings.CLASSIFICATION_OVERRIDES.write_text(
        f"{HEADER}{overridden.park_id},{overridden.pk},2,SHOW,a stage,2026-02-03\n"
    )
    assert run() == (
        0,
        "                   tier 1   tier 2   tier 3\n"
        "manual_override         0        1        0\n"
        "pattern_match           2        1        1\n"
        "5 rides classified, 5 changed, 1 need review.\n",
        "",
    )


def test_a_second_run_has_nothing_to_do(run):
    RideFactory.create(name="Space Mountain")
    run()
    code, out, _ = run()
    assert (code, out.splitlines()[-1]) == (0, "0 rides classified, 0 changed, 0 need review.")


@pytest.mark.parametrize("option", ["--park-id", "--park"])
def test_it_can_be_reported_one_park(run, option):
    ride, _ = RideFactory.create(), RideFactory.create()
    assert run(option, str(ride.park_id))[0] == 0
    assert [row.ride for row in RideClassification.objects.all()] == [ride]


def test_all_means_the_classified_too(run):
    row = ClassificationFactory.create(ride__name="Space Mountain", tier=3)
    assert run("--all")[1].endswith("1 rides classified, 1 changed, 0 need review.\n")
    row.refresh_from_db()
    assert row.tier == 1


def test_overrides_by_hand_are_reported_and_left_alone(run):
    row = ClassificationFactory.create(ride__name="Space Mountain")
    row.override(3, None, "closed for years")
    assert run("--all")[1].endswith("1 overridden by hand were left as they are.\n")
    row.refresh_from_db()
    assert row.tier == 3


def test_a_dry_run_says_would_and_writes_nothing(run, model):
    RideFactory.create(name="Space Mountain")
    code, out, _ = run("--dry-run")
    assert code == 0
    assert out.endswith(
        "1 rides would be classified, 1 would be changed, 0 need review.\n"
        "The classifier would be asked about 1 of them first.\n"
    )
    assert not RideClassification.objects.exists()
    assert model.requests == []


def test_the_classifier_is_asked_when_it_is_configured(run, model):
    RideFactory.create(name="Dumbo")
    code, out, err = run()
    assert (code, err) == (0, "")
    assert "ai_agent                1        0        0\n" in out
    assert len(model.requests) == 1
    assert "cached_ai               1        0        0\n" in run("--all")[1]
    assert len(model.requests) == 1


def test_a_classifier_asked_in_vain_is_exit_code_one_and_the_rides_are_classified_all_the_same(run, model):
    RideFactory.create(name="Dumbo")
    RideFactory.create(name="Mountain unheard of")
    code, out, err = run()
    assert code == 1
    assert "pattern_match           1        0        0\nai_agent                1        0        0\n" in out
    assert err.splitlines()[-1] == (
        "CommandError: The classifier said nothing usable of 1 rides (the last: SERVER_ERROR: HTTP 500);"
        " --all asks again."
    )
    assert RideClassification.objects.count() == 2


def test_one_method_alone_leaves_the_others_rides_as_they_are(run):
    RideFactory.create(name="Dumbo")
    code, out, _ = run("--method", "cached_ai")
    assert (code, out.splitlines()[-1]) == (0, "1 were left as they are: the method says nothing of them.")
    assert not RideClassification.objects.exists()


def test_lines_that_fit_no_ride_are_warnings_and_no_failure(run, settings):
    settings.CLASSIFICATION_OVERRIDES.write_text(f"{HEADER}4,77,1,,why,2026-02-03\n")
    code, _, err = run()
    assert (code, err) == (0, "warning: overrides, line 2: ride_id: ride 77 is not known\n")


# -- review ----------------------------------------------------------------------------------------------


def test_review_lists_the_least_sure_first_and_changes_nothing(run):
    park = ParkFactory.create(name="Magic Kingdom")
    reported = {"ride__park": park, "reasoning_text": "no known word in the name"}
    first = ClassificationFactory.create(ride__name="Fantasmic!", confidence_score="0.30", **reported)
    ClassificationFactory.create(ride__name="Sure", confidence_score="0.50", **reported)
    second = ClassificationFactory.create(ride__name="A Ride", confidence_score="0.40", tier=1, **reported)
    assert run("--review") == (
        0,
        f"0.30  tier 2  Magic Kingdom / Fantasmic! (ride {first.ride_id}): no known word in the name\n"
        f"0.40  tier 1  Magic Kingdom / A Ride (ride {second.ride_id}): no known word in the name\n"
        "2 rides need review.\n",
        "",
    )


def test_review_may_be_of_one_park(run):
    one, _ = ClassificationFactory.create_batch(2, confidence_score="0.30")
    out = run("--review", "--park", str(one.ride.park_id))[1]
    assert f"(ride {one.ride_id})" in out
    assert out.endswith("1 rides need review.\n")


def test_review_is_a_bounded_number_of_queries(run, django_assert_max_num_queries):
    ClassificationFactory.create_batch(30, confidence_score="0.30")
    with django_assert_max_num_queries(1):
        run("--review")


# -- bad options -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--park", "0"], "--park-id: park 0 is not known"),
        (["--park", "x"], "'x'"),
        (["--method", "magic"], "magic"),
        (["--method", "ai_agent"], "--method ai_agent: no classifier is configured"),
        (["--review", "--all"], "--review only lists; it does not go with --all"),
        (["--review", "--dry-run"], "--review only lists; it does not go with --dry-run"),
        (["--review", "--method", "cached_ai"], "--review only lists; it does not go with --method"),
        (["4"], "unrecognized arguments: 4"),
    ],
)
def test_an_option_that_cannot_be_used_costs_one_line_and_exit_code_two(run, arguments, says):
    RideFactory.create()
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    (line,) = err.splitlines()
    assert says in line
    assert not RideClassification.objects.exists()


def test_an_overrides_file_that_cannot_be_used_is_exit_code_two_with_every_bad_line(run, settings):
    settings.CLASSIFICATION_OVERRIDES.write_text(f"{HEADER}4,x,1,,why,2026-02-03\n4,5,9,,why,2026-02-03\n")
    RideFactory.create()
    code, out, err = run()
    assert (code, out) == (2, "")
    first, second = err.splitlines()
    assert first.endswith("overrides.csv: line 2: ride_id: 'x' is neither a number nor a UUID")
    assert second.endswith("overrides.csv: line 3: tier: '9' is not 1, 2 or 3")
    assert not RideClassification.objects.exists()


def test_help_teaches(run):
    code, out, _ = run("--help")
    assert code == 0
    for word in (*ClassificationMethod.values, "--review", "CLASSIFICATION_OVERRIDES", "Exit code 0", "examples:"):
        assert word in out
