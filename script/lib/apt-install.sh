#!/bin/sh
# As root: installs the named Debian packages, starting no service and removing nothing. Quiet unless it fails.
set -eu

export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
policy=/usr/sbin/policy-rc.d # package scripts ask it before they start a service; 101 means "do not"
made_policy=
clean_up() {
    rm -f "$log"
    [ -z "$made_policy" ] || rm -f "$policy"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

if [ ! -e "$policy" ]; then
    made_policy=yes
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi

apt() { apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" >"$log" 2>&1; }
# Packages that conflict with installed ones (MySQL's server with MariaDB's) are refused, not swapped.
if ! { apt update && apt install -y --no-install-recommends --no-remove "$@"; }; then
    tail -n 20 "$log" >&2
    exit 1
fi
