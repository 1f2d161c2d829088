"""Django's database backend for MariaDB and MySQL, with TLS that cannot be talked away, and a pool on request."""
