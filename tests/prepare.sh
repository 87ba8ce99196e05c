#!/bin/sh
# What the tests need beside Python: two browsers, the players and tools that read our streams as users do, proxies, and
# ip(8).
# Installs what is missing where it may (root, apt-get), else says in one line what to type.  With CI=true a missing
# program is a failure; elsewhere its tests are skipped, and say so.
set -eu

# Debian keeps servers where only root looks.
PATH=$PATH:/usr/sbin

# A certified OpenID Connect provider, 9 MB, beside the Python packages.  Without node its tests are skipped, and say so.
provider=oidc-provider@8.8.1
prefix=.venv/npm
if command -v node > /dev/null && command -v npm > /dev/null && [ ! -d "$prefix/node_modules/oidc-provider" ]; then
    echo "installing for the tests: $provider"
    npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$prefix" "$provider" > /dev/null 2>&1 ||
        echo "npm cannot install $provider; its tests are skipped" >&2
fi

# Firefox shows what it refuses of other sites' pages; without it those tests are skipped in it, and say so.
if ! command -v firefox-esr > /dev/null && ! command -v firefox > /dev/null &&
    [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    echo "installing for the tests: firefox-esr"
    { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends firefox-esr; } \
        > /dev/null 2>&1 || echo "apt-get cannot install firefox-esr; its tests are skipped" >&2
fi

missing() {
    for program in chromium firefox-esr ffmpeg curl gcc ip systemd-analyze nginx caddy haproxy promtool "$@"; do
        command -v "$program" > /dev/null && continue
        case $program in
            ip) printf ' iproute2' ;;
            gcc) printf ' gcc libc6-dev' ;;
            WebKitWebDriver) printf ' webkit2gtk-driver' ;;
            Xvfb) printf ' xvfb' ;;
            systemd-analyze) printf ' systemd' ;;
            promtool) printf ' prometheus' ;;
            *) printf ' %s' "$program" ;;
        esac
    done
}

packages=$(missing "$@")
[ -n "$packages" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    echo "installing for the tests:$packages"
    # apt-get would also start what it installs; the tests start it themselves, on ports of their own.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e $policy ]; then
        trap 'rm -f $policy' EXIT
        printf '#!/bin/sh\nexit 101\n' > $policy
        chmod +x $policy
    fi
    # One by one, so that one that is not to be had keeps no other away.  What is still missing is told below.
    apt-get -qq update > /dev/null 2>&1 || true
    for package in $packages; do
        DEBIAN_FRONTEND=noninteractive apt-get -qq install -y "$package" > /dev/null 2>&1 || true
    done
    packages=$(missing "$@")
    [ -n "$packages" ] || exit 0
fi

echo "missing for the tests; as root, type: apt-get update && apt-get install -y$packages" >&2
[ "${CI:-}" != true ]
