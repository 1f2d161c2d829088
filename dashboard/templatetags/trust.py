"""Tags of the page of rules."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.simple_block_tag
def rule(content: str, number: str, title: str) -> SafeString:
    """A rule with its number, which is its address on the page, and what it says in plain words."""
    return format_html(
        '<article class="rule" id="{}"><h3><a href="#{}">{}</a> {}</h3>{}</article>',
        number,
        number,
        number,
        title,
        mark_safe(content),  # noqa: S308  # it comes from our own templates
    )
