"""Who is asking: the cookie of the first save, tokens, links; and that nobody reaches what is another's."""

import re
from typing import Any

import msgspec
import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.urls import get_resolver

from assistant.tools.registry import TOOLS
from assistant.tools.shapes import Item
from core.tests.forgetting import forget_cached
from parks.tests.factories import RideFactory
from visits import visitors
from visits.models import PlanStop, Task, Visit, VisitorToken
from visits.tests.factories import PlanStopFactory, TaskFactory, UserFactory, VisitFactory, VisitorTokenFactory

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture(autouse=True)
def _no_limits_of_other_tests():
    forget_cached()
    yield
    forget_cached()


def client_of(user: User) -> Client:
    client = Client()
    client.cookies[visitors.COOKIE] = visitors.proof_of(user, visitors.COOKIE_SALT)
    return client


def post(client: Client, path: str, body: Any, **how: Any) -> Any:
    return client.post(path, body, content_type=JSON, **how)


def test_reading_makes_nobody_and_sets_no_cookie():
    client = Client()
    for path in ("/api/tasks", "/api/visits", "/api/visitor", "/api/visitor/tokens"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer["Cache-Control"] == "private, no-store"
        assert not answer.cookies
    assert client.get("/api/visitor").json()["is_known"] is False
    assert not User.objects.exists()


@pytest.mark.parametrize("is_https", [False, True])
def test_the_first_save_makes_a_visitor_whom_a_cookie_names(is_https, settings):
    settings.SESSION_COOKIE_SECURE = is_https
    client = Client()
    answer = post(client, "/api/tasks", {"title": "Space Mountain"})
    assert answer.status_code == 201
    (user,) = User.objects.all()
    assert not user.has_usable_password()
    assert not user.is_staff
    cookie = answer.cookies[visitors.COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert bool(cookie["secure"]) == is_https
    again = post(client, "/api/tasks", {"title": "Haunted Mansion"})
    assert visitors.COOKIE not in again.cookies
    assert [task["title"] for task in client.get("/api/tasks").json()["items"]] == [
        "Haunted Mansion",
        "Space Mountain",
    ]
    assert User.objects.count() == 1


def test_a_save_that_is_refused_makes_nobody():
    assert post(Client(), "/api/tasks", {"title": " "}).status_code == 400
    assert not User.objects.exists()


@pytest.mark.parametrize("change", ["text", "salt", "user", "password", "old", "staff", "nonsense"])
def test_a_cookie_that_we_did_not_sign_for_a_visitor_is_nobodys(change, monkeypatch):
    user = TaskFactory.create().user
    text = visitors.proof_of(user, visitors.LINK_SALT if change == "salt" else visitors.COOKIE_SALT)
    if change == "text":
        text = f"{user.pk + 1}{text[len(str(user.pk)) :]}"
    elif change == "user":
        user.delete()
    elif change == "password":
        user.set_unusable_password()
        user.save()
    elif change == "old":
        monkeypatch.setattr(visitors, "COOKIE_SECONDS", -1)
    elif change == "staff":
        User.objects.update(is_staff=True)
    elif change == "nonsense":
        text = "1.x:y:z"
    client = Client()
    client.cookies[visitors.COOKIE] = text
    assert client.get("/api/tasks").json()["items"] == []
    assert client.get("/api/visitor").json()["is_known"] is False


def test_a_token_stands_for_its_visitor_until_it_is_revoked():
    task = TaskFactory.create()
    made = post(client_of(task.user), "/api/visitor/tokens", {"name": "my laptop"}).json()
    assert made["token"].startswith("rwv_")
    stored = VisitorToken.objects.get()
    assert made["token"].rpartition("_")[2] not in (stored.digest, stored.public_id)
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {made['token']}"}
    (found,) = Client().get("/api/tasks", **bearer).json()["items"]
    assert found["id"] == str(task.pk)
    (listed,) = Client().get("/api/visitor/tokens", **bearer).json()["items"]
    assert listed["last_used_at"]
    assert made["token"] not in str(listed)
    assert Client().delete(f"/api/visitor/tokens/{listed['id']}", **bearer).status_code == 200
    refused = Client().get("/api/tasks", **bearer)
    assert (refused.status_code, refused["WWW-Authenticate"]) == (401, 'Bearer realm="ridewatch visitor"')


@pytest.mark.parametrize("text", ["x", "rwv_", "rwv_00_11", "rw_00_11", "rwv_é_ü", "rwv_{public}_{digest}", "\0"])
def test_a_token_that_is_none_is_401_and_its_hash_opens_nothing(text):
    token = VisitorTokenFactory.create()
    given = text.format(public=token.public_id, digest=token.digest)
    answer = Client().get("/api/tasks", HTTP_AUTHORIZATION=f"Bearer {given}")
    assert answer.status_code == 401
    assert answer.json()["success"] is False


def test_a_save_with_a_token_needs_no_cookie_and_sets_none():
    user = UserFactory.create()
    _, text = VisitorToken.issue(user, "script")
    answer = post(
        Client(), "/api/tasks", {"title": "x"}, HTTP_AUTHORIZATION=f"Bearer {text}", HTTP_ORIGIN="https://x.example"
    )
    assert answer.status_code == 201
    assert not answer.cookies
    assert Task.objects.get().user == user


def test_tokens_are_limited():
    user = UserFactory.create()
    VisitorTokenFactory.create_batch(20, user=user)
    answer = post(client_of(user), "/api/visitor/tokens", {"name": "one more"})
    assert answer.status_code == 409


def test_one_address_makes_a_limited_number_of_visitors_an_hour():
    statuses = [post(Client(), "/api/tasks", {"title": "x"}).status_code for _ in range(62)]
    assert statuses == [201] * 60 + [429] * 2
    assert User.objects.count() == 60


# -- other sites -------------------------------------------------------------------------------------------

UNSAFE = [
    ("post", "/api/tasks", {"title": "x"}),
    ("patch", "/api/tasks/{task}", {"title": "x"}),
    ("delete", "/api/tasks/{task}", None),
    ("post", "/api/visits", {"park_id": 1, "date": "2026-07-01"}),
    ("delete", "/api/visitor", None),
    ("post", "/api/visitor/tokens", {"name": "x"}),
    ("post", "/api/visitor/link", {"email": "a@b.example"}),
]


@pytest.mark.parametrize(("method", "path", "body"), UNSAFE)
@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://testserver.evil.example", "https://testserver"]
)
def test_a_page_of_another_site_changes_nothing_with_the_cookie(method, path, body, origin):
    task = TaskFactory.create(title="Kept")
    answer = getattr(client_of(task.user), method)(
        path.format(task=task.pk), body, content_type=JSON, headers={"origin": origin}
    )
    assert answer.status_code == 403
    assert list(Task.objects.values_list("title", flat=True)) == ["Kept"]
    assert "Access-Control-Allow-Credentials" not in answer


def test_our_own_page_may():
    task = TaskFactory.create()
    answer = client_of(task.user).patch(
        f"/api/tasks/{task.pk}", {"completed": True}, content_type=JSON, headers={"origin": "http://testserver"}
    )
    assert answer.status_code == 200
    assert answer.json()["task"]["completed"] is True


def test_a_browser_of_another_origin_may_use_a_token_but_never_the_cookie():
    asked = {
        "HTTP_ORIGIN": "https://one.example",
        "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "PATCH",
        "HTTP_ACCESS_CONTROL_REQUEST_HEADERS": "authorization, content-type",
    }
    answer = Client().options("/api/tasks/1", **asked)
    assert "PATCH" in answer["Access-Control-Allow-Methods"]
    assert "Authorization" in answer["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer


# -- another's ---------------------------------------------------------------------------------------------


KEYS = ("task_id", "visit_id", "token_id", "conversation_id")  # whatever else a route names is nobody's own


def walk(patterns: list[Any], before: str = "/") -> list[str]:
    found = []
    for each in patterns:
        route = f"{before}{each.pattern}"
        found += walk(each.url_patterns, route) if hasattr(each, "url_patterns") else [route]
    return found


def routes() -> list[str]:
    """Every route, of the API and of pages, that names one thing of a visitor."""
    found = [route for route in walk(get_resolver().url_patterns) if re.search(rf"<(\w+:)?({'|'.join(KEYS)})>", route)]
    assert not [route for route in found if route.startswith("/admin/")]
    return [*found, "/ask?conversation=<str:conversation_id>"]


METHODS = ("get", "head", "post", "put", "patch", "delete")


def things(user: User) -> dict[str, Any]:
    from assistant.tests.factories import MessageFactory

    stop = PlanStopFactory.create(task__user=user, visit__user=user)
    conversation = MessageFactory.create(conversation__user=user).conversation
    return {
        "task_id": stop.task_id,
        "visit_id": stop.visit_id,
        "token_id": VisitorTokenFactory.create(user=user).pk,
        "conversation_id": conversation.pk,
    }


def snapshot() -> dict[str, list[Any]]:
    from assistant.models import Citation, Conversation, Message

    models = (Task, Visit, PlanStop, VisitorToken, Conversation, Message, Citation)
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in models}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("route", routes())
@pytest.mark.parametrize("who", ["cookie", "token", "nobody"])
def test_what_is_anothers_is_404_on_every_route_and_method(route, method, who):
    ids = things(UserFactory.create())
    stranger = UserFactory.create()
    client = client_of(stranger) if who == "cookie" else Client()
    headers = {"Authorization": f"Bearer {VisitorToken.issue(stranger, 'x')[1]}"} if who == "token" else {}
    ride = RideFactory.create()
    body = {"title": "Mine now", "ride_id": ride.pk, "task_ids": [], "date": "2026-07-02", "content": "What was down?"}
    before = snapshot()
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(ids[found[1]]), route)
    given = {} if method in ("get", "head") else {"data": body, "content_type": JSON}
    answer = getattr(client, method)(path, headers=headers, **given)
    if path.startswith("/api/"):
        allowed = {each.strip().lower() for each in client.options(path)["Allow"].split(",")}
    else:  # a page says nothing of its methods; none of them may find what is another's
        allowed = {"get", "head", *({method} if answer.status_code == 404 else ())}
    assert answer.status_code == (404 if method in allowed else 405), answer.content
    if who == "token":
        VisitorToken.objects.filter(user=stranger).update(last_used_at=None)
    assert snapshot() == before
    owners = client_of(Task.objects.get(pk=ids["task_id"]).user)
    if "get" in allowed and method == "get":
        assert owners.get(path).status_code == 200


def test_every_route_of_visitors_is_walked():
    assert {"/api/tasks/<str:task_id>", "/api/visits/<str:visit_id>/order"} < set(routes())
    assert len(routes()) >= 5


def test_no_tool_takes_or_gives_anything_of_a_visitor():
    """Whoever calls tools, by REST, MCP or the assistant, is nobody: there is nothing of another's to ask for."""
    words = re.compile(r"user|visitor|token|conversation|message|task|visit_id|email")
    for tool in TOOLS.values():
        named = msgspec.json.schema(tool.arguments)["$defs"][tool.arguments.__name__]["properties"]
        assert not [name for name in named if words.search(name)], tool.name
    assert not [name for name in Item.__struct_fields__ if words.search(name)]


def test_lists_show_ones_own_alone():
    mine, other = UserFactory.create(), UserFactory.create()
    for user in (mine, other):
        things(user)
    for path in ("/api/tasks", "/api/visits", "/api/visitor/tokens"):
        assert len(client_of(mine).get(path).json()["items"]) == 1, path
    foreign_visit = Visit.objects.get(user=other).pk
    assert client_of(mine).get("/api/tasks", {"visit_id": foreign_visit}).json()["items"] == []


# -- deleting all of it, and the link ----------------------------------------------------------------------


def test_deleting_ones_data_deletes_it_and_the_cookie():
    user, other = UserFactory.create(), UserFactory.create()
    for each in (user, other):
        things(each)
    client = client_of(user)
    answer = client.delete("/api/visitor")
    assert answer.status_code == 200
    assert answer.cookies[visitors.COOKIE]["max-age"] == 0
    assert list(User.objects.values_list("pk", flat=True)) == [other.pk]
    assert all(len(rows) == 1 for name, rows in snapshot().items() if name not in ("Citation",))
    assert Client().delete("/api/visitor").status_code == 200, "of nobody there is nothing to delete"


def test_without_mail_the_link_is_refused_and_says_what_to_do(settings):
    settings.MAIL_IS_CONFIGURED = False
    answer = post(client_of(UserFactory.create()), "/api/visitor/link", {"email": "ann@example.org"})
    assert answer.status_code == 409
    assert "/api/visitor/tokens" in answer.json()["error"]
    assert mail.outbox == []


def test_a_link_carries_the_visitor_to_another_device_and_the_address_is_not_kept(settings):
    settings.MAIL_IS_CONFIGURED = True
    task = TaskFactory.create(title="Kept")
    assert post(client_of(task.user), "/api/visitor/link", {"email": "ann@example.org"}).status_code == 200
    (sent,) = mail.outbox
    assert sent.to == ["ann@example.org"]
    assert not User.objects.filter(email__gt="").exists()
    path = re.search(r"http://testserver(/visitor/open\?link=\S+)", sent.body)[1]
    device = Client()
    shown = device.get(path)
    assert shown.status_code == 200
    assert not shown.cookies, "a mail scanner that follows the link opens nothing"
    assert shown["Cache-Control"] == "private, no-store"
    assert shown["Referrer-Policy"] == "no-referrer"
    opened = device.post(path)
    assert opened.status_code == 302
    (found,) = device.get("/api/tasks").json()["items"]
    assert found["title"] == "Kept"


@pytest.mark.parametrize("link", ["", "x", "1.x:y:z", "\0"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_link_that_is_none_or_old_opens_nothing(link, method):
    answer = getattr(Client(), method)("/visitor/open", QUERY_STRING=f"link={link}")
    assert answer.status_code == 400
    assert not answer.cookies


def test_another_sites_page_cannot_open_a_link_in_a_visitors_browser():
    link = visitors.proof_of(UserFactory.create(), visitors.LINK_SALT)
    answer = Client().post(f"/visitor/open?link={link}", headers={"origin": "https://evil.example"})
    assert answer.status_code == 403
    assert not answer.cookies


def test_mails_are_limited(settings):
    settings.MAIL_IS_CONFIGURED = True
    client = client_of(UserFactory.create())
    statuses = [post(client, "/api/visitor/link", {"email": "ann@example.org"}).status_code for _ in range(7)]
    assert statuses == [200] * 5 + [429] * 2
    assert post(Client(REMOTE_ADDR="10.0.0.9"), "/api/visitor/link", {"email": "a@b.example"}).status_code == 409


def test_a_mail_server_that_is_away_is_503(settings, monkeypatch):
    settings.MAIL_IS_CONFIGURED = True

    def away(self, messages):
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", away)
    answer = post(client_of(UserFactory.create()), "/api/visitor/link", {"email": "ann@example.org"})
    assert answer.status_code == 503


def test_a_visit_of_another_cannot_be_reached_through_an_own_task():
    mine = UserFactory.create()
    other = PlanStopFactory.create()
    visit = VisitFactory.create(user=mine, park=other.visit.park)
    answer = post(client_of(mine), f"/api/visits/{visit.pk}/order", {"task_ids": [str(other.task_id)]})
    assert answer.status_code == 400
    other.refresh_from_db()
    assert other.position == 1
