#!/usr/bin/env bash
# The development stack itself: its network, its containers, its variables, and how all of it goes away. Sourced by
# lib.sh.

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
# of the file (if one is named) in its /tmp. One that runs already stays if it was made from the same, or by another
# clone, which may be at work with it.
container_up() {
    local name=$1 hash=$2 file=$3 seen id
    shift 3
    seen=$(docker container inspect --format "{{index .Config.Labels \"$LABEL\"}} {{.State.Running}} \
{{index .Config.Labels \"$LABEL.inputs\"}} {{index .Config.Labels \"$LABEL.clone\"}}" "$name" 2>/dev/null) || seen=
    case $seen in
        "") ;;
        "true true $hash "*)
            say "container $name is running"
            return 0
            ;;
        "true true "*" $ROOT" | "true false "*)
            say "container $name has stopped or is not what it should be: made anew"
            docker rm --force --volumes "$name" >/dev/null
            ;;
        "true true "*)
            say "container $name is running, made a little differently from ${seen##* }, and stays"
            return 0
            ;;
        *)
            warn "a container $name is there that was not made from here"
            return 1
            ;;
    esac
    id=$(docker create --name "$name" --init --network "$NETWORK" --label "$LABEL=true" --label "$LABEL.inputs=$hash" \
        --label "$LABEL.clone=$ROOT" --log-opt max-size=10m --log-opt max-file=2 "$@") || return 1
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
        if ((SECONDS - start > 180)) || [[ $(docker container inspect --format '{{.State.Running}}' "$SEARCH_NAME") != true ]]; then
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
        if ((SECONDS - start > 120)); then
            warn "the feeder has written nothing in 120 s: $(docker logs --tail 1 "$FEEDER_NAME" 2>&1)"
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
    local kind id name users rest=() failed=
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
                docker container inspect "$id" >/dev/null 2>&1 || continue
                docker rm --force --volumes "$id" >/dev/null || continue
                say "container $name is removed"
                ;;
            network)
                # A stopped container that belongs to it could not be started again, so it stays for those as well.
                users=$(docker ps --all --filter "network=$id" --format '{{.Names}}' 2>/dev/null | paste -sd ' ')
                if [[ -n $users ]]; then
                    say "network $name stays, used by $users"
                    rest+=("$kind $id $name")
                elif docker network rm "$id" >/dev/null 2>&1; then
                    say "network $name is removed"
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
