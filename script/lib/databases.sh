# Shared by the scripts: a private MariaDB and a private Redis, each in a directory that the caller made and removes,
# on a free port of 127.0.0.1. They touch no service of the machine. Need common.sh, venv.sh and dev requirements.
# shellcheck shell=sh

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin # Debian keeps mariadbd outside an ordinary user's PATH

# The user that the server runs as: it refuses to run as root.
mariadb_user() {
    if [ "$(id -u)" -ne 0 ]; then
        id -un
    elif id mysql >/dev/null 2>&1; then
        echo mysql
    else
        echo nobody
    fi
}

# Whether that user may enter a directory, which takes all directories above it.
mariadb_reaches() { # DIRECTORY
    [ "$(id -u)" -ne 0 ] || su -s /bin/sh -c 'test -x "$0"' "$(mariadb_user)" "$1" 2>/dev/null
}

# Prints where temporary files go that the server shall reach: TMPDIR, or another directory where it is closed to it.
mariadb_tmp() {
    for each in "${TMPDIR:-/tmp}" /tmp /var/tmp; do
        if mariadb_reaches "$each"; then break; fi
    done
    echo "$each"
}

# Starts MariaDB; sets mariadb_pid and mariadb_url. `mariadb_ready` then waits until it answers. A directory that was
# used before keeps its databases. `mariadb_buffer_pool` and `mariadb_log_size` may be set before, and to come back at
# the same address `mariadb_port` and `mariadb_password`. Options go to the server, and stand above what is said here.
mariadb_start() { # DIRECTORY [OPTION…]
    mariadb_directory=$1
    shift
    mariadb_user=$(mariadb_user)
    [ "$(id -u)" -ne 0 ] || chown "$mariadb_user" "$mariadb_directory"
    mariadb_reaches "$mariadb_directory" || # MariaDB would speak of missing tables
        die 1 "MariaDB runs as $mariadb_user, who may not enter $mariadb_directory or a directory above it."
    mariadb_port=${mariadb_port:-$(free_port)}
    mariadb_password=${mariadb_password:-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')}
    mariadb_url="mysql://ridewatch:$mariadb_password@127.0.0.1:$mariadb_port/ridewatch"
    cat >"$mariadb_directory/init.sql" <<SQL
CREATE DATABASE IF NOT EXISTS ridewatch;
CREATE OR REPLACE USER ridewatch@127.0.0.1 IDENTIFIED BY '$mariadb_password';
GRANT ALL PRIVILEGES ON *.* TO ridewatch@127.0.0.1 WITH GRANT OPTION;
SQL
    # --no-defaults: nothing of the machine's own configuration. Durability is off: the data can be made again.
    # utf8mb4_general_ci is what Debian and Ubuntu give a server of these versions when the operator does nothing.
    # The server's clock is set off UTC on purpose: nothing of ours may depend on it.
    (
        [ -d "$mariadb_directory/data/mysql" ] ||
            mariadb-install-db --no-defaults --user="$mariadb_user" --datadir="$mariadb_directory/data" \
                --skip-test-db >"$mariadb_directory/install.log" 2>&1 || exit
        exec mariadbd --no-defaults --user="$mariadb_user" --datadir="$mariadb_directory/data" \
            --socket="$mariadb_directory/socket" --pid-file="$mariadb_directory/pid" --tmpdir="$mariadb_directory" \
            --skip-networking=0 --bind-address=127.0.0.1 --port="$mariadb_port" --skip-name-resolve \
            --init-file="$mariadb_directory/init.sql" --local-infile=1 --default-time-zone=-07:00 \
            --character-set-server=utf8mb4 --collation-server=utf8mb4_general_ci --max-allowed-packet=64M \
            --innodb-flush-log-at-trx-commit=0 --skip-innodb-doublewrite --sync-binlog=0 --skip-log-bin \
            --innodb-buffer-pool-size="${mariadb_buffer_pool:-256M}" \
            --innodb-log-file-size="${mariadb_log_size:-128M}" --innodb-fast-shutdown=2 \
            "$@" >"$mariadb_directory/server.log" 2>&1
    ) &
    mariadb_pid=$!
}

mariadb_ready() {
    wait_for "$mariadb_pid" .venv/bin/python -c '
import sys, MySQLdb, urllib.parse
url = urllib.parse.urlsplit(sys.argv[1])
MySQLdb.connect(host=url.hostname, port=url.port, user=url.username, password=url.password, database=url.path[1:])
' "$mariadb_url" && return
    warn "MariaDB did not start:"
    tail -n 20 "$mariadb_directory"/*.log >&2
    return 1
}

# Starts Redis without persistence; sets redis_pid and redis_url. `redis_ready` then waits until it answers.
redis_start() { # DIRECTORY
    redis_directory=$1
    redis_port=$(free_port)
    redis_url="redis://127.0.0.1:$redis_port/0"
    redis-server --bind 127.0.0.1 --port "$redis_port" --dir "$redis_directory" --save '' --appendonly no \
        >"$redis_directory/server.log" 2>&1 &
    redis_pid=$!
}

redis_ready() {
    wait_for "$redis_pid" .venv/bin/python -c 'import sys, redis; redis.from_url(sys.argv[1]).ping()' "$redis_url" && return
    warn "Redis did not start:"
    tail -n 20 "$redis_directory/server.log" >&2
    return 1
}
