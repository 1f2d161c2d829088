"""What operators read: log lines without secrets, counters."""
