"""No secret in any log or error: passwords inside URLs, and the secrets of the settings wherever they stand."""

import logging
import re

# The bounds keep it linear: a text without `@` is given up soon after each `://`.
URL_PASSWORD = re.compile(r"(://[^\s:/@]{0,100}:)[^\s/@]{1,300}@")
SHORTEST = 8  # characters of a secret that is looked for; a shorter one stands in ordinary words
secrets: set[str] = set()


def remember(*texts: str) -> None:
    """Secrets that `masked` is to find outside of URLs."""
    secrets.update(text for text in texts if len(text) >= SHORTEST)


def masked(text: str) -> str:
    """The text with stars for passwords and known secrets."""
    text = URL_PASSWORD.sub(r"\1***@", text) if "://" in text else text
    for secret in secrets:
        if secret in text:
            text = text.replace(secret, "***")
    return text


class MaskingFormatter(logging.Formatter):
    """Of every handler; tracebacks too."""

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))
