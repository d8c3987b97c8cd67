#!/usr/bin/env bash
# Puts the Node.js tools of the tests into a folder: node_tools.sh FOLDER. The tests find them by TRIVIUM_NODE_TOOLS=FOLDER.
# Exactly what package-lock.json names, from whichever registry npm is set to; no package's own script runs.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
folder="${1:?usage: node_tools.sh FOLDER}"
mkdir -p "$folder"
if [ -d "$folder/node_modules" ] && cmp -s "$here/package-lock.json" "$folder/package-lock.json"; then
    exit 0 # they are there already
fi
cp "$here/package.json" "$here/package-lock.json" "$folder/"
if ! (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund); then
    rm -f "$folder/package-lock.json" # so that half an installation is made again
    exit 1
fi
