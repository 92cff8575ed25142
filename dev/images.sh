#!/usr/bin/env bash
# The images of the development stack: where they come from and how they are made where no registry answers. Sourced by
# lib.sh.

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
    local hash fetched context
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
    fetched=$CACHE/search-$(inputs "" images/search/pom.xml)
    if [[ ! -d $fetched ]]; then
        if ! have mvn; then
            if ((EUID != 0)) || ! have apt-get; then
                warn "OpenSearch comes from Maven Central, and there is no mvn"
                return 1
            fi
            apt_install maven maven || return 1
        fi
        rm -rf "$fetched.part"
        logged opensearch "fetching OpenSearch $OPENSEARCH_VERSION from Maven Central (136 MB)" \
            mvn --batch-mode --file images/search/pom.xml dependency:copy-dependencies \
            -DexcludeTransitive=true -DoutputDirectory="$fetched.part" || return 1
        mv "$fetched.part" "$fetched"
    fi
    base_up || return 1
    context=$(mktemp -d "${TMPDIR:-/tmp}/alertdeck-search.XXXXXX")
    TEMPORARY+=("$context")
    cp images/search/* "$context/"
    cp -R -l "$fetched" "$context/fetched" 2>/dev/null || cp -R "$fetched" "$context/fetched"
    build "$SEARCH_IMAGE" "$context" "$hash"
}
