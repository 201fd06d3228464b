#!/bin/sh
# Starts a PostgreSQL server for one run: gotestshard --setup 'sh start.sh'. The server has its
# own folder for its data and its socket, and does not listen on a port. So any number of these
# servers can run side by side.
set -eu
for bin in /usr/lib/postgresql/*/bin; do PATH=$PATH:$bin; done # Debian does not put it on the PATH

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
# The data need not survive a power failure, so the server does not wait for the disk.
$user "$(command -v pg_ctl)" -D data -l log -w start -o "-c listen_addresses='' -c unix_socket_directories='$server' \
  -c port=5432 -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c log_statement=ddl"
