"""What a page says, for tests."""

import re

from django.http import HttpResponse


def text_of(response: HttpResponse) -> str:
    """The words of a page, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))
