"""The words of the pages, and how texts link them."""

import re

import pytest

from dashboard.components.glossary import TERMS, explained

pytestmark = pytest.mark.django_db


def test_every_word_has_its_meaning_and_a_rule_that_exists(client):
    page = client.get("/glossary").content.decode()
    rules = client.get("/trust/rules").content.decode()
    for term in TERMS:
        assert f'id="{term.anchor}"' in page
        assert not term.rule or f'id="{term.rule}"' in rules, term.rule
    for word in ("Shame score", "Tier", "Uptime", "Availability", "Unknown", "Coverage"):
        assert f"<dt>{word}</dt>" in page


def test_a_word_is_linked_at_its_first_use_alone():
    text = str(explained("Uptime and <b>availability</b>; uptime again, Opening delays too."))
    assert text.count('href="/glossary#uptime"') == 1
    assert text.startswith('<a class="term" href="/glossary#uptime">Uptime</a> and &lt;b&gt;<a')
    assert '<a class="term" href="/glossary#opening-delay">Opening delays</a>' in text


@pytest.mark.parametrize("address", ["/downtime/parks", "/downtime/rides", "/waits/rides", "/outages", "/now/live"])
def test_lists_lead_to_the_words_they_use(client, world, address):
    page = client.get(address).content.decode()
    assert re.search(r'<a[^>]*href="/glossary#[a-z0-9-]+"', page)
