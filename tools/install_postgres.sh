#!/bin/sh
# The PostgreSQL server that tests of the database start for themselves: the one that is there, else
# the package manager's where we may install. Without any, those tests are skipped (and fail in CI).
set -u
command -v initdb >/dev/null 2>&1 && exit 0
for folder in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin \
    /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin; do
    [ -x "$folder/initdb" ] && exit 0
done

as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo -n"
if command -v apt-get >/dev/null 2>&1 && $as_root true 2>/dev/null; then
    echo "Installing PostgreSQL for the tests of the database"
    # only the programs: no server of the system's own is to be set up and started
    $as_root mkdir -p /etc/postgresql-common/createcluster.d
    echo "create_main_cluster = false" |
        $as_root tee /etc/postgresql-common/createcluster.d/soundstage.conf >/dev/null
    $as_root apt-get update -qq && $as_root apt-get install -y -qq postgresql >/dev/null && exit 0
elif command -v brew >/dev/null 2>&1; then
    brew install --quiet postgresql@17 && exit 0
fi
echo "No PostgreSQL could be installed: tests on it will be skipped." >&2
exit 0
