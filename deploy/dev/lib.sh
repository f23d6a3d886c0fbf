# What the scripts here share: telling, installing what is missing, building, processes, and a private PostgreSQL.
#
# To be sourced by bash, with "set -euo pipefail". Sets root, the checkout.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

if [ -t 1 ]; then
    bold=$'\033[1m' plain=$'\033[0m' redraw=$'\r\033[K'
else
    bold='' plain='' redraw=''
fi

title() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }

complain() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

give_up() {
    complain "$*"
    exit 1
}

# --- What is needed ---------------------------------------------------------------------------------------------------

# Each line: the package of Debian, and how to see that what we need of it is there.
needs() {
    cat <<'NEEDS'
ca-certificates  [ -e /etc/ssl/certs/ca-certificates.crt ]
curl             command -v curl
git              command -v git
jq               command -v jq
libpq-dev        pkg-config --exists libpq
pgbouncer        [ -x /usr/sbin/pgbouncer ] || command -v pgbouncer
pkg-config       command -v pkg-config
postgresql       postgres_programs
util-linux       command -v setpriv
zlib1g-dev       [ -e /usr/include/zlib.h ]
NEEDS
    # What a script needs besides, in such lines.
    echo "${more_needs:-}"
}

missing_packages() {
    local package check
    while read -r package check; do
        [ -n "$package" ] || continue
        eval "$check" > /dev/null 2>&1 || printf '%s ' "$package"
    done < <(needs)
}

# Installs what is missing. Needs no network and no rights when nothing is.
install_missing() {
    command -v swift > /dev/null \
        || give_up "there is no Swift toolchain in PATH; 6.2 or later is needed: https://www.swift.org/install/linux/"
    local missing
    missing=$(missing_packages)
    [ -n "$missing" ] || return 0
    command -v apt-get > /dev/null || give_up "these packages are missing, and there is no apt-get: $missing"
    echo "installing: $missing"
    as_root apt-get update -qq
    # shellcheck disable=SC2086 # One word for each package.
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing > /dev/null
    missing=$(missing_packages)
    [ -z "$missing" ] || give_up "still missing after the installation: $missing"
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo > /dev/null; then
        sudo "$@"
    else
        give_up "this needs root, and there is no sudo: $*"
    fi
}

# --- Swift, and its litter --------------------------------------------------------------------------------------------

# make_swift_tmp: makes the folder for what the toolchain would leave behind in /tmp. Its name is short, since the tests'
# PostgreSQL listens in there and a socket's path has 107 bytes at most. That may run as another user, who must get in.
make_swift_tmp() {
    swift_tmp=$(mktemp -d /tmp/reprieve-XXXXXX)
    chmod 711 "$swift_tmp"
}

# To be called in the EXIT trap, at the latest; may be called twice.
remove_swift_tmp() { rm -rf "$swift_tmp"; }

# To be the EXIT trap of a script that runs tests. The logs of a test that failed are in the folder too: it has said where,
# so they stay unless we were interrupted.
finish_tests() {
    local status=$?
    case $status in
        0 | 130 | 143) remove_swift_tmp ;;
        *)
            find "$swift_tmp" -mindepth 1 -maxdepth 1 ! -name 'reprieve-fleet-*' -exec rm -rf {} +
            rmdir --ignore-fail-on-non-empty "$swift_tmp"
            ;;
    esac
    exit "$status"
}

# in_swift_tmp COMMAND...
in_swift_tmp() { TMPDIR=$swift_tmp "$@"; }

# build LOG ARGUMENT...: runs "swift build ARGUMENT...". On a terminal its progress is one line; its words are in LOG, and
# shown when it fails.
build() {
    local log=$1
    shift
    echo "\$ swift build $*"
    if ! (cd "$root" && in_swift_tmp swift build "$@" 2>&1) | tee -a "$log" | show_progress; then
        # The end names what failed, but an error may stand far above it.
        grep -n 'error:' "$log" | sort -u -t : -k 2 | head -n 40 >&2 || true
        tail -n 20 "$log" >&2
        give_up "the build failed; all of its words: $log"
    fi
}

# Shows each line of standard input in place of the one before; nothing when this is no terminal.
show_progress() {
    local line
    while IFS= read -r line; do
        [ -z "$redraw" ] || printf '%s%.100s' "$redraw" "$line"
    done
    printf '%s' "$redraw"
}

# --- Processes --------------------------------------------------------------------------------------------------------
#
# Of scripts that have set folder, where everything is, and logs in it.

declare -A pid
# Whether a script that came out well leaves everything running; and whether somebody has interrupted it.
keep=false
interrupted=false

# Every process of ours works in our folder: a process id that was given to somebody else since is not mistaken for ours.
is_ours() {
    case $(readlink "/proc/$1/cwd" 2> /dev/null) in
        "$folder" | "$folder"/*) return 0 ;;
        *) return 1 ;;
    esac
}

# start NAME COMMAND ARGUMENT...: starts a process in the background; its words go to a log.
start() {
    local name=$1
    shift
    # In a session of its own no Ctrl-C reaches it: we stop what we started, in our order.
    # shellcheck disable=SC2154 # The caller sets logs, as folder and pid.
    (cd "$folder" && exec setsid "$@") < /dev/null > "$logs/$name.log" 2>&1 &
    pid[$name]=$!
    echo "$!" >> "$folder/pids"
}

# Stops every process of the folder, the last first.
stop_all() {
    local process
    [ -e "$folder/pids" ] || return 0
    for process in $(tac "$folder/pids"); do
        stop "$process"
    done
}

# stop PROCESS: asks it to end, and ends it when it has not after ten seconds.
stop() {
    local _
    # SIGINT is a quick end for all of ours; PostgreSQL would wait for its clients after a SIGTERM.
    ! is_ours "$1" || kill -s INT "$1" || return 0
    for _ in {1..100}; do
        is_ours "$1" || return 0
        sleep 0.1
    done
    kill -s KILL "$1" || true
}

# To be the EXIT trap. The logs of a script that went wrong stay.
finish() {
    local status=$?
    trap - EXIT
    trap '' INT TERM
    remove_swift_tmp
    if [ "$status" = 0 ] && $keep; then exit 0; fi
    stop_all 2> /dev/null
    if [ "$status" = 0 ] || $interrupted; then
        rm -rf "$folder"
    else
        find "$folder" -mindepth 1 -maxdepth 1 ! -path "$logs" -exec rm -rf {} +
        complain "the logs are in $logs"
    fi
    exit "$status"
}

# expect WHAT ACTUAL WANTED
expect() { [ "$2" = "$3" ] || give_up "$1 is \"$2\", and should be \"$3\""; }

# within SECONDS WHAT COMMAND...: repeats the command until it succeeds.
within() {
    local deadline=$((SECONDS + $1)) what=$2
    shift 2
    until "$@"; do
        [ "$SECONDS" -lt "$deadline" ] || give_up "waited in vain for this: $what"
        sleep 0.1
    done
}

# An API takes any free port, and its log says which.
port_of() { sed -n 's/.* message=listening .*http\.port=\([0-9]*\).*/\1/p' "$logs/$1.log"; }

# The same of where it says whether it is well.
health_port_of() { sed -n 's/.* message="health listening" .*http\.port=\([0-9]*\).*/\1/p' "$logs/$1.log"; }

is_listening() {
    kill -0 "${pid[$1]}" 2> /dev/null || give_up "$1 has ended: $(tail -n 1 "$logs/$1.log")"
    [ -n "$(port_of "$1")" ] && [ -n "$(health_port_of "$1")" ]
}

# --- PostgreSQL -------------------------------------------------------------------------------------------------------

# Prints the folder of initdb and postgres: that of the newest version that is installed.
postgres_programs() {
    local folder
    for folder in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV); do
        if [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ]; then
            echo "$folder"
            return 0
        fi
    done
    return 1
}

# as_postgres PROGRAM ARGUMENT...: sets the array as_postgres_words to what runs a program of PostgreSQL, as somebody else
# than root, whom it refuses.
as_postgres() {
    as_postgres_words=("$(postgres_programs)/$1" "${@:2}")
    [ "$(id -u)" != 0 ] || as_postgres_words=(
        setpriv --reuid=postgres --regid=postgres --clear-groups -- "${as_postgres_words[@]}"
    )
}

# postgres_create FOLDER: makes a cluster in FOLDER/data.
postgres_create() {
    mkdir -m 700 "$1"
    [ "$(id -u)" != 0 ] || chown postgres: "$1"
    as_postgres initdb -D "$1/data" -U postgres -A trust -E UTF8 --no-sync
    (cd "$1" && "${as_postgres_words[@]}") > /dev/null
}

# postgres_server FOLDER: sets the array as_postgres_words to what runs the server of that cluster, which only the socket in
# FOLDER leads to.
postgres_server() {
    as_postgres postgres -D "$1/data" -c listen_addresses= -c max_connections=60 -c "unix_socket_directories=$1"
}
