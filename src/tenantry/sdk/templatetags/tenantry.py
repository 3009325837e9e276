"""The tag that shows a part of a page only while an add-on is on."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.base import FilterExpression, Node, NodeList, Parser, Token

from tenantry.sdk.entitlements import is_enabled

register = template.Library()


class AddOnNode(Node):
    """Renders its inner part while the feature is on for the company of the page, else what follows `else`."""

    child_nodelists = ("shown", "otherwise")

    def __init__(self, feature: FilterExpression, shown: NodeList, otherwise: NodeList) -> None:
        self.feature = feature
        self.shown = shown
        self.otherwise = otherwise

    def render(self, context: Any) -> str:
        """Render one of the two parts. A page of no company has no add-ons."""
        entered = getattr(context.get("request"), "entered", None)
        feature = str(self.feature.resolve(context))
        is_on = entered is not None and is_enabled(entered.actor.company_id, feature)
        return (self.shown if is_on else self.otherwise).render(context)


@register.tag
def addon(parser: Parser, token: Token) -> AddOnNode:
    """Show a part of a page while an add-on is on: `{% addon "credit_checks" %} … {% else %} … {% endaddon %}`.

    Raises:
        TemplateSyntaxError: the tag was not given exactly one feature.
    """
    words = token.split_contents()
    if len(words) != 2:
        raise template.TemplateSyntaxError("addon takes one feature")
    shown = parser.parse(("else", "endaddon"))
    otherwise = NodeList()
    if parser.next_token().contents == "else":
        otherwise = parser.parse(("endaddon",))
        parser.delete_first_token()
    return AddOnNode(parser.compile_filter(words[1]), shown, otherwise)
