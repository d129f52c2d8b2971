#!/usr/bin/env bash
# try-publish.sh [cpu|cuda]: what the Dockerfile does, without Docker. Copies what .dockerignore lets through, runs the publish lines of the stage build-TARGET as they
# stand there, then starts the result as the image would: --help, and worker and moderation on loopback with embedded parts until they are ready.
# Leaves nothing behind. Needs the .NET SDK.
set -euo pipefail
target=${1:-cpu}
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
pid=
stop() { [ -z "$pid" ] || { kill "$pid" && wait "$pid"; } 2>/dev/null || true; pid=; }
trap 'stop; rm -rf "$work"' EXIT
fail() { echo "try-publish $target: $*" >&2; exit 1; }

mkdir "$work/src" "$work/data"
while read -r line; do
    case $line in
        '!'*[*?[]*) fail ".dockerignore: $line is a pattern" ;;
        '!'*) (cd "$root" && git ls-files -z --cached --others --exclude-standard -- "${line#!}" | xargs -0 -r cp --parents -t "$work/src") ;;
    esac
done <"$root/.dockerignore"

mapfile -t lines < <(awk -v stage="build-$target" 'toupper($1) == "FROM" { here = $NF == stage } here && $1 == "RUN" { sub(/^RUN +/, ""); print }' "$root/build/docker/Dockerfile")
[ "${#lines[@]}" -gt 0 ] || fail "the Dockerfile has no stage build-$target with a RUN line"
for line in "${lines[@]}"; do
    echo "== $line"
    (cd "$work/src" && MSBUILDDISABLENODEREUSE=1 bash -c "${line//\/app/$work/app}") || fail "'$line' failed"
done

# The entry point of the image, with its folder elsewhere.
entry=$(sed -n 's/^ENTRYPOINT \["\(.*\)"\]$/\1/p' "$root/build/docker/Dockerfile")
program=${entry/#\/app/$work/app}
[ -x "$program" ] || fail "$entry is not in what was published"
rm -rf "$work/src"
cd "$work/data"
"$program" --help | grep -q worker || fail "--help does not name the worker"

for service in worker moderation; do
    port=$(for ((p = 20000 + RANDOM % 20000; ; p++)); do (: <"/dev/tcp/127.0.0.1/$p") 2>/dev/null || { echo $p; break; }; done)
    Detection__Data=$work/data/$service Detection__Http__Urls=http://127.0.0.1:$port DOTNET_EnableDiagnostics=0 "$program" $service 2>"$work/$service.log" &
    pid=$!
    for ((waited = 0; ; waited++)); do
        kill -0 "$pid" 2>/dev/null || { cat "$work/$service.log" >&2; fail "$service ended"; }
        "$root/build/docker/ready" "$port" && break
        [ "$waited" -lt 300 ] || { cat "$work/$service.log" >&2; fail "$service was not ready within 300 s"; }
        sleep 1
    done
    echo "$service is ready"
    stop
done
echo OK
