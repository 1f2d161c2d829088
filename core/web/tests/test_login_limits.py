"""Guessing passwords of the admin site: locked out, and in the log."""

import logging

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from core.tests.forgetting import forget_cached
from core.web.login_limits import MOST_FAILURES, MOST_OF_AN_ADDRESS, PATH

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _user():
    forget_cached()
    get_user_model().objects.create_superuser("ada", password="the right one")
    yield
    forget_cached()


def login(user: str, password: str, address: str = "10.0.0.1") -> int:
    return Client(REMOTE_ADDR=address).post(PATH, {"username": user, "password": password}).status_code


def test_five_wrong_passwords_lock_a_user_out_for_the_address(caplog):
    with caplog.at_level(logging.INFO, "ridewatch.admin_login"):
        assert [login("ada", "wrong") for _ in range(MOST_FAILURES)] == [200] * MOST_FAILURES
        assert login("ada", "the right one") == 429
        assert login("ada", "the right one", "10.0.0.2") == 302
    lines = [record.getMessage() for record in caplog.records if record.name == "ridewatch.admin_login"]
    assert lines[0] == "admin login failed: 'ada' from 10.0.0.1, 1 of 5"
    assert lines[-2:] == [
        "admin login refused: 'ada' from 10.0.0.1 is locked out",
        "admin login: 'ada' from 10.0.0.2",
    ]
    assert "wrong" not in " ".join(lines)


def test_many_names_lock_the_address_out():
    answers = [login(f"user {n}", "wrong") for n in range(MOST_OF_AN_ADDRESS + 1)]
    assert answers[-1] == 429


def test_a_right_password_ends_the_counting():
    for _ in range(2):
        assert [login("ada", "wrong") for _ in range(MOST_FAILURES - 1)] == [200] * (MOST_FAILURES - 1)
        assert login("ada", "the right one") == 302


def test_what_nobody_is_called_is_not_logged(caplog):
    login("my secret password", "x")
    assert "secret" not in caplog.text
    assert "an unknown user" in caplog.text
