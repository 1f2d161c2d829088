"""Options that commands of all apps share and that need the catalogue."""

from core.commands import refuse
from parks.models import Park


def park_option(park_id: int | None) -> Park | None:
    """The park of `--park-id`, or None when it was not given; raises CommandError when it is unknown."""
    if park_id is None:
        return None
    park = Park.objects.filter(pk=park_id).first()
    if park is None:
        raise refuse(f"--park-id: park {park_id} is not known; /api/search/index lists the parks")
    return park
