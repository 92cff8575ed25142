#!/usr/bin/env bash
# What dev/up, dev/down, dev/start and dev/test share: saying what is done, and making and removing the development
# stack. Sourced, never run. docs/development.md has the names, the ports and the variables.
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

# ----------------------------------------------------------------------------------------------------------- images

# inputs TEXT PATH...: a short hash of the text and of the files, to know whether something is still as it would be made.
inputs() {
    local text=$1
    shift
    {
        printf '%s\n' "$text"
        (cd "$ROOT" && find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum)
    } | sha256sum | cut -c 1-16
}

image_there() { docker image inspect "$1" >/dev/null 2>&1; }

image_label() { docker image inspect --format "{{index .Config.Labels \"$2\"}}" "$1" 2>/dev/null || true; }

# pull IMAGE SECONDS: whether it is there or could be had from its registry.
pull() {
    image_there "$1" && return 0
    say "pulling $1 ..."
    mkdir -p "$LOGS"
    if timeout "$2" docker pull --quiet "$1" >"$LOGS/pull.log" 2>&1; then
        say "pulling $1: done"
    else
        say "pulling $1: not to be had here ($(tail -n 1 "$LOGS/pull.log" | cut -c 1-160))"
        return 1
    fi
}

# What containers have to know of this machine to reach what it reaches: certificates that somebody added, and apt's
# settings. Laid out below DIR; returns 1 when there is nothing of the kind.
host_settings() {
    local dir=$1 bundle=/etc/ssl/certs/ca-certificates.crt file special=
    for file in "${SSL_CERT_FILE:-}" "${CURL_CA_BUNDLE:-}" "${REQUESTS_CA_BUNDLE:-}" "${PIP_CERT:-}"; do
        if [[ -f $file && $file != "$bundle" ]]; then bundle=$file special=1 && break; fi
    done
    if [[ -n $(find /usr/local/share/ca-certificates -name '*.crt' -print -quit 2>/dev/null) ]]; then special=1; fi
    if [[ -n $special && -f $bundle ]]; then
        install -D -m 644 "$bundle" "$dir/usr/local/share/ca-certificates/host-bundle.crt"
    fi
    if have apt-config; then
        mkdir -p "$dir/etc/apt/apt.conf.d"
        apt-config dump | grep -E '^Acquire::(Check|ForceIPv|Retries|ftp|http|https).* "[^"]+";$' \
            >"$dir/etc/apt/apt.conf.d/90host" || rm -f "$dir/etc/apt/apt.conf.d/90host"
    fi
    [[ -n $(find "$dir" -type f -print -quit) ]]
}

# The base that the images stand on, in BASE: Debian's published one where it can be had, otherwise made from Debian's
# packages; with this machine's certificates and settings where it has any.
BASE=
base_up() {
    [[ -z $BASE ]] || return 0
    local work
    if image_there "$OWN_BASE"; then
        BASE=$OWN_BASE
        return 0
    fi
    work=$(mktemp -d "${TMPDIR:-/tmp}/alertdeck-base.XXXXXX")
    TEMPORARY+=("$work")
    mkdir "$work/settings"
    if pull "$PUBLISHED_BASE" 180; then
        if host_settings "$work/settings"; then
            printf 'FROM %s\nCOPY settings/ /\n' "$PUBLISHED_BASE" >"$work/Dockerfile"
            build "$OWN_BASE" "$work" "" || return 1
            BASE=$OWN_BASE
        else
            BASE=$PUBLISHED_BASE
        fi
        return 0
    fi
    ((EUID == 0)) || { warn "without a registry the base is made by debootstrap, which needs root"; return 1; }
    have debootstrap || apt_install debootstrap debootstrap || return 1
    host_settings "$work/settings" || true
    logged base "making $OWN_BASE from Debian's packages" base_from_packages "$work" || return 1
    BASE=$OWN_BASE
}

# The addresses of the packages whose lists this machine reads with that label, without the last slash.
apt_site() {
    # shellcheck disable=SC2016
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' "Label: $1" 2>/dev/null |
        head -n 1 | sed 's,/$,,'
}

base_from_packages() {
    local root=$1/root main security
    main=$(apt_site Debian)
    security=$(apt_site Debian-Security)
    main=${main:-http://deb.debian.org/debian}
    debootstrap --variant=minbase --include=ca-certificates "$SUITE" "$root" "$main" || return 1
    cp -R "$1/settings/." "$root/"
    chroot "$root" update-ca-certificates
    {
        printf 'deb %s %s main\n' "$main" "$SUITE" "$main" "$SUITE-updates"
        printf 'deb %s %s main\n' "${security:-http://deb.debian.org/debian-security}" "$SUITE-security"
    } >"$root/etc/apt/sources.list"
    # What the published slim image leaves out as well.
    tar -C "$root" --numeric-owner -c --exclude='./dev/*' --exclude='./proc/*' --exclude='./sys/*' \
        --exclude='./var/cache/apt/*' --exclude='./var/lib/apt/lists/*' --exclude='./var/log/*' \
        --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' --exclude='./usr/share/locale/*' . |
        docker import --change 'CMD ["bash"]' --change "LABEL $LABEL=true" - "$OWN_BASE"
}

# One of pip's settings, from its variable or its files.
pip_setting() {
    local variable=PIP_${1//-/_}
    variable=${variable^^}
    if [[ -n ${!variable:-} ]]; then
        printf '%s' "${!variable}"
    elif have python3; then
        python3 -m pip config get "global.$1" 2>/dev/null || true
    fi
}

# build TAG FOLDER INPUTS: with the classic builder where there is no other, on the machine's own network, so that what
# is reached from here is reached from there.
build() {
    local tag=$1 folder=$2 hash=$3 name value args=()
    if ! docker buildx version >/dev/null 2>&1; then export DOCKER_BUILDKIT=0; fi
    if [[ -n $BASE ]]; then
        args+=(--build-arg "BASE=$BASE")
        for name in index-url extra-index-url trusted-host; do
            value=$(pip_setting "$name")
            [[ -z $value ]] || args+=(--build-arg "PIP_$(tr 'a-z-' 'A-Z_' <<<"$name")=$value")
        done
        if [[ $BASE == "$OWN_BASE" ]]; then args+=(--build-arg PIP_CERT=/etc/ssl/certs/ca-certificates.crt); fi
    fi
    for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
        if [[ -n ${!name:-} ]]; then args+=(--build-arg "$name"); fi
    done
    tag=${tag##*/}
    logged "build-${tag%%:*}" "building $1" docker build --network host "${args[@]}" \
        --label "$LABEL=true" --label "$LABEL.inputs=$hash" --tag "$1" "$folder"
}

# The ElastAlert image, in IMAGE: the one given, or our own, made where it is missing or no longer what is in images/.
image_up() {
    local hash
    if [[ -n ${IMAGE:-} ]]; then
        image_there "$IMAGE" || logged pull "pulling $IMAGE" docker pull --quiet "$IMAGE" || return 1
        say "image $IMAGE, as given"
        return 0
    fi
    IMAGE=$OWN_IMAGE
    hash=$(inputs "$SUITE" images/elastalert)
    if image_there "$IMAGE" && [[ $(image_label "$IMAGE" "$LABEL") != true ]]; then
        say "image $IMAGE was not made from here and is used as it is"
    elif [[ $(image_label "$IMAGE" "$LABEL.inputs") == "$hash" ]]; then
        say "image $IMAGE is there"
    else
        base_up && build "$IMAGE" "$ROOT/images/elastalert" "$hash"
    fi
}

# The search engine's image, in SEARCH_IMAGE.
search_image_up() {
    local hash zip context
    SEARCH_IMAGE=$OWN_SEARCH
    hash=$(inputs "$SUITE $OPENSEARCH_VERSION" images/search)
    if [[ $(image_label "$SEARCH_IMAGE" "$LABEL.inputs") == "$hash" ]]; then
        say "image $SEARCH_IMAGE is there"
        return 0
    fi
    # A registry that did not have the base is not asked twice.
    if [[ $BASE != "$OWN_BASE" ]] || image_there "$PUBLISHED_BASE" || image_there "$PUBLISHED_SEARCH"; then
        if pull "$PUBLISHED_SEARCH" 900; then
            SEARCH_IMAGE=$PUBLISHED_SEARCH
            return 0
        fi
    fi
    zip=$CACHE/opensearch-$OPENSEARCH_VERSION.zip
    if [[ ! -f $zip ]]; then
        if ! have mvn; then
            if ((EUID != 0)) || ! have apt-get; then
                warn "OpenSearch comes from Maven Central, and there is no mvn"
                return 1
            fi
            apt_install maven maven || return 1
        fi
        mkdir -p "$CACHE/part"
        logged opensearch "fetching OpenSearch $OPENSEARCH_VERSION from Maven Central (133 MB)" mvn --batch-mode \
            dependency:copy -DoutputDirectory="$CACHE/part" \
            -Dartifact="org.opensearch.distribution.integ-test-zip:opensearch:$OPENSEARCH_VERSION:zip" || return 1
        mv "$CACHE/part/opensearch-$OPENSEARCH_VERSION.zip" "$zip"
        rmdir "$CACHE/part"
    fi
    base_up || return 1
    context=$(mktemp -d "${TMPDIR:-/tmp}/alertdeck-search.XXXXXX")
    TEMPORARY+=("$context")
    cp "$ROOT"/images/search/* "$context/"
    ln "$zip" "$context/opensearch.zip" 2>/dev/null || cp "$zip" "$context/opensearch.zip"
    build "$SEARCH_IMAGE" "$context" "$hash"
}

# -------------------------------------------------------------------------------------------------------- the stack

network_up() {
    local mtu args=()
    if docker network inspect "$NETWORK" >/dev/null 2>&1; then
        say "network $NETWORK is there"
        return 0
    fi
    mtu=$(docker network inspect --format '{{index .Options "com.docker.network.driver.mtu"}}' bridge 2>/dev/null) || mtu=
    if [[ $mtu =~ ^[0-9]+$ ]]; then args+=(--opt "com.docker.network.driver.mtu=$mtu"); fi
    record network "$(docker network create --label "$LABEL=true" "${args[@]}" "$NETWORK")" "$NETWORK"
    say "network $NETWORK is made"
}

# container_up NAME INPUTS FILE ARGUMENTS...: a running container of that name, made from those arguments, with a copy
# of the file (if one is named) in its /tmp. One that runs already and was made from the same stays.
container_up() {
    local name=$1 hash=$2 file=$3 seen id
    shift 3
    seen=$(docker container inspect --format \
        "{{index .Config.Labels \"$LABEL\"}} {{.State.Running}} {{index .Config.Labels \"$LABEL.inputs\"}}" "$name" 2>/dev/null) || seen=
    case $seen in
        "") ;;
        "true true $hash")
            say "container $name is running"
            return 0
            ;;
        "true "*)
            say "container $name is not running or not what it should be: made anew"
            docker rm --force --volumes "$name" >/dev/null
            ;;
        *)
            warn "a container $name is there that was not made from here"
            return 1
            ;;
    esac
    id=$(docker create --name "$name" --init --network "$NETWORK" --label "$LABEL=true" --label "$LABEL.inputs=$hash" \
        --log-opt max-size=10m --log-opt max-file=2 "$@") || return 1
    record container "$id" "$name"
    if [[ -n $file ]]; then docker cp "$file" "$name:/tmp/" >/dev/null 2>&1 || return 1; fi
    docker start "$name" >/dev/null || return 1
    say "container $name is started"
}

# fetch URL: the body of an answer, without need of curl where the address is plain.
fetch() {
    if have curl; then
        curl --silent --fail --max-time 5 --noproxy localhost,127.0.0.1 "$1"
        return
    fi
    [[ $1 =~ ^http://([^/:]+)(:([0-9]+))?(/.*)?$ ]] || return 1
    local host=${BASH_REMATCH[1]} port=${BASH_REMATCH[3]:-80} path=${BASH_REMATCH[4]:-/} answer
    # shellcheck disable=SC2016
    answer=$(timeout 5 bash -c 'exec 3<>"/dev/tcp/$1/$2" && printf "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n" "$3" "$1" >&3 && cat <&3' \
        - "$host" "$port" "$path" 2>/dev/null) || return 1
    [[ $answer == HTTP/1.?\ 200* ]] && printf '%s\n' "${answer#*$'\r\n\r\n'}"
}

search_up() {
    local start hash options=()
    if [[ -n ${SEARCH_URL:-} ]]; then
        fetch "$SEARCH_URL" >/dev/null || { warn "nothing answers at SEARCH_URL=$SEARCH_URL"; return 1; }
        say "search at $SEARCH_URL, as given"
        return 0
    fi
    search_image_up || return 1
    hash=$(inputs "$SEARCH_IMAGE $SEARCH_PORT" images/search)
    if [[ $SEARCH_IMAGE == "$PUBLISHED_SEARCH" ]]; then
        options=(--env discovery.type=single-node --env DISABLE_SECURITY_PLUGIN=true --env DISABLE_INSTALL_DEMO_CONFIG=true
            --env cluster.routing.allocation.disk.threshold_enabled=false --env "OPENSEARCH_JAVA_OPTS=-Xms512m -Xmx512m")
    fi
    container_up "$SEARCH_NAME" "$hash" "" --publish "127.0.0.1:$SEARCH_PORT:9200" "${options[@]}" "$SEARCH_IMAGE" || return 1
    start=$SECONDS
    until fetch "http://127.0.0.1:$SEARCH_PORT/" >/dev/null; do
        if ((SECONDS - start > 120)) || [[ $(docker container inspect --format '{{.State.Running}}' "$SEARCH_NAME") != true ]]; then
            warn "search does not answer at http://127.0.0.1:$SEARCH_PORT; the end of its log:"
            docker logs --tail 15 "$SEARCH_NAME" 2>&1 | sed 's/^/    /' >&2
            return 1
        fi
        sleep 0.5
    done
    say "search answers at http://127.0.0.1:$SEARCH_PORT after $(took "$start")"
}

feeder_up() {
    local start hash
    if [[ -n ${SEARCH_URL:-} && ${FEED:-} != yes ]]; then
        say "no sample logs are written to a search engine that is not the stack's own; FEED=yes has them written"
        return 0
    fi
    local url=${SEARCH_URL:-http://$SEARCH_NAME:9200}
    hash=$(inputs "$IMAGE $url" dev/feeder.py)
    container_up "$FEEDER_NAME" "$hash" "$ROOT/dev/feeder.py" --entrypoint python3 "$IMAGE" -u /tmp/feeder.py "$url" || return 1
    start=$SECONDS
    until docker logs "$FEEDER_NAME" 2>&1 | grep -q 'are written'; do
        if ((SECONDS - start > 60)); then
            warn "the feeder has written nothing in 60 s: $(docker logs --tail 1 "$FEEDER_NAME" 2>&1)"
            return 1
        fi
        sleep 0.5
    done
}

sink_up() {
    local hash
    hash=$(inputs "$IMAGE $SINK_PORT" dev/sink.py)
    container_up "$SINK_NAME" "$hash" "$ROOT/dev/sink.py" --publish "127.0.0.1:$SINK_PORT:8080" \
        --entrypoint python3 "$IMAGE" -u /tmp/sink.py 8080
}

# The webhook that the sample's CI posts to: an address nobody knows, as a real one would be.
webhook_up() {
    local file=$DEV/slack-webhook
    [[ ! -s $file ]] || return 0
    mkdir -p "$DEV"
    (
        umask 077
        printf 'http://%s:8080/services/T0DEV/B0DEV/%s\n' "$SINK_NAME" \
            "$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')" >"$file"
    )
    say "webhook for the sample written to ${file#"$ROOT"/}"
}

# The host and port of search, as a container sees them: ES_HOST and ES_PORT.
search_seen_from_containers() {
    ES_HOST=$SEARCH_NAME ES_PORT=9200
    [[ -n ${SEARCH_URL:-} ]] || return 0
    [[ $SEARCH_URL =~ ^(https?)://([^/@]*@)?([^/:]+)(:([0-9]+))? ]] || die "SEARCH_URL=$SEARCH_URL is no http address"
    ES_HOST=${BASH_REMATCH[3]}
    ES_PORT=${BASH_REMATCH[5]}
    if [[ -z $ES_PORT ]]; then
        if [[ ${BASH_REMATCH[1]} == https ]]; then ES_PORT=443; else ES_PORT=80; fi
    fi
    if [[ $ES_HOST == localhost || $ES_HOST == 127.* ]]; then
        warn "SEARCH_URL=$SEARCH_URL is this machine's loopback, which a container does not reach"
    fi
}

# What the live tests and the program need to know, for the shell: .dev/env.
env_up() {
    local address
    address=$(engine_address)
    search_seen_from_containers
    {
        printf '# Written by dev/up, removed by dev/down.\n'
        if [[ $address != unix:///var/run/docker.sock ]]; then printf 'export DOCKER_HOST=%q\n' "$address"; fi
        printf 'export ALERTDECK_DEV_IMAGE=%q\n' "$IMAGE"
        printf 'export ALERTDECK_DEV_NETWORK=%q\n' "$NETWORK"
        printf 'export ALERTDECK_DEV_SEARCH_URL=%q\n' "${SEARCH_URL:-http://127.0.0.1:$SEARCH_PORT}"
        printf 'export ALERTDECK_DEV_ES_HOST=%q\n' "$ES_HOST"
        printf 'export ALERTDECK_DEV_ES_PORT=%q\n' "$ES_PORT"
        printf 'export ALERTDECK_DEV_SINK_URL=%q\n' "http://127.0.0.1:$SINK_PORT"
        if [[ -z ${SLACK_WEBHOOK:-} ]]; then printf 'export SLACK_WEBHOOK=%q\n' "$(<"$DEV/slack-webhook")"; fi
    } >"$DEV/env"
}

# stack_down [force]: takes away what the list in STARTED names, last made first; by force even while a dev/test runs.
stack_down() {
    local kind id name rest=() failed=
    if [[ ! -s $STARTED ]]; then
        return 0
    fi
    exec 8>>"$LOCK"
    if have flock && ! flock --exclusive --nonblock 8; then
        if [[ ${1:-} != force ]]; then
            say "a dev/test is running that may use the stack: everything stays; dev/down later, or dev/down --force"
            exec 8>&-
            return 0
        fi
    fi
    while read -r kind id name; do
        case $kind in
            container)
                if docker rm --force --volumes "$id" >/dev/null 2>&1; then say "container $name is removed"; fi
                ;;
            network)
                if docker network rm "$id" >/dev/null 2>&1; then
                    say "network $name is removed"
                elif docker network inspect "$id" >/dev/null 2>&1; then
                    say "network $name stays, used by $(docker network inspect --format '{{range .Containers}}{{.Name}} {{end}}' "$id")"
                    rest+=("$kind $id $name")
                fi
                ;;
            engine)
                engine_stop "$id" "$name" || { failed=1 && rest+=("$kind $id $name"); }
                ;;
            engine-service)
                say "stopping the docker service"
                if have systemctl && [[ -d /run/systemd/system ]]; then
                    systemctl stop docker.socket docker.service
                else
                    service docker stop >/dev/null
                fi || { failed=1 && rest+=("$kind $id $name"); }
                ;;
        esac
    done < <(tac "$STARTED")
    exec 8>&-
    rm -f "$DEV/env" "$STARTED"
    if ((${#rest[@]} > 0)); then printf '%s\n' "${rest[@]}" | tac >"$STARTED"; fi
    [[ -z $failed ]]
}
