#!/usr/bin/env bash
# What dev/up, dev/down, dev/start and dev/test share: the names, saying what is done, Rust, the record of what was
# started, and the Docker Engine; images.sh and stack.sh go on from there. Sourced, never run. docs/development.md has
# the names, the ports and the variables for people.
#
# shellcheck disable=SC2034  # some of these are for those who source this

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
DEV=$ROOT/.dev
LOGS=$DEV/log
CACHE=${XDG_CACHE_HOME:-${HOME:-$DEV}/.cache}/alertdeck

# What this clone started, one object a line, so that dev/down stops that and nothing else. dev/test keeps a list of
# its own, and so ends what it started and not what an earlier dev/up did.
STARTED=${STARTED:-$DEV/started}
STARTED_BY_TEST=$DEV/started-by-test

RUST_AT_LEAST=1.88
ELASTALERT_VERSION=2.31.0
OPENSEARCH_VERSION=3.4.0
SUITE=trixie
PUBLISHED_BASE=debian:$SUITE-slim
PUBLISHED_SEARCH=opensearchproject/opensearch:$OPENSEARCH_VERSION

OWN_BASE=alertdeck/dev-base:$SUITE
OWN_IMAGE=alertdeck/elastalert:$ELASTALERT_VERSION
OWN_SEARCH=alertdeck/dev-search:$OPENSEARCH_VERSION
LABEL=alertdeck.dev
NETWORK=alertdeck-dev
SEARCH_NAME=alertdeck-dev-search
FEEDER_NAME=alertdeck-dev-feeder
SINK_NAME=alertdeck-dev-sink
SEARCH_PORT=19200
SINK_PORT=19280

# Held, shared, by every dev/test while it runs; whoever wants to take the stack away asks for it alone.
LOCK=${TMPDIR:-/tmp}/alertdeck-dev-$UID.lock

# The exit code of dev/up where there is no engine and none can be had.
NO_ENGINE_CODE=3

# ---------------------------------------------------------------------------------------------------------- saying

say() { printf 'dev: %s\n' "$*"; }
warn() { printf 'dev: %s\n' "$*" >&2; }
die() {
    printf 'dev: error: %s\n' "$*" >&2
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# took SINCE: the time since then, in words.
took() {
    local s=$((SECONDS - $1))
    if ((s < 60)); then printf '%d s' "$s"; else printf '%d min %02d s' $((s / 60)) $((s % 60)); fi
}

RUNNING=
# logged NAME WHAT COMMAND...: runs the command with its output in .dev/log/NAME.log, says every 15 seconds where it
# is, and shows the end of the log if it fails. The command gets no other output, so that nothing it may leave behind
# can hold the caller's open.
logged() {
    local name=$1 what=$2 start=$SECONDS next=15 rc=0 log
    shift 2
    mkdir -p "$LOGS"
    log=$LOGS/$name.log
    say "$what ..."
    "$@" </dev/null >"$log" 2>&1 &
    RUNNING=$!
    while kill -0 "$RUNNING" 2>/dev/null; do
        sleep 0.3
        if ((SECONDS - start >= next)); then
            say "  $(took "$start"): $(tail -n 1 "$log" | tr -cd '[:print:]' | cut -c 1-100)"
            next=$((next + 15))
        fi
    done
    wait "$RUNNING" || rc=$?
    RUNNING=
    if ((rc != 0)); then
        warn "$what: failed after $(took "$start") with exit code $rc; the end of $log:"
        tail -n 25 "$log" | sed 's/^/    /' >&2
        return "$rc"
    fi
    say "$what: done in $(took "$start")"
}

TEMPORARY=()
# For a trap: ends the command that `logged` runs, and removes the folders that were only for the way.
clean_up() {
    local dir
    if [[ -n $RUNNING ]]; then
        kill "$RUNNING" 2>/dev/null || true
        wait "$RUNNING" 2>/dev/null || true
    fi
    for dir in "${TEMPORARY[@]}"; do rm -rf --one-file-system "$dir"; done
}

# ------------------------------------------------------------------------------------------------------------- rust

# Dies where Rust or a C compiler is missing, with the way to get it.
need_rust() {
    local version
    if ! have cargo && [[ -x ${HOME:-}/.cargo/bin/cargo ]]; then PATH=$HOME/.cargo/bin:$PATH; fi
    if ! have cargo || ! version=$(rustc --version 2>/dev/null); then
        die "Rust is not installed; alertdeck needs $RUST_AT_LEAST or later. It comes from https://rustup.rs:
    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"
    fi
    version=${version#rustc }
    version=${version%%[ -]*}
    if [[ $(printf '%s\n' "$RUST_AT_LEAST" "$version" | sort -V | head -n 1) != "$RUST_AT_LEAST" ]]; then
        die "Rust $version is too old; alertdeck needs $RUST_AT_LEAST or later. Where rustup is installed: rustup update stable
    Otherwise it comes from https://rustup.rs: curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"
    fi
    have cc || have gcc || have clang || die "there is no C compiler; on Debian: apt-get install gcc libc6-dev"
}

# ----------------------------------------------------------------------------------------------------------- record

# record KIND ID NAME
record() {
    mkdir -p "$DEV"
    printf '%s %s %s\n' "$1" "$2" "$3" >>"$STARTED"
}

# Field 22 of /proc/PID/stat, the time a process began: with the pid it names one process for good.
born() {
    local stat fields
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    read -ra fields <<<"${stat##*) }"
    printf '%s' "${fields[19]}"
}

# ----------------------------------------------------------------------------------------------------------- engine

engine_answers() { have docker && timeout 10 docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

engine_version() { docker version --format '{{.Server.Version}}'; }

# The address that the docker client uses: DOCKER_HOST, else that of the current context.
engine_address() {
    if [[ -n ${DOCKER_HOST:-} ]]; then
        printf '%s' "$DOCKER_HOST"
    else
        docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null || printf 'unix:///var/run/docker.sock'
    fi
}

APT_READ=
# apt_install NAME PACKAGE...
apt_install() {
    local name=$1
    shift
    if [[ -z $APT_READ ]]; then
        logged apt-update "reading Debian's package lists" apt-get update || return 1
        APT_READ=1
    fi
    logged "apt-$name" "installing $* from Debian's packages" \
        env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# Makes an engine answer, or returns 1 with the reason in NO_ENGINE.
engine_up() {
    local packages
    NO_ENGINE=
    if engine_answers; then
        say "Docker Engine $(engine_version) answers at $(engine_address)"
        return 0
    fi
    if have docker && [[ $(engine_address) != unix:///var/run/docker.sock ]]; then
        NO_ENGINE="no Docker Engine answers at $(engine_address), and only this machine's own is ever started from here"
        return 1
    fi
    if ((EUID != 0)); then
        NO_ENGINE="no Docker Engine answers at unix:///var/run/docker.sock; start Docker, or run this as root on Debian"
        if have docker; then NO_ENGINE+=" ($(docker version 2>&1 | tail -n 1))"; fi
        return 1
    fi
    if ! have dockerd || ! have docker; then
        if ! have apt-get; then
            NO_ENGINE="there is no Docker Engine, and no apt-get to install one with"
            return 1
        fi
        packages=(docker.io ca-certificates procps)
        apt_install docker "${packages[@]}" || { NO_ENGINE="Docker Engine could not be installed"; return 1; }
        # Since Debian 13 the client is a package of its own.
        if ! have docker; then
            apt_install docker-cli docker-cli || { NO_ENGINE="the docker client could not be installed"; return 1; }
        fi
    fi
    if engine_answers; then
        say "the package has started the docker service"
        record engine-service docker docker
    elif [[ -d /run/systemd/system ]]; then
        say "starting the docker service"
        if systemctl start docker; then record engine-service docker docker; fi
    else
        engine_start_by_hand
    fi
    for _ in $(seq 1 60); do
        if engine_answers; then
            say "Docker Engine $(engine_version) answers at $(engine_address)"
            return 0
        fi
        sleep 1
    done
    NO_ENGINE="Docker Engine was started and did not answer within 60 s"
    if [[ -f $LOGS/dockerd.log ]]; then
        NO_ENGINE+="; the end of $LOGS/dockerd.log: $(tail -n 1 "$LOGS/dockerd.log")"
    fi
    return 1
}

# Where there is no service manager.
engine_start_by_hand() {
    local file pid comm link mtu args=(--host unix:///var/run/docker.sock)
    mkdir -p "$LOGS"
    # A pid file from before the machine's last start names no process, or somebody else's.
    for file in /var/run/docker.pid /var/run/docker/containerd/containerd.pid; do
        [[ -f $file ]] || continue
        pid=$(<"$file")
        comm=$(cat "/proc/$pid/comm" 2>/dev/null) || comm=
        if [[ $comm != dockerd && $comm != containerd ]]; then
            say "removing $file, which names no living engine"
            rm -f "$file"
        fi
    done
    if ! mountpoint -q /sys/fs/cgroup; then
        say "mounting /sys/fs/cgroup"
        mount -t cgroup2 cgroup2 /sys/fs/cgroup || warn "it cannot be mounted"
    fi
    # Where the way out of this machine takes smaller packets than usual, containers have to know.
    link=$(awk '$2 == "00000000" { print $1; exit }' /proc/net/route)
    mtu=$(cat "/sys/class/net/${link:-none}/mtu" 2>/dev/null) || mtu=1500
    if ((mtu < 1500)); then args+=(--mtu "$mtu"); fi
    say "starting dockerd, its log in $LOGS/dockerd.log"
    # In a session of its own and with none of the caller's descriptors: a pipe that it held would never end.
    (
        exec </dev/null >"$LOGS/dockerd.log" 2>&1
        for file in "/proc/$BASHPID/fd"/*; do
            file=${file##*/}
            if ((file > 2)); then eval "exec $file>&-"; fi
        done
        cd /
        exec setsid dockerd "${args[@]}"
    ) &
    pid=$!
    disown "$pid"
    sleep 0.5
    record engine "$pid" "$(born "$pid" || printf gone)"
}

# engine_stop PID BORN
engine_stop() {
    if [[ $(born "$1" || true) != "$2" ]]; then
        say "the engine that was started from here (pid $1) has ended already"
        return 0
    fi
    local others
    others=$(docker ps --format '{{.Names}}' 2>/dev/null | paste -sd ' ' || true)
    if [[ -n $others ]]; then say "these stop with the engine: $others"; fi
    say "stopping dockerd (pid $1)"
    kill "$1"
    for _ in $(seq 1 60); do
        [[ $(born "$1" || true) == "$2" ]] || return 0
        sleep 0.5
    done
    warn "dockerd (pid $1) is still there after 30 s"
    return 1
}

# shellcheck source=dev/images.sh
. "$ROOT/dev/images.sh"
# shellcheck source=dev/stack.sh
. "$ROOT/dev/stack.sh"
