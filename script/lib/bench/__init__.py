"""The speed benchmark behind script/bench: a large made-up history, measured on a private MariaDB and on DuckDB."""
