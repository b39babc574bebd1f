#!/bin/sh
# Installs the programs that `npm run bench` measures settle beside, on Debian, from its own packages.
set -e
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
  python3-torch python3-numpy libopenblas0-pthread python3-brian python3-neuron neuron-dev
# Beside this script, in a folder that git ignores: no dependency of settle.
npm install --silent --ignore-scripts --no-save --no-package-lock --prefix "$(dirname "$0")/peers" neataptic@1.4.7
