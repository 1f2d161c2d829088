"""Questions that cost too much are refused before they are computed, with the bound and a cheaper question."""

from datetime import date
from unittest import mock

import pytest
from rest_framework.exceptions import ValidationError

from core.api.costs import MOST_BYTES, MOST_VALUES, refuse_dear, refuse_large
from parks.tests.factories import ParkFactory, RideFactory
from stats.measures.windows import Bucket, Window

WEEK = Window(date(2025, 7, 1), date(2025, 7, 7))


@pytest.mark.parametrize(
    ("bucket", "most"),
    [
        (Bucket.NONE, 0),
        (Bucket.M5, 7 * 288 + 1),
        (Bucket.H12, 15),
        (Bucket.DAY, 8),
        (Bucket.WEEK, 2),
        (Bucket.MONTH, 2),
        (Bucket.HOUR_OF_DAY, 24),
        (Bucket.WEEKDAY, 7),
    ],
)
def test_buckets_of_a_window_are_estimated(bucket, most):
    assert WEEK.most_buckets(bucket) == most


def test_hours_and_weekdays_make_fewer():
    lunch = Window(date(2025, 7, 1), date(2025, 7, 7), (43_200, 50_400), frozenset({5}))
    assert lunch.most_buckets(Bucket.H1) == 3


def test_values_are_entities_times_buckets_times_metrics_times_windows():
    refuse_dear(100, 99, MOST_VALUES // 20_000, 2)
    with pytest.raises(ValidationError, match=r"1,020,000 values .* 1,000,000 is the most; ask for larger buckets"):
        refuse_dear(100, 99, MOST_VALUES // 20_000 + 1, 2)


def test_the_size_of_an_answer_is_bounded():
    refuse_large(MOST_BYTES // 126, 3)
    with pytest.raises(ValidationError, match=r"about 10 MB and 10 is the most"):
        refuse_large(MOST_BYTES // 126 + 1, 3)


@pytest.mark.django_db
def test_a_dear_question_is_refused_before_anything_is_read(client, monkeypatch):
    park = ParkFactory()
    RideFactory.create_batch(3, park=park)
    monkeypatch.setattr("core.api.costs.MOST_VALUES", 3 * 26 * 2 * 2 - 1)
    asked = "/api/analytics/rides?start=2025-07-01&end=2025-07-01&bucket=1h&metrics=wait_avg,observations"
    with mock.patch("stats.api.analytics_views.rides_over") as computed:
        answer = client.get(f"{asked}&compare=previous")
    assert answer.status_code == 400
    assert "312 values" in answer.json()["error"]
    assert not computed.called
    assert client.get(asked).status_code == 200
