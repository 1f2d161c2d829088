"""`/glossary`: the words of the pages, each with the rule that says it exactly."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from dashboard.components.glossary import TERMS
from dashboard.views import page


@page
def glossary(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard/glossary.html", {"terms": TERMS})


urlpatterns = [path("glossary", glossary, name="glossary")]
