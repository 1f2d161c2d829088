from typing import Any

from django.urls import path

from visits.api.plan_views import PlanViewSet
from visits.api.views import TaskViewSet, VisitViewSet
from visits.api.visitor_views import TokenViewSet, VisitorIdentityViewSet

ONE: dict[str, Any] = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
urlpatterns = [
    path("tasks", TaskViewSet.as_view({"get": "index", "post": "create"})),
    path("tasks/<str:task_id>", TaskViewSet.as_view(ONE)),
    path("visits", VisitViewSet.as_view({"get": "index", "post": "create"})),
    path("visits/<str:visit_id>", VisitViewSet.as_view(ONE)),
    path("visits/<str:visit_id>/stops", VisitViewSet.as_view({"post": "add_stop"})),
    path("visits/<str:visit_id>/plan", PlanViewSet.as_view({"get": "retrieve", "post": "create"})),
    path("visits/<str:visit_id>/order", VisitViewSet.as_view({"post": "order"})),
    path("visitor", VisitorIdentityViewSet.as_view({"get": "retrieve", "delete": "destroy"})),
    path("visitor/link", VisitorIdentityViewSet.as_view({"post": "mail_link"})),
    path("visitor/tokens", TokenViewSet.as_view({"get": "index", "post": "create"})),
    path("visitor/tokens/<str:token_id>", TokenViewSet.as_view({"get": "retrieve", "delete": "destroy"})),
]
