#!/usr/bin/env bash
# Deploys a stack: settles what a killed run left open, then previews and deploys, with the policy pack asked in both.
#
#     tools/ci/deploy.sh STACK
#
# Exit codes: 0 deployed, 1 not or not wholly: the log says why. No plan is carried over from the review: Pulumi's plans are
# experimental and hold the stack's secrets. The preview right before the update is checked anew instead, as a whole.
set -euo pipefail

if [[ $# -ne 1 || ! $1 =~ ^[A-Za-z0-9][A-Za-z0-9._/-]*$ ]]; then
    echo "deploy: say which stack: tools/ci/deploy.sh STACK" >&2
    exit 1
fi
stack=$1
cd "$(dirname "$0")/../.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Runs a command, shows what it says, and says what to do where another deployment is in the way.
run() {
    if ! "$@" 2>&1 | tee "$log"; then
        if grep -qiE 'currently locked|another update is currently in progress' "$log"; then
            echo "deploy: stack $stack is locked: wait while another deployment runs; after one that was killed," \
                "run \`pulumi cancel --stack $stack\`, then this again." >&2
        fi
        exit 1
    fi
}

# Every checkout has a stack dev of its own. A real sandbox's is made once, by whoever sets its secrets.
if [[ $stack == dev ]]; then
    run pulumi stack select --create "$stack" --non-interactive --color never
fi
run aep recover --stack "$stack"
run pulumi up --stack "$stack" --yes --non-interactive --color never --suppress-progress \
    --policy-pack policies --policy-pack-config "policies/environments/${stack##*/}.json"
