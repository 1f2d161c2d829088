"""Visitors and what they keep."""

from datetime import date

import factory
from django.contrib.auth.models import User
from factory.django import DjangoModelFactory

from core.admin_keys import digest_of
from parks.tests.factories import NOON, ParkFactory, RideFactory
from visits.models import PlanStop, Task, Visit, VisitorToken


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User

    username = factory.Sequence("visitor-{:022x}".format)
    password = factory.Sequence("!{:040x}".format)
    last_login = NOON  # the oldest table of users knows no empty one


class TaskFactory(DjangoModelFactory[Task]):
    class Meta:
        model = Task

    user = factory.SubFactory(UserFactory)
    title = factory.Sequence("Task {:04d}".format)


class VisitFactory(DjangoModelFactory[Visit]):
    class Meta:
        model = Visit

    user = factory.SubFactory(UserFactory)
    park = factory.SubFactory(ParkFactory)
    visit_date = date(2026, 7, 1)


class PlanStopFactory(DjangoModelFactory[PlanStop]):
    class Meta:
        model = PlanStop

    task = factory.SubFactory(TaskFactory)
    visit = factory.SubFactory(VisitFactory)
    ride = factory.SubFactory(RideFactory)
    position = 1


class VisitorTokenFactory(DjangoModelFactory[VisitorToken]):
    class Meta:
        model = VisitorToken

    user = factory.SubFactory(UserFactory)
    name = "a laptop"
    public_id = factory.Sequence("{:016x}".format)
    digest = digest_of("secret")
