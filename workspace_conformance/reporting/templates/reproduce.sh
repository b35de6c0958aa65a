#!/bin/sh
@COMMENT@
#
# Set WORKSPACE_TOKEN first, or WORKSPACE_USERNAME and WORKSPACE_PASSWORD; WORKSPACE_TARGET names
# another portal than the one that was judged.
# Exit code: 1 the violation is seen, 0 it is not seen, 2 it could not be tried.
set -u
PORTAL=${WORKSPACE_TARGET:-@PORTAL@}
PORTAL=${PORTAL%/}
NEEDS='@NEEDS@'
DIR=$(mktemp -d) || exit 2
WORKSPACE_TOKEN=${WORKSPACE_TOKEN:-}
DIFFERENT=
ID1= ID2= ID3= ID4= ID5= ID6=

# Every curl line goes this way: errors are told, and what the run was given holds here, too.
curl() { command curl -sS @CURL@ "$@"; }

say() { printf '%s\n' "$1"; }
impossible() { printf 'Could not be tried: %s\n' "$1"; exit 2; }
ended() { code=$?; trap - EXIT; [ -n "$WORKSPACE_TOKEN" ] && cleaned; rm -rf "$DIR"; exit "$code"; }
trap ended EXIT
trap 'exit 2' INT TERM

# What a step's answer was: its status, a header, in words.
status() { sed -n 's#^HTTP/[0-9.]* \([0-9]*\).*#\1#p' "$DIR/$1.head" 2>/dev/null | tail -n 1; }
header() { tr -d '\r' < "$DIR/$1.head" | grep -i "^$2:" | head -n 1 | sed 's/^[^:]*: *//'; }
answered() {
  [ "$2" -ne 6 ] && [ "$2" -ne 7 ] || impossible "nothing answers at $PORTAL"
  [ -f "$DIR/$1.head" ] || : > "$DIR/$1.head"
  [ -f "$DIR/$1.body" ] || : > "$DIR/$1.body"
  S=$(status "$1")
  printf '   came back: %s %s\n' "${S:-no answer}" "$(header "$1" content-type)"
}

# Records of ours: what a list held before; the id that an answer shows; whether that is a new one.
listed() {
  curl -H "Authorization: $WORKSPACE_TOKEN" -o "$DIR/$1.before" "$PORTAL/api/2.0/$2.json" || :
}
take() {
  case $2 in
    json) tr -d '\r\n' < "$DIR/$1.body" | grep -oE "\"$3\" *: *\"?[^\",}]+" | sed -n "$4p" | sed 's/^[^:]*: *"*//' ;;
    xml) tr -d '\r\n' < "$DIR/$1.body" | grep -oE "<$3>[^<]+" | sed -n "$4p" | sed 's/^[^>]*>//' ;;
  esac
}
ours() {
  [ -n "$2" ] || impossible "the answer shows no id of a new record"
  if [ -f "$DIR/$1.before" ] && grep -qF -e "\"$2\"" -e ":$2," -e ":$2}" "$DIR/$1.before"; then
    ID1= ID2= ID3= ID4= ID5= ID6=
    impossible "the answer shows the id of a record that was there before"
  fi
}
new() {
  [ -n "$2" ] && [ -s "$DIR/$1.before" ] \
    && ! grep -qF -e "\"$2\"" -e ":$2," -e ":$2}" "$DIR/$1.before"
}
remove() {
  for suffix in .json '' .xml; do
    if [ -n "$2" ]; then
      curl -o "$DIR/removed" -X DELETE -H "Authorization: $WORKSPACE_TOKEN" \
        -H 'Content-Type: application/json' --data-raw "$2" "$PORTAL/api/2.0/$1$suffix" || :
    else
      curl -o "$DIR/removed" -X DELETE -H "Authorization: $WORKSPACE_TOKEN" \
        "$PORTAL/api/2.0/$1$suffix" || :
    fi
    seen=$(curl -o "$DIR/removed" -w '%{http_code}' -H "Authorization: $WORKSPACE_TOKEN" \
      "$PORTAL/api/2.0/$1.json") || :
    [ "$seen" != 200 ] && break
  done
}
sweep() {
  curl -H "Authorization: $WORKSPACE_TOKEN" -o "$DIR/after" "$PORTAL/api/2.0/$1.json" || return
  tr '{' '\n' < "$DIR/after" | grep -F -- "$3" | grep -oE '"id" *: *"?[^",}]+' \
    | sed 's/^[^:]*: *"*//' > "$DIR/found"
  while read -r id; do remove "$2/$id" "$4"; done < "$DIR/found"
}

# Whether answers are those that were judged.
different() { DIFFERENT="$DIFFERENT
  $1"; }
same_status() {
  S=$(status "$1")
  [ "$S" = "$2" ] || different "step $1 answered ${S:-nothing}, and not ${2:-nothing}"
}
same_media() {
  M=$(header "$1" content-type)
  [ "$M" = "$2" ] || different "step $1 declares '$M', and not '$2'"
}
same_lack() { [ -z "$(header "$1" "$2")" ] || different "step $1 has the header $2"; }
same_body() {
  C=$(even "$DIR/$1.body" | cksum | cut -d ' ' -f 1)
  [ "$C" = "$2" ] || different "the body of step $1 is another than the one that was judged"
}
contains() {
  grep -qF -- "$2" "$DIR/$1.body" || different "the body of step $1 does not hold $2"
}
differ() {
  [ "$(even "$DIR/$1.body" | cksum)" != "$(even "$DIR/$2.body" | cksum)" ] \
    || [ "$(status "$1")" != "$(status "$2")" ] || different "steps $1 and $2 have the same answer"
}

command -v curl > /dev/null || impossible "curl is not installed"
for name in $NEEDS; do
  eval "[ -n \"\${$name:-}\" ]" || impossible "set $name first"
done
if [ -z "$WORKSPACE_TOKEN" ]; then
  [ -n "${WORKSPACE_USERNAME:-}" ] && [ -n "${WORKSPACE_PASSWORD:-}" ] \
    || impossible "set WORKSPACE_TOKEN, or WORKSPACE_USERNAME and WORKSPACE_PASSWORD"
  say "0. POST /api/2.0/authentication"
  curl -o "$DIR/0.body" -D "$DIR/0.head" --data-urlencode "userName=$WORKSPACE_USERNAME" \
    --data-urlencode "password=$WORKSPACE_PASSWORD" "$PORTAL/api/2.0/authentication.json"
  answered 0 $?
  WORKSPACE_TOKEN=$(take 0 json token 1)
  [ -n "$WORKSPACE_TOKEN" ] || impossible "the login gave no token"
fi

@EVEN@
cleaned() {
@REMOVALS@
  :
}
@STEPS@

say ''
if [ -n "$DIFFERENT" ]; then
  printf 'Not seen:%s\n' "$DIFFERENT"
  exit 0
fi
printf 'The violation is seen: %s\n' @SEEN@
exit 1
