"""Published months: what was observed and computed, as Parquet files that do not change. No tables of its own: what is
published says `manifest.json` beside the files."""
