"""What all answers share: whose data they are."""

from typing import Annotated

from core.shapes import Shape, describe


class Attribution(Shape):
    data_source: str
    url: Annotated[str, describe(format="uri")]


ATTRIBUTION = Attribution(data_source="ThemeParks.wiki", url="https://themeparks.wiki")
