#!/bin/sh
# Makes what compose.yml mounts beside it: folders for data, passwords, and .env to fill in. Changes nothing that is there.
#   deploy/docker/prepare.sh DEPLOYMENT_FILE
set -eu
umask 077
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
[ $# -eq 1 ] && [ -f "$1" ] || { echo "usage: $0 DEPLOYMENT_FILE (deploy/addresses/CHAIN.json)" >&2; exit 2; }

for role in node verifier keeper storage monitor indexer postgres redis prometheus grafana; do
  mkdir -p "$here/data/$role"
done
mkdir -p "$here/secrets" "$here/config"
[ -f "$here/config/deployment.json" ] || cp "$1" "$here/config/deployment.json"
for name in postgres redis grafana keys; do
  [ -f "$here/secrets/$name-password" ] || od -An -N24 -tx1 /dev/urandom | tr -d ' \n' > "$here/secrets/$name-password"
done
[ -f "$here/.env" ] || cat > "$here/.env" <<ENV
# The endpoint of the chain, as the containers reach it.
OPG_RPC_URL=http://host.docker.internal:8545
# The node's account; its hot key is in secrets/node.json.
OPG_NODE_ACCOUNT=
# Who the containers run as: the owner of data and secrets.
OPG_UID=$(id -u)
OPG_GID=$(id -g)
ENV
missing=''
for key in node verifier keeper; do
  [ -f "$here/secrets/$key.json" ] || missing="$missing secrets/$key.json"
done
echo "ready in $here"
[ -z "$missing" ] || echo "still missing:$missing (keystores that secrets/keys-password opens), and OPG_NODE_ACCOUNT in .env"
