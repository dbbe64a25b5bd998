#!/bin/sh
# The ffmpeg command that measurements are compared with: the one that is there, else the package
# manager's where we may install. Without it, those tests are skipped (and fail in CI).
set -u
command -v ffmpeg >/dev/null 2>&1 && exit 0

as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo -n"
if command -v apt-get >/dev/null 2>&1 && $as_root true 2>/dev/null; then
    echo "Installing ffmpeg for the tests of measuring"
    $as_root apt-get update -qq && $as_root apt-get install -y -qq ffmpeg >/dev/null && exit 0
elif command -v brew >/dev/null 2>&1; then
    brew install --quiet ffmpeg && exit 0
fi
echo "No ffmpeg could be installed: comparisons with it will be skipped." >&2
exit 0
