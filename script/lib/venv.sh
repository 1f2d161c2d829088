# Shared by the scripts: the virtual environment in .venv and what is installed in it. Needs common.sh.
# shellcheck shell=sh

export PIP_DISABLE_PIP_VERSION_CHECK="${PIP_DISABLE_PIP_VERSION_CHECK:-1}" PIP_NO_INPUT=1

# What .venv must match to count as done: the pinned file, the interpreter and the place (scripts in a virtual
# environment name it, so a copied or moved one does not work).
fingerprint() { # FILE
    {
        cat "$1"
        .venv/bin/python -c 'import sys; print(sys.version, sys.base_prefix, sys.prefix)' 2>/dev/null || echo none
    } | cksum
}

up_to_date() { # NAME FILE
    [ -x .venv/bin/python ] && [ "$(cat ".venv/.installed-$1" 2>/dev/null)" = "$(fingerprint "$2")" ]
}

# Brings .venv to the state that FILE pins. An installation that was interrupted leaves its mark, and the next
# `make_venv` starts afresh; one that pip gave up by itself (no network) changed nothing.
install_requirements() { # NAME FILE [PIP-OPTION…]
    name=$1 file=$2
    shift 2
    say "Installing the $name requirements …"
    : >.venv/.installing
    rm -f ".venv/.installed-$name"
    status=0
    run .venv/bin/python -m pip install -qq --progress-bar off "$@" -r "$file" || status=$?
    [ "$status" -gt 1 ] || rm -f .venv/.installing
    [ "$status" -eq 0 ] || die 1 "pip could not install the $name requirements; see its message above."
    fingerprint "$file" >".venv/.installed-$name"
}

venv_is_sound() {
    [ ! -e .venv/.installing ] &&
        .venv/bin/python -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null &&
        sed 3q .venv/bin/pip 2>/dev/null | grep -qF "$(pwd -P)/.venv/bin/python"
}

# Prints the first Python 3.11 or later on PATH.
find_python() {
    for python in python3 python3.11 python3.12 python3.13 python3.14 python; do
        if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$python"
            return
        fi
    done
    return 1
}

# Makes .venv unless it is there and works.
make_venv() {
    if venv_is_sound; then return; fi
    python=$(find_python) ||
        die 1 "Python 3.11 or later is needed and is not on PATH (Debian, Ubuntu: apt-get install python3 python3-venv)."
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then # Debian keeps ensurepip in a package of its own
        package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
        if ! may_install || ! apt_install "$package"; then
            die 1 "$python cannot make virtual environments. As root: apt-get install $package"
        fi
    fi
    say "Making the virtual environment .venv with $("$python" --version) …"
    [ ! -L .venv ] || rm .venv # a link to an environment of somebody else, which is not ours to clear
    run "$python" -m venv --clear .venv
}
