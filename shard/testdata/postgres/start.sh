#!/bin/sh
# Starts a PostgreSQL server for one run: gotestshard --setup 'sh start.sh'. Its
# data and its socket are in a folder of its own and it listens on no port, so
# any number of these servers can run side by side.
set -eu
for bin in /usr/lib/postgresql/*/bin; do PATH=$PATH:$bin; done # Debian's are not in the PATH

server=$(mktemp -d "${TMPDIR:-/tmp}/postgres.XXXXXX")
cat >>"$GOTESTSHARD_ENV" <<VARIABLES
SHOP_SERVER=$server
PGHOST=$server
PGPORT=5432
PGUSER=postgres
PGDATABASE=postgres
VARIABLES

user=
if [ "$(id -u)" = 0 ]; then # the server refuses to run as root
  chown postgres "$server"
  user='setpriv --reuid=postgres --regid=postgres --clear-groups'
fi
cd "$server"
$user "$(command -v initdb)" -D data -U postgres --auth=trust --no-locale --encoding=UTF8 --no-sync
# It need not survive a power cut: so it does not wait for the disk.
$user "$(command -v pg_ctl)" -D data -l log -w start -o "-c listen_addresses='' -c unix_socket_directories='$server' \
  -c port=5432 -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c log_statement=ddl"
