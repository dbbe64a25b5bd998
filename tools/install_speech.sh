#!/bin/sh
# Installs real recorded speech for benchmarks on Debian and Ubuntu: telephone prompts in five
# languages (CC BY-SA 3.0) and the sounds of alsa-utils. Nothing of it is kept in this repository.
[ -d /usr/share/asterisk/sounds ] && [ -d /usr/share/sounds/alsa ] && exit 0
[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || {
    echo "Install asterisk-core-sounds-{en,es,fr,it,ru}-wav and alsa-utils for the benchmark." >&2
    exit 0
}
apt-get update -qq
apt-get install -y -qq --no-install-recommends alsa-utils \
    asterisk-core-sounds-en-wav asterisk-core-sounds-es-wav asterisk-core-sounds-fr-wav \
    asterisk-core-sounds-it-wav asterisk-core-sounds-ru-wav >/dev/null
