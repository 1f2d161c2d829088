from django.apps import AppConfig


class OutagesConfig(AppConfig):
    name = "outages"

    def ready(self) -> None:
        from outages.audit import LEDGER_CHECK
        from outages.ledger.write import write_outages
        from outages.readings.lengths import lengths_of_outages
        from stats.audit.validation import MORE_CHECKS
        from stats.daily.recompute import WRITTEN_WITH_DAYS
        from stats.reliability.lengths import READERS

        if write_outages not in WRITTEN_WITH_DAYS:
            WRITTEN_WITH_DAYS.append(write_outages)
        if LEDGER_CHECK not in MORE_CHECKS:
            MORE_CHECKS.append(LEDGER_CHECK)
        if lengths_of_outages not in READERS:
            READERS.append(lengths_of_outages)
