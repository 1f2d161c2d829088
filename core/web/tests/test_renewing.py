"""What was asked for lately is at hand again after the data have moved, before somebody asks."""

import time

import pytest

from core import data_version
from core.web import renewing
from core.web.renewing import Renewal
from core.web.stored_answers import CachedApplication
from core.web.tests.test_cache import RANKING, Counting, ask

OTHER = "/api/rides/downtime"


@pytest.fixture(autouse=True)
def _own_version(settings, tmp_path):
    settings.DATA_VERSION_FILE = tmp_path / "data-version"
    settings.REDIS_URL = ""


@pytest.fixture
def counting() -> Counting:
    return Counting()


@pytest.fixture
def app(counting) -> CachedApplication:
    return CachedApplication(counting, 300, "")


@pytest.fixture
def renewal(app) -> Renewal:
    found = Renewal(app)
    found.renew()
    return found


def test_the_first_who_asks_after_a_change_gets_what_was_computed_before(app, counting, renewal):
    ask(app)
    data_version.move()
    assert renewal.renew() == 1
    assert counting.calls == 2
    assert ask(app)[2] == b"2"
    assert counting.calls == 2


def test_the_question_is_asked_anew_word_by_word(app, renewal):
    asked = []

    def noting(environ, start_response):
        asked.append((environ["PATH_INFO"], environ["QUERY_STRING"]))
        return Counting()(environ, start_response)

    app.application = noting
    ask(app, query="period=today&limit=5")
    data_version.move()
    renewal.renew()
    assert len(asked) == 2
    assert asked[0] == asked[1]


def test_nothing_is_computed_while_the_data_stay(app, counting, renewal):
    ask(app)
    assert renewal.renew() == 0
    assert counting.calls == 1


def test_who_is_answered_at_once_is_noted_after_each_change(app, renewal, monkeypatch):
    """Such requests do not pass the application as long as the answer holds."""
    ask(app)
    asked = ("GET", RANKING, "", "http", "localhost", None, None, None, None)
    for _ in range(3):
        app.at_hand.asked.clear()
        assert app.at_once(data_version.current(), asked) is not None
        data_version.move()
        assert renewal.renew() == 1


def test_what_nobody_asked_for_lately_is_left(app, renewal, monkeypatch):
    ask(app)
    data_version.move()
    monkeypatch.setattr(renewing, "LATELY", 0.0)
    time.sleep(0.01)
    assert renewal.renew() == 0


def test_renewing_is_no_asking(app, renewal, monkeypatch):
    """Else it would go on for ever."""
    ask(app)
    before = dict(app.at_hand.asked)
    data_version.move()
    renewal.renew()
    assert dict(app.at_hand.asked) == before


def test_it_ends_when_its_time_is_over(app, renewal, monkeypatch):
    ask(app)
    ask(app, OTHER)
    data_version.move()
    monkeypatch.setattr(renewing, "MOST_SECONDS", -1.0)
    assert renewal.renew() == 0


def test_it_begins_anew_when_the_data_move_meanwhile(app, counting, renewal):
    ask(app)
    ask(app, OTHER)
    data_version.move()
    real = counting.__call__

    def moving(environ, start_response):
        data_version.move()
        return real(environ, start_response)

    app.application = moving
    assert renewal.renew() == 1
    app.application = counting
    assert renewal.renew() == 2


def test_an_error_keeps_no_other_answer_from_being_renewed(app, counting, renewal):
    ask(app)
    ask(app, OTHER)
    data_version.move()

    def failing(environ, start_response):
        if environ["PATH_INFO"] == OTHER:
            raise RuntimeError("no")
        return counting(environ, start_response)

    app.application = failing
    assert renewal.renew() == 1


def test_dear_questions_are_left_to_who_asks_them(app, renewal, settings):
    settings.DEAR_PATHS = (RANKING,)
    ask(app)
    data_version.move()
    assert renewal.renew() == 0
