#!/usr/bin/env bash
# PostgreSQL and Redis from Debian, for the tests of a cluster; nothing is done where they are there.
set -euo pipefail
if ! command -v redis-server >/dev/null 2>&1 || ! ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1; then
  as_root=""
  [ "$(id -u)" -eq 0 ] || as_root=sudo
  $as_root apt-get update -q
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -q --no-install-recommends postgresql redis-server
fi
