#!/bin/sh
# What the tests need beside Python: a browser and the players and tools that read our streams as users do.
# Installs what is missing where it may (root, apt-get), else says in one line what to type.  With CI=true a missing
# program is a failure; elsewhere its tests are skipped, and say so.
set -eu

missing() {
    for program in chromium ffmpeg curl systemd-analyze; do
        command -v "$program" > /dev/null && continue
        case $program in
            systemd-analyze) printf ' systemd' ;;
            *) printf ' %s' "$program" ;;
        esac
    done
}

packages=$(missing)
[ -n "$packages" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    echo "installing for the tests:$packages"
    # Packages by name, hence no quotes.  What cannot be installed is told below, by what is still missing.
    # shellcheck disable=SC2086
    { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y $packages; } > /dev/null 2>&1 || true
    packages=$(missing)
    [ -n "$packages" ] || exit 0
fi

echo "missing for the tests; as root, type: apt-get update && apt-get install -y$packages" >&2
[ "${CI:-}" != true ]
