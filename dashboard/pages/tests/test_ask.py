"""Questions in plain words: asked on the front page or on `/ask`, answered without script."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_the_box_on_the_front_page_asks_and_the_answer_has_footnotes():
    browser = Client()
    front = browser.get("/", headers={"Accept": "text/html"}).content.decode()
    assert '<form class="inline" method="post" action="/ask"' in front
    assert 'name="content"' in front
    answer = browser.post("/ask", {"content": "What does downtime mean?"}, follow=True)
    assert answer.redirect_chain
    page = answer.content.decode()
    assert "What does downtime mean?" in page
    assert '<sup><a href="/trust/rules#' in page


def test_the_page_says_whether_a_language_model_takes_part(settings):
    assert "No language model takes part" in Client().get("/ask").content.decode()
    settings.ASSISTANT_URL = "http://127.0.0.1:9/v1"
    assert "A language model may choose the words" in Client().get("/ask").content.decode()
