#!/bin/bash
# What the container runs: sets the time zone, makes ElastAlert's indices if they are missing, and becomes supervisord.
# Nothing here waits without a bound, and nothing here but ElastAlert itself looks like ElastAlert in a process list.
set -u

say() { printf 'entry: %s\n' "$*" >&2; }

case ${SET_CONTAINER_TIMEZONE:-false} in
    [Tt][Rr][Uu][Ee] | [Yy][Ee][Ss] | [Oo][Nn] | [YyTt] | 1) TZ=${CONTAINER_TIMEZONE:-${TZ:-UTC}} ;;
esac
TZ=${TZ:-UTC}
if [[ ! -f /usr/share/zoneinfo/$TZ ]]; then
    say "time zone $TZ is not known here, so UTC it is"
    TZ=UTC
fi
export TZ
say "time zone $TZ, now $(date '+%Y-%m-%d %H:%M:%S %Z')"

if [[ ! -r $ELASTALERT_SUPERVISOR_CONF ]]; then
    say "$ELASTALERT_SUPERVISOR_CONF is not there or may not be read by uid $(id -u)"
    exit 1
fi

python3 /opt/image/ready-index.py "$ELASTALERT_CONFIG" || true

exec supervisord --nodaemon --configuration "$ELASTALERT_SUPERVISOR_CONF"
