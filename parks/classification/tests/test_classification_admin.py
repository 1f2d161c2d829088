"""Reviewing classifications in the admin site: who may, what is shown, how a tier is overridden."""

from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.messages import get_messages
from django.urls import reverse

from parks.admin import classifications
from parks.models import OVERRIDES_FILE_SOURCE, Category, ClassificationMethod, RideClassification
from parks.tests.factories import ClassificationFactory, ParkFactory

pytestmark = pytest.mark.django_db
LIST = "/admin/parks/rideclassification/"
MANUAL = ClassificationMethod.MANUAL_OVERRIDE


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.CLASSIFICATION_OVERRIDES = tmp_path / "overrides.csv"
    settings.CLASSIFICATION_OVERRIDES.write_text("park_id,ride_id,tier,category,reason,date_added\n")
    settings.CLASSIFICATION_CACHE = tmp_path / "cache.json"
    settings.DATA_VERSION_FILE = tmp_path / "data-version"


@pytest.fixture
def act(admin_client):
    """Carries out an action of the list and says what the page then says."""

    def post(action: str, rows: list[RideClassification], **fields: object) -> str:
        form = {"action": action, "_selected_action": [row.pk for row in rows], **fields}
        response = admin_client.post(LIST, form)
        assert (response.status_code, response["Location"]) == (302, LIST)
        (message,) = get_messages(response.wsgi_request)
        return f"{message.level_tag}: {message}"

    return post


def rows_shown(response) -> list[RideClassification]:
    return list(response.context["cl"].result_list)


# -- the list --------------------------------------------------------------------------------------------


def test_the_list_shows_the_least_sure_first_with_what_a_reviewer_needs(admin_client):
    sure = ClassificationFactory.create(confidence_score=Decimal("0.75"))
    unsure = ClassificationFactory.create(
        ride__name="Fantasmic!",
        ride__park__name="Magic Kingdom",
        confidence_score=Decimal("0.30"),
        reasoning_text="no known word in the name",
    )
    response = admin_client.get(LIST)
    assert rows_shown(response) == [unsure, sure]
    page = response.content.decode()
    for text in ("Fantasmic!", "Magic Kingdom", "0.30", "no known word in the name", "Pattern Match"):
        assert text in page


def test_the_list_costs_the_same_queries_for_many_rides(admin_client, django_assert_max_num_queries):
    ClassificationFactory.create_batch(50)
    with django_assert_max_num_queries(6):
        admin_client.get(LIST)


def test_the_filter_shows_what_needs_review(admin_client):
    unsure = ClassificationFactory.create(confidence_score=Decimal("0.49"))
    ClassificationFactory.create(confidence_score=Decimal("0.50"))
    assert rows_shown(admin_client.get(LIST, {"review": "needed"})) == [unsure]
    assert len(rows_shown(admin_client.get(LIST))) == 2


def test_it_can_be_filtered_by_method_tier_and_category(admin_client):
    row = ClassificationFactory.create(classification_method=MANUAL, tier=1, category=Category.SHOW)
    ClassificationFactory.create(tier=2)
    for query in ({"classification_method": MANUAL}, {"tier": 1}, {"category": "SHOW"}):
        assert rows_shown(admin_client.get(LIST, query)) == [row]


@pytest.mark.parametrize("words", ["space", "magic king"])
def test_it_can_be_searched_by_ride_and_park(admin_client, words):
    row = ClassificationFactory.create(ride__name="Space Mountain", ride__park__name="Magic Kingdom")
    ClassificationFactory.create()
    assert rows_shown(admin_client.get(LIST, {"q": words})) == [row]


def test_names_of_the_upstream_are_text_and_no_markup(admin_client):
    ClassificationFactory.create(ride__name="<script>alert(1)</script>", reasoning_text="<b>bold</b>")
    page = admin_client.get(LIST).content.decode()
    assert "<script>alert(1)" not in page
    assert "<b>bold" not in page
    assert "&lt;b&gt;bold" in page


def test_the_page_of_one_row_shows_it_and_changes_nothing(admin_client):
    row = ClassificationFactory.create(ride__name="Space Mountain", tier=2)
    url = reverse("admin:parks_rideclassification_change", args=[row.pk])
    assert "Space Mountain" in admin_client.get(url).content.decode()
    assert admin_client.post(url, {"tier": 1}).status_code == 403
    row.refresh_from_db()
    assert row.tier == 2


@pytest.mark.parametrize("page", ["add/", "1/delete/"])
def test_rows_are_neither_added_nor_deleted_by_hand(admin_client, page):
    ClassificationFactory.create(pk=1)
    assert admin_client.get(LIST + page).status_code == 403
    assert "delete_selected" not in admin_client.get(LIST).content.decode()


# -- overriding ------------------------------------------------------------------------------------------


def test_the_list_offers_tier_category_and_reason_beside_its_actions(admin_client):
    ClassificationFactory.create()
    page = admin_client.get(LIST).content.decode()
    for name in ('name="tier"', 'name="category"', 'name="reason"', 'value="override"', 'value="withdraw"'):
        assert page.count(name) == 1


def test_a_tier_is_overridden_with_a_reason(act):
    row, other = ClassificationFactory.create_batch(2, tier=2)
    reported = act("override", [row], tier=1, category="", reason="the park's icon")
    assert reported == "success: 1 overridden: tier 1."
    row.refresh_from_db()
    assert (row.tier, row.tier_weight, row.classification_method) == (1, 3, MANUAL)
    assert (row.override_reason, row.confidence_score) == ("the park's icon", Decimal("1.00"))
    assert (row.ride.tier, row.category) == (1, "ATTRACTION")
    other.refresh_from_db()
    assert other.tier == 2


def test_several_are_overridden_at_once_with_their_category(act):
    rows = ClassificationFactory.create_batch(3, confidence_score=Decimal("0.30"))
    assert act("override", rows[:2], tier=3, category="SHOW", reason="stages") == "success: 2 overridden: tier 3."
    found = RideClassification.objects.filter(tier=3, category="SHOW", ride__tier=3, ride__category="SHOW")
    assert set(found) == set(rows[:2])
    assert list(RideClassification.objects.needs_review()) == rows[2:]


def test_what_the_filter_shows_can_be_overridden_as_a_whole(admin_client):
    ClassificationFactory.create_batch(3, confidence_score=Decimal("0.30"))
    sure = ClassificationFactory.create(tier=2)
    chosen = RideClassification.objects.needs_review().first()
    assert chosen is not None
    form = {"action": "override", "_selected_action": [chosen.pk], "select_across": 1, "tier": 3, "reason": "stages"}
    admin_client.post(f"{LIST}?review=needed", form)
    assert RideClassification.objects.filter(tier=3, override_reason="stages").count() == 3
    sure.refresh_from_db()
    assert sure.tier == 2


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"tier": "1", "reason": ""}, "override_reason: an override needs a reason"),
        ({"tier": "1", "reason": "  "}, "override_reason: an override needs a reason"),
        ({"tier": "1"}, "override_reason: an override needs a reason"),
        ({"tier": "1", "reason": "x" * 501}, "override_reason: a reason has at most 500 characters"),
        ({"reason": "why"}, "tier: None is not a tier; 1, 2 and 3 are"),
    ],
)
def test_an_override_without_sense_changes_nothing_and_says_why(act, fields, says):
    row = ClassificationFactory.create()
    assert act("override", [row], **fields) == f"error: Nothing changed: {says}"
    row.refresh_from_db()
    assert row.classification_method == ClassificationMethod.PATTERN_MATCH
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("forged", [{"tier": "4"}, {"tier": "x"}, {"category": "RIDE"}])
def test_a_forged_choice_changes_nothing(admin_client, forged):
    row = ClassificationFactory.create()
    form = {"action": "override", "_selected_action": [row.pk], "tier": "1", "reason": "why", **forged}
    admin_client.post(LIST, form)
    row.refresh_from_db()
    assert row.classification_method == ClassificationMethod.PATTERN_MATCH


def test_the_sites_history_says_who_overrode_what_and_why(act, admin_user):
    row = ClassificationFactory.create()
    act("override", [row], tier=1, reason="the park's icon")
    entry = LogEntry.objects.get()
    assert entry.user == admin_user
    assert entry.object_id == str(row.pk)
    assert entry.get_change_message() == "Overridden: tier 1. the park's icon"


@pytest.mark.parametrize(("action", "fields"), [("override", {"tier": 1, "reason": "why"}), ("withdraw", {})])
def test_more_than_a_statement_can_name_are_refused(act, monkeypatch, action, fields):
    monkeypatch.setattr(classifications, "MOST_AT_ONCE", 2)
    rows = ClassificationFactory.create_batch(3)
    assert act(action, rows, **fields) == "error: Nothing changed: at most 2 rides at a time"
    assert not RideClassification.objects.filter(classification_method=MANUAL).exists()


def test_an_override_is_withdrawn(act):
    row = ClassificationFactory.create(ride__name="Space Mountain")
    row.override(3, "SHOW", "a mistake")
    assert act("withdraw", [row]) == "success: 1 withdrawn and classified anew."
    after = RideClassification.objects.get(ride=row.ride)
    assert (after.tier, after.category) == (1, "ATTRACTION")
    assert after.classification_method == ClassificationMethod.PATTERN_MATCH
    assert after.ride.tier == 1
    assert LogEntry.objects.get().get_change_message() == "Override withdrawn."


def test_what_the_overrides_file_says_cannot_be_withdrawn_here(act, settings):
    row = ClassificationFactory.create(ride__name="Dumbo", classification_method=MANUAL, tier=1)
    RideClassification.objects.update(research_sources=[OVERRIDES_FILE_SOURCE])
    with settings.CLASSIFICATION_OVERRIDES.open("a") as file:
        file.write(f"{row.ride.park_id},{row.ride_id},1,,icon,2026-02-03\n")
    act("withdraw", [row])
    after = RideClassification.objects.get()
    assert (after.tier, after.classification_method) == (1, MANUAL)


def test_nothing_is_withdrawn_while_the_overrides_file_cannot_be_used(act, settings):
    row = ClassificationFactory.create()
    row.override(3, None, "closed for years")
    settings.CLASSIFICATION_OVERRIDES.write_text("nonsense\n")
    assert "line 1: the header must be" in act("withdraw", [row])
    row.refresh_from_db()
    assert row.tier == 3


# -- who may ---------------------------------------------------------------------------------------------


def test_strangers_are_sent_to_the_login(client):
    response = client.get(LIST)
    assert response.status_code == 302
    assert response["Location"].startswith("/admin/login/")


def test_whoever_may_only_look_is_offered_no_action(client):
    row = ClassificationFactory.create(ride__park=ParkFactory.create())
    reader = User.objects.create_user("reader", password="sesame", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_rideclassification"))
    client.force_login(reader)
    assert rows_shown(client.get(LIST)) == [row]
    assert 'value="override"' not in client.get(LIST).content.decode()
    form = {"action": "override", "_selected_action": [row.pk], "tier": 1, "reason": "why"}
    client.post(LIST, form)
    row.refresh_from_db()
    assert row.classification_method == ClassificationMethod.PATTERN_MATCH
