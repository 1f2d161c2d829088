# Shared by script/backup and script/restore. Needs common.sh.
# shellcheck shell=sh

# What needs the settings: see script/lib/dumps.py.
dumps() { .venv/bin/python script/lib/dumps.py "$@"; }

# Prints the first of the commands that is installed; fails when none is.
first_of() { # COMMAND…
    for command in "$@"; do
        if command -v "$command"; then return; fi
    done
    return 1
}

# Prints mariadb or mysql: whose program this is. They have different words for TLS.
flavour() { # COMMAND
    case $("$1" --version) in
    *MariaDB*) echo mariadb ;;
    *) echo mysql ;;
    esac
}
