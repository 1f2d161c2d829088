from django.urls import path

from assistant.api import tool_views
from assistant.api.conversation_views import ConversationViewSet

urlpatterns = [
    *tool_views.urlpatterns,
    path("conversations", ConversationViewSet.as_view({"get": "index", "post": "create"})),
    path("conversations/<str:conversation_id>", ConversationViewSet.as_view({"get": "retrieve", "delete": "destroy"})),
    path(
        "conversations/<str:conversation_id>/messages",
        ConversationViewSet.as_view({"get": "messages", "post": "ask"}),
    ),
]
