"""What every upstream is asked through: bounded requests, documents that are checked."""
