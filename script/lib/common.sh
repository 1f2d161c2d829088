# Shared by the scripts: words to the user, commands that a signal ends at once, free ports, Debian packages.
# shellcheck shell=sh

say() { printf '%s\n' "$@"; }
warn() { printf '%s\n' "$@" >&2; }
die() { # STATUS MESSAGE
    status=$1
    shift
    warn "$*"
    exit "$status"
}

child=
# Runs a command in the background and waits. A shell that waits for a command in the foreground handles a signal
# only when the command has ended; this way Ctrl-C and SIGTERM reach `clean_up` at once, which stops the command.
run() {
    "$@" &
    child=$!
    status=0
    wait "$child" || status=$?
    child=
    return "$status"
}

# Ends one process that this script started: politely, and after ten seconds the hard way.
stop() { # PID
    patience=100
    kill "$1" 2>/dev/null || return 0
    while kill -0 "$1" 2>/dev/null; do
        [ "$patience" -gt 0 ] || kill -KILL "$1" 2>/dev/null || :
        patience=$((patience - 1))
        sleep 0.1
    done
    wait "$1" 2>/dev/null || :
}

# On every way out: the running command is stopped, then `clean_up_more`, which a script may define anew.
clean_up() {
    trap '' INT TERM HUP
    [ -z "$child" ] || stop "$child"
    clean_up_more
}
clean_up_more() { :; }
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# Waits for up to 30 seconds until a command succeeds; fails as soon as the process it depends on has ended.
wait_for() { # PID COMMAND…
    awaited=$1
    patience=150
    shift
    until "$@" >/dev/null 2>&1; do
        kill -0 "$awaited" 2>/dev/null || return 1
        [ "$patience" -gt 0 ] || return 1
        patience=$((patience - 1))
        sleep 0.2
    done
}

free_port() {
    .venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# Sets `sudo` to what makes a command run as root without asking ("" when we are root); fails when nothing does.
may_install() {
    command -v apt-get >/dev/null || return 1
    sudo=
    [ "$(id -u)" -ne 0 ] || return 0
    sudo="sudo -n"
    $sudo true 2>/dev/null
}

# Installs Debian packages, in the foreground: interrupting dpkg half-way would leave the machine broken.
apt_install() { # PACKAGE…
    say "Installing Debian packages: $*"
    # shellcheck disable=SC2086  # "sudo -n" is two words, or none
    ${sudo} sh script/lib/apt-install.sh "$@" </dev/null
}
