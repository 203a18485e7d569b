#!/bin/sh
# Installs the engine and, apart from it, the text packages, so that a candidate can be shown one without the other.
# Install scripts stay off: onnxruntime-node's would download CUDA libraries that this arena does not use.
set -eu
mkdir -p "$OVERNIGHT_DEPS/corpus"
cp package.json package-lock.json "$OVERNIGHT_DEPS/"
cp corpus/package.json corpus/package-lock.json "$OVERNIGHT_DEPS/corpus/"
(cd "$OVERNIGHT_DEPS" && npm ci --ignore-scripts --omit=dev --no-fund --no-audit --loglevel=error)
(cd "$OVERNIGHT_DEPS/corpus" && npm ci --ignore-scripts --omit=dev --no-fund --no-audit --loglevel=error)
