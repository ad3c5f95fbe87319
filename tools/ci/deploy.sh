#!/usr/bin/env bash
# Deploys a stack: recovers interrupted writes of a killed run, then previews and deploys, both with the policy pack.
#
#     tools/ci/deploy.sh STACK
#
# Exit codes: 0 deployed, 1 not deployed or only in part (see the log). The review's plan is not reused: Pulumi's plans are
# experimental and contain the stack's secrets. Instead, the policies check the preview right before the update again.
set -euo pipefail

if [[ $# -ne 1 || ! $1 =~ ^[A-Za-z0-9][A-Za-z0-9._/-]*$ ]]; then
    echo "deploy: the stack is required: tools/ci/deploy.sh STACK" >&2
    exit 1
fi
stack=$1
cd "$(dirname "$0")/../.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Runs a command, shows its output, and explains what to do if the stack is locked.
run() {
    if ! "$@" 2>&1 | tee "$log"; then
        if grep -qiE 'currently locked|another update is currently in progress' "$log"; then
            echo "deploy: stack $stack is locked: wait until the other deployment ends; if it was killed," \
                "run \`pulumi cancel --stack $stack\`, then this script again." >&2
        fi
        exit 1
    fi
}

# Each checkout has its own stack dev. The stack of a real sandbox is created once, when its secrets are set.
if [[ $stack == dev ]]; then
    run pulumi stack select --create "$stack" --non-interactive --color never
fi
run aep recover --stack "$stack"
run pulumi up --stack "$stack" --yes --non-interactive --color never --suppress-progress \
    --policy-pack policies --policy-pack-config "policies/environments/${stack##*/}.json"
