#!/usr/bin/env bash
# What a change does to a stack, for a pull request: one preview, the policy pack asked, written as review.md (short enough for a
# comment), review.html and review.json.
#
#     tools/ci/preview.sh STACK [OUTPUT_DIR]          (build/review unless said)
#
# Exit codes: 0 nothing destructive happens, 1 error or refused by a mandatory policy, 3 destructive (rows are lost, or an object is
# deleted) and ALLOW_DESTRUCTIVE is not 1. Nothing is written to Platform or to the stack's state.
set -euo pipefail

if [[ $# -lt 1 || $# -gt 2 || ! $1 =~ ^[A-Za-z0-9][A-Za-z0-9._/-]*$ ]]; then
    echo "preview: say which stack: tools/ci/preview.sh STACK [OUTPUT_DIR]" >&2
    exit 1
fi
stack=$1
mkdir -p "${2:-build/review}"
output=$(cd "${2:-build/review}" && pwd)
cd "$(dirname "$0")/../.."

# An old review must not pass for this one's.
rm -f "$output"/review.{md,html,json}
outcome=0
# GitHub's comments have at most 65,536 characters; what stands around the review needs some of them.
aep review --stack "$stack" --longest 60000 \
    --policy-pack policies --policy-pack-config "policies/environments/${stack##*/}.json" \
    --output "$output/review.md" --output "$output/review.html" --output "$output/review.json" || outcome=$?
if [[ ! -s $output/review.md ]]; then
    printf '## aep review: stack %s\n\n**Error.** There is no review: the log of this check says why.\n' "$stack" >"$output/review.md"
    outcome=1
fi

case $outcome in
    0 | 2) ;;
    3)
        if [[ ${ALLOW_DESTRUCTIVE:-} == 1 ]]; then
            echo "preview: destructive, and allowed"
        else
            echo "preview: destructive: a reviewer who means it runs this with ALLOW_DESTRUCTIVE=1" >&2
            exit 3
        fi
        ;;
    *) exit 1 ;;
esac
