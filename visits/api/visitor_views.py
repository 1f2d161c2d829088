"""The visitor: what is kept of him, his tokens, a link to another device, and all of it deleted (issue 18, 2)."""

from smtplib import SMTPException

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import send_mail
from django.db import transaction
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.admin_access import Refused
from core.api.bodies import json_body
from core.api.errors import Error
from visits import visitors
from visits.api import access
from visits.api.access import MOST_MAILS, VisitorViewSet, check_pace, own
from visits.api.shapes import (
    Done,
    LinkBody,
    TokenAnswer,
    TokenBody,
    TokenList,
    TokenMade,
    VisitorShape,
    token_shape,
)
from visits.api.views import check_room
from visits.erasing import erase
from visits.models import Task, Visit, VisitorToken

MOST_TOKENS = 20
TOKEN_ID = OpenApiParameter("token_id", str, OpenApiParameter.PATH, description="a UUID")
NO_MAIL = OpenApiResponse(Error, description="the mail server does not answer")
NOBODY = OpenApiResponse(Error, description="mail is not configured here, or nothing was saved yet")
SUBJECT = "Your visits at Ridewatch, on another device"
TEXT = """Open this address on the other device, within an hour:

{address}

Whoever opens it sees and changes what you keep. If you did not ask for it, leave it closed.
"""


class VisitorIdentityViewSet(VisitorViewSet):
    @extend_schema(summary="What is kept of you", tags=["visits"], responses={200: VisitorShape, **access.READS})
    def retrieve(self, request: Request) -> Response:
        user = request.user if isinstance(request.user, User) else None
        tasks, visits, tokens = (
            model._default_manager.filter(user=user).count() if user else 0 for model in (Task, Visit, VisitorToken)
        )
        answer = VisitorShape(
            is_known=user is not None,
            tasks=tasks,
            visits=visits,
            tokens=tokens,
            mail_is_configured=settings.MAIL_IS_CONFIGURED,
        )
        return Response(answer)

    @extend_schema(
        summary="Delete all that is kept of you",
        description="Tasks, visits, conversations, tokens and the visitor himself, at once and for good.",
        tags=["visits"],
        responses={200: Done, **access.WRITES},
    )
    def destroy(self, request: Request) -> Response:
        if isinstance(request.user, User):
            erase(request.user)
        response = Response(Done())
        visitors.forget(response)
        return response

    @extend_schema(
        summary="Mail a link that makes another device yours",
        description="The address is used for this mail alone, and not kept. The link is good for an hour.",
        tags=["visits"],
        request=LinkBody,
        responses={200: Done, 409: NOBODY, 503: NO_MAIL, **access.TAKES},
        examples=[OpenApiExample("A link", value={"email": "ann@example.org"}, request_only=True)],
    )
    def mail_link(self, request: Request) -> Response:
        body = LinkBody.of(json_body(request))
        if not settings.MAIL_IS_CONFIGURED:
            raise Refused(409, "Mail is not configured here; make a token at /api/visitor/tokens instead")
        if not isinstance(request.user, User):
            raise Refused(409, "Nothing was saved yet, so there is nothing to carry to another device")
        check_pace(request, "mails", MOST_MAILS)
        proof = visitors.proof_of(request.user, visitors.LINK_SALT)
        address = request.build_absolute_uri(f"/visitor/open?link={proof}")
        try:
            send_mail(SUBJECT, TEXT.format(address=address), None, [body["email"]])
        except (OSError, SMTPException) as error:
            raise Refused(503, "The mail server does not answer; try again later") from error
        return Response(Done())


class TokenViewSet(VisitorViewSet):
    @extend_schema(
        operation_id="api_visitor_tokens_index",
        summary="Your tokens",
        tags=["visits"],
        responses={200: TokenList, **access.READS},
    )
    def index(self, request: Request) -> Response:
        rows = VisitorToken.objects.order_by("-created_at", "pk")
        mine = rows.filter(user=request.user) if isinstance(request.user, User) else rows.none()
        return Response(TokenList(items=[token_shape(token) for token in mine]))

    @extend_schema(
        summary="Make a token, which is shown once",
        description="For scripts and other devices: it stands for you in `Authorization: Bearer <token>`.",
        tags=["visits"],
        request=TokenBody,
        responses={201: TokenMade, 409: access.FULL, **access.TAKES},
        examples=[OpenApiExample("For a laptop", value={"name": "my laptop"}, request_only=True)],
    )
    def create(self, request: Request) -> Response:
        body = TokenBody.of(json_body(request))
        with transaction.atomic():
            user = self.keeper(request)
            check_room(user, VisitorToken.objects, MOST_TOKENS)
            token, text = VisitorToken.issue(user, body["name"])
        return Response(TokenMade(token=text, item=token_shape(token)), status=201)

    @extend_schema(
        summary="A token, without its text",
        tags=["visits"],
        parameters=[TOKEN_ID],
        responses={200: TokenAnswer, 404: access.NOT_YOURS, **access.READS},
    )
    def retrieve(self, request: Request, token_id: str) -> Response:
        return Response(TokenAnswer(item=token_shape(own(request, VisitorToken.objects.all(), token_id))))

    @extend_schema(
        summary="Revoke a token, for good",
        tags=["visits"],
        parameters=[TOKEN_ID],
        responses={200: Done, 404: access.NOT_YOURS, **access.WRITES},
    )
    def destroy(self, request: Request, token_id: str) -> Response:
        own(request, VisitorToken.objects.all(), token_id).delete()
        return Response(Done())
