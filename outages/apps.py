from django.apps import AppConfig


class OutagesConfig(AppConfig):
    name = "outages"

    def ready(self) -> None:
        from outages.ledger.write import write_outages
        from stats.daily.recompute import WRITTEN_WITH_DAYS

        if write_outages not in WRITTEN_WITH_DAYS:
            WRITTEN_WITH_DAYS.append(write_outages)
