#!/usr/bin/env bash
# Makes the matrix beside this file anew: bash reports/example/make.sh
#
# Needs Python 3.11 with this project installed (the python and pytest on the PATH), Node.js 20 with
# npm, the network for npm alone, and the free ports 4010 and 4011. Nothing is left behind but the
# matrix; with KEEP=FOLDER the reports of every run stay there.
set -euo pipefail
cd "$(dirname "$0")/../.."

PRISM=5.16.0
MOCKOON=9.9.0

work=$(mktemp -d)
out=${KEEP:-$work/runs}
servers=()
trap 'for pid in "${servers[@]}"; do kill "$pid" 2>/dev/null || true; done; rm -rf "$work"' EXIT

npm install --prefix "$work" --no-audit --no-fund --loglevel=error \
  "@stoplight/prism-cli@$PRISM" "@mockoon/cli@$MOCKOON"

# Waits for an answer of any kind at a root URL.
answers() {
  python - "$1" <<'PYTHON'
import sys, time, urllib.error, urllib.request
for _ in range(120):
    try:
        urllib.request.urlopen(sys.argv[1], timeout=5)
    except urllib.error.HTTPError:
        break
    except OSError:
        time.sleep(0.5)
    else:
        break
else:
    sys.exit(f"{sys.argv[1]} does not answer")
PYTHON
}

# Runs the suite, whose results are $out/NAME/results.json. An exit code other than the expected one is
# trouble: a machine too busy for a burst would else leave a fault unseen in the matrix.
judge() {
  local expected=$1 name=$2 code=0
  shift 2
  echo "== $name: pytest $*"
  pytest -q -r N --tb=no -p no:cacheprovider --id-examples 5 --report-dir "$out/$name" "$@" \
    >"$work/$name.log" 2>&1 || code=$?
  tail -n 1 "$work/$name.log"
  if [ "$code" -ne "$expected" ]; then
    cat "$work/$name.log"
    echo "$name: exit code $code in place of $expected; the matrix is as it was" >&2
    exit 1
  fi
}

fast=(--pace off --rate-limit 50000/1s)

judge 0 portal
judge 1 json-as-html --fault json-as-html "${fast[@]}"
judge 1 query-token --fault query-token "${fast[@]}"
judge 1 update-touches-other --fault update-touches-other "${fast[@]}"
judge 1 date-no-offset --fault date-no-offset "${fast[@]}"
judge 1 excess-429 --fault excess-429

# The mock servers know no accounts: any token will do, and no request needs to be held back.
export WORKSPACE_TOKEN=any-token MOCKOON_DISABLE_TELEMETRY=1
python -m workspace_conformance.contract.openapi >"$work/openapi.json"
mock=(--allow-writes --allow-burst --pace off)

"$work/node_modules/.bin/prism" mock --host 127.0.0.1 --port 4010 "$work/openapi.json" \
  >"$work/prism-server.log" 2>&1 &
servers+=($!)
answers http://127.0.0.1:4010/
# Prism ends at a Content-Type that is no media type; what it would have answered later is worth more.
judge 1 prism --target http://127.0.0.1:4010 "${mock[@]}" -k "not odd_media_type"

"$work/node_modules/.bin/mockoon-cli" start --data "$work/openapi.json" --repair --hostname 127.0.0.1 \
  --port 4011 --disable-admin-api --disable-log-to-file >"$work/mockoon-server.log" 2>&1 &
servers+=($!)
answers http://127.0.0.1:4011/
judge 1 mockoon --target http://127.0.0.1:4011 "${mock[@]}"

python -m workspace_conformance.reporting.compare \
  "embedded portal=$out/portal/results.json" \
  "fault json-as-html=$out/json-as-html/results.json" \
  "fault query-token=$out/query-token/results.json" \
  "fault update-touches-other=$out/update-touches-other/results.json" \
  "fault date-no-offset=$out/date-no-offset/results.json" \
  "fault excess-429=$out/excess-429/results.json" \
  "Prism $PRISM=$out/prism/results.json" \
  "Mockoon $MOCKOON=$out/mockoon/results.json" \
  --markdown reports/example/matrix.md --html reports/example/matrix.html
