from django.apps import AppConfig


class AssistantConfig(AppConfig):
    name = "assistant"
    verbose_name = "Conversations"

    def ready(self) -> None:
        from assistant.models import delete_conversations
        from visits import erasing

        def conversations_of(user: object) -> None:
            delete_conversations({"user": user})

        erasing.others.append(conversations_of)
