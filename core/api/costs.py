"""What a question costs, estimated before anything of it is computed."""

from rest_framework.exceptions import ValidationError

MOST_VALUES = 1_000_000  # numbers that may have to be computed: about 20 MB of JSON, and four seconds
MOST_BYTES = 10_000_000  # of an answer
BYTES_A_VALUE, BYTES_A_BUCKET = 22, 60  # `"uptime_percentage":96.3,` and `{"bucket":"2025-07-05T11:30:00-04:00"}`


def refuse_dear(entities: int, buckets: int, metrics: int, windows: int) -> None:
    """Raise ValidationError for entities × buckets × metrics × windows over MOST_VALUES. `buckets`: of each entity."""
    values = entities * (buckets + 1) * metrics * windows
    if values > MOST_VALUES:
        raise ValidationError(
            f"bucket: up to {values:,} values would be computed ({entities:,} parks or rides × {buckets:,} buckets and"
            f" a total × {metrics} metrics × {windows} windows) and {MOST_VALUES:,} is the most; ask for larger"
            " buckets, fewer metrics, parks or rides, a shorter range, or without compare"
        )


def refuse_large(buckets: int, metrics: int) -> None:
    """Raise ValidationError for an answer that would be larger than MOST_BYTES, before it is written."""
    size = buckets * (BYTES_A_BUCKET + metrics * BYTES_A_VALUE)
    if size > MOST_BYTES:
        raise ValidationError(
            f"metrics: the answer would have about {size / 1e6:,.0f} MB and {MOST_BYTES / 1e6:,.0f} is the most;"
            " ask for larger buckets, or fewer metrics, parks or rides"
        )
