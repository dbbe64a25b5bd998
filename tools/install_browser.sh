#!/bin/sh
# The browser that tests drive: the system's if there is one, else the package manager's where we
# may install, else Playwright's own. Without any, browser tests are skipped (and fail in CI).
set -u
for name in chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
[ -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ] && exit 0

as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo -n"
if command -v apt-get >/dev/null 2>&1 && $as_root true 2>/dev/null; then
    echo "Installing Chromium for the browser tests"
    $as_root apt-get update -qq
    for package in chromium-headless-shell chromium; do
        $as_root apt-get install -y -qq "$package" >/dev/null && exit 0
    done
fi
"$1" -m playwright install chromium && exit 0
echo "No Chromium could be installed: tests in a browser will be skipped." >&2
exit 0
