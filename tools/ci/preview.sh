#!/usr/bin/env bash
# Reviews what a pull request changes in a stack: one preview with the policy pack, written as review.md (short enough for a
# comment), review.html and review.json.
#
#     tools/ci/preview.sh STACK [OUTPUT_DIR]          (defaults to build/review)
#
# Exit codes: 0 nothing destructive, 1 error or violation of a mandatory policy, 3 destructive (rows are lost, or an object is
# deleted) and ALLOW_DESTRUCTIVE is not 1. Nothing is written to Platform or to the stack's state.
set -euo pipefail

if [[ $# -lt 1 || $# -gt 2 || ! $1 =~ ^[A-Za-z0-9][A-Za-z0-9._/-]*$ ]]; then
    echo "preview: the stack is required: tools/ci/preview.sh STACK [OUTPUT_DIR]" >&2
    exit 1
fi
stack=$1
mkdir -p "${2:-build/review}"
output=$(cd "${2:-build/review}" && pwd)
cd "$(dirname "$0")/../.."

# Remove old reviews, so that they are not mistaken for the new one.
rm -f "$output"/review.{md,html,json}
outcome=0
# GitHub's limit for a comment is 65,536 characters, and comment.py adds some text.
aep review --stack "$stack" --longest 60000 \
    --policy-pack policies --policy-pack-config "policies/environments/${stack##*/}.json" \
    --output "$output/review.md" --output "$output/review.html" --output "$output/review.json" || outcome=$?
if [[ ! -s $output/review.md ]]; then
    printf '## aep review: stack %s\n\n**Error.** There is no review: see the log of this check.\n' "$stack" >"$output/review.md"
    outcome=1
fi

case $outcome in
    0 | 2) ;;
    3)
        if [[ ${ALLOW_DESTRUCTIVE:-} == 1 ]]; then
            echo "preview: destructive, and allowed by ALLOW_DESTRUCTIVE=1"
        else
            echo "preview: destructive: to allow it, set ALLOW_DESTRUCTIVE=1 and run this again" >&2
            exit 3
        fi
        ;;
    *) exit 1 ;;
esac
