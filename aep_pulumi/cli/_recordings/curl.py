"""Curl: a recording as a shell script that sends the requests one after another with curl, and stops at an unexpected status."""

import inspect
import json
import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote_plus

from aep_pulumi.cli._recordings import picking
from aep_pulumi.cli._recordings.steps import SANDBOX, SECRET, TENANT, VARIABLE, Step, replayable, secrets_in

_TIME = re.compile(r"now\+(\d+)(?: as text)?")
_SPECIAL = re.compile(r"[\\$`]")
_QUOTED = re.compile(r'[\\$`"]')

_HEAD = """\
#!/usr/bin/env bash
# Replays {count} requests that the local Platform recorded; written by `aep platform requests --format curl`.
#
# AEP_ENDPOINT is Platform's address. The other settings are those of the commands: AEP_IMS_ENDPOINT, AEP_ORGANIZATION,
# AEP_SANDBOX, AEP_CLIENT_ID, and AEP_CLIENT_SECRET or AEP_ACCESS_TOKEN. For a local Platform, the address is enough.
# The script needs curl and python3. It creates objects, and does not delete them unless the recording does.
set -euo pipefail
umask 077
: "${{AEP_ENDPOINT:?set AEP_ENDPOINT to the address of Platform, such as https://platform.adobe.io}}"
case "$AEP_ENDPOINT" in
http://127.0.0.1* | http://localhost*)
  : "${{AEP_IMS_ENDPOINT:=$AEP_ENDPOINT}}" "${{AEP_ORGANIZATION:=LOCAL@AdobeOrg}}" "${{AEP_SANDBOX:=dev}}"
  : "${{AEP_CLIENT_ID:=local-client}}" "${{AEP_CLIENT_SECRET:=local-secret}}"
  any=local ;;
*) any= ;;
esac
: "${{AEP_IMS_ENDPOINT:=https://ims-na1.adobelogin.com}}" "${{AEP_ORGANIZATION:?}}" "${{AEP_SANDBOX:?}}" "${{AEP_CLIENT_ID:?}}"
: "${{AEP_SCOPES:=openid,session,AdobeID,read_organizations,additional_info.projectedProductContext}}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
now=$(date +%s)

cat >"$work/at.py" <<'PYTHON'
{picking}

import json, sys

value = at(json.load(sys.stdin), *json.loads(sys.argv[1]))
sys.exit("the response has no value at " + sys.argv[1]) if value is None else print(value)
PYTHON

# The value at a path of the last response.
at() {{ python3 "$work/at.py" "$1" <"$work/response"; }}
# A value as a part of a path or a query.
encoded() {{ python3 -c 'import sys, urllib.parse as u; print(u.quote(sys.argv[1], safe=""))' "$1"; }}
# A value as a part of a text in JSON.
inner() {{ printf %s "$1" | python3 -c 'import json, sys; print(json.dumps(sys.stdin.read())[1:-1])'; }}

if [ -z "${{AEP_ACCESS_TOKEN:-}}" ]; then
  printf %s "${{AEP_CLIENT_SECRET:?set AEP_CLIENT_SECRET or AEP_ACCESS_TOKEN}}" >"$work/secret"
  curl -sS --fail -o "$work/response" "$AEP_IMS_ENDPOINT/ims/token/v3" --data grant_type=client_credentials \\
    --data-urlencode "client_id=$AEP_CLIENT_ID" --data-urlencode "client_secret@$work/secret" --data-urlencode "scope=$AEP_SCOPES"
  AEP_ACCESS_TOKEN=$(at '["access_token"]')
fi
# In a file: the arguments of a process are visible to others.
printf '%s\\n' "Authorization: Bearer $AEP_ACCESS_TOKEN" "x-api-key: $AEP_CLIENT_ID" "x-gw-ims-org-id: $AEP_ORGANIZATION" \\
  >"$work/headers"

# call STATUS METHOD PATH [HEADER...]: send a request, with the body on stdin, if any. Any other status ends the script.
call() {{
  local expected=$1 method=$2 path=$3 header status words=()
  shift 3
  for header in "$@"; do words+=(-H "$header"); done
  cat >"$work/body"
  if [ -s "$work/body" ]; then words+=(--data-binary "@$work/body"); fi
  status=$(curl -sS -o "$work/response" -w '%{{http_code}}' -X "$method" -H "@$work/headers" "${{words[@]}}" "$AEP_ENDPOINT$path")
  echo "$status $method $path"
  if [ "$status" != "$expected" ]; then
    echo "expected $expected: $(head -c 2000 "$work/response")" >&2
    exit 1
  fi
}}
"""


def script(steps: Sequence[Step]) -> str:
    """The script."""
    plan = list(replayable(steps))
    sent = [step for step, reason in plan if not reason]
    parts = [_HEAD.format(count=len(sent), picking=inspect.getsource(picking).strip())]
    if secrets := secrets_in(sent):
        parts.append("".join(_secret(name) for name in secrets))
    if any(TENANT in step.names for step in sent):
        stats = _call("200", "GET", "/data/foundation/schemaregistry/stats", ["x-sandbox-name: $AEP_SANDBOX"])
        parts.append(f"# The tenant id of the organisation.\n{stats} </dev/null\n{TENANT}=$(at '[\"tenantId\"]')\n")
    given = {name for step in sent for name in step.gives}
    parts += ["\n".join(_lines(step, reason, given)) + "\n" for step, reason in plan]
    return "\n".join(parts)


def _secret(name: str) -> str:
    common = re.sub(r"_\d+$", "", name)
    otherwise = f"${{{common}:-$any}}" if common != name else "$any"
    return (
        f': "${{{name}:={otherwise}}}" "${{{name}:?set the environment variable {name}: recordings contain no secrets}}"\n'
        f'json_{name}=$(inner "${name}")\n'
    )


def _lines(step: Step, reason: str, given: set[str]) -> Iterator[str]:
    shown = f"# {step.number}. {step.called}"
    if reason:
        yield f"{shown}: left out, as it {reason}."
        return
    yield shown
    query = "&".join(f"{_url(name, given)}={_url(value, given)}" if value else _url(name, given) for name, value in step.query)
    path = _path(step.path, given) + (f"?{query}" if query else "")
    defaults = {"x-sandbox-name": "$AEP_SANDBOX"} | ({} if step.body is None else {"content-type": "application/json"})
    headers = defaults | {name: _words(value, given) for name, value in step.headers.items()}
    # A header without a value omits one that curl would send.
    call = _call(str(step.status), step.method, path, [f"{name}: {value}".rstrip() for name, value in headers.items()])
    if step.body is None:
        yield f"{call} </dev/null"
    else:
        yield f"{call} <<EOF\n{_body(step.body, given)}\nEOF"
    for name, where in step.gives.items():
        yield f"{name}=$(at {_single(json.dumps(where))})"


def _call(status: str, method: str, path: str, headers: Sequence[str]) -> str:
    return f'call {status} {method} "{path}"' + "".join(f' "{header}"' for header in headers)


def _single(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _words(text: str, given: set[str]) -> str:
    """A text between double quotes."""
    return VARIABLE.sub(lambda match: _value(match, given, match[0]), _QUOTED.sub(r"\\\g<0>", text))


def _path(path: str, given: set[str]) -> str:
    return VARIABLE.sub(lambda match: f'$(encoded "{_value(match, given, match[0])}")', path.replace("$", "\\$"))


def _url(text: str, given: set[str]) -> str:
    pieces, end = [], 0
    for match in VARIABLE.finditer(text):
        value = _value(match, given, "")
        if value:
            pieces += [quote_plus(text[end : match.start()]), f'$(encoded "{value}")']
            end = match.end()
    return "".join([*pieces, quote_plus(text[end:])])


def _body(body: object, given: set[str]) -> str:
    """JSON in a here-document."""
    text = _SPECIAL.sub(r"\\\g<0>", json.dumps(body, indent=2))
    text = re.sub(r'"\{\{now\+(\d+)\}\}"', r"$((now + \1))", text)

    def value(match: re.Match[str]) -> str:
        if match[1].startswith(SECRET):
            return f"${{json_{match[1]}}}"
        # Only an etag contains what JSON writes in another way.
        return f'$(inner "${match[1]}")' if "etag" in match[1] and match[1] in given else _value(match, given, match[0])

    return VARIABLE.sub(value, text)


def _value(match: re.Match[str], given: set[str], otherwise: str) -> str:
    name = match[1]
    if time := _TIME.fullmatch(name):
        return f"$((now + {time[1]}))"
    if name == SANDBOX:
        return "$AEP_SANDBOX"
    return f"${{{name}}}" if name in given or name == TENANT or name.startswith(SECRET) else otherwise
