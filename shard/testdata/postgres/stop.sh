#!/bin/sh
# Stops the server of start.sh and removes its folder: gotestshard --teardown 'sh stop.sh'. It
# also runs if start.sh failed. Then there may be no server or no folder.
set -eu
for bin in /usr/lib/postgresql/*/bin; do PATH=$PATH:$bin; done

[ -n "${SHOP_SERVER:-}" ] || exit 0
user=
[ "$(id -u)" != 0 ] || user='setpriv --reuid=postgres --regid=postgres --clear-groups'
if [ -e "$SHOP_SERVER/data/postmaster.pid" ]; then
  (cd "$SHOP_SERVER" && $user "$(command -v pg_ctl)" -D data -m fast -w stop)
fi
rm -rf "$SHOP_SERVER"
