# Finds the Python that has ElastAlert, whatever the image, and runs the preflight with it. In an image there is often
# more than one Python; the one that runs ElastAlert stands in the first line of its own program.
here=${0%/*}
candidates='python3 python /opt/venv/bin/python3 /opt/elastalert/bin/python3 /venv/bin/python3 /usr/local/bin/python3
/usr/bin/python3'
for program in elastalert supervisord; do
    path=$(command -v "$program" 2>/dev/null) || continue
    first=
    read -r first <"$path" 2>/dev/null || true
    case $first in
        '#!'*python*) candidates="${first#??} $candidates" ;;
    esac
done
for python in $candidates; do
    if "$python" -c 'import importlib.util as u, sys; sys.exit(u.find_spec("elastalert") is None)' 2>/dev/null; then
        exec "$python" -B "$here/preflight.py" "$@"
    fi
done
printf '{"v": 1, "kind": "image", "error": "no Python in the image can import elastalert"}\n'
exit 3
