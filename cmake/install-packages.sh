#!/usr/bin/env bash
# Installs what is missing of the given sections of packages.txt: cmake/install-packages.sh SECTION...
# With nothing missing it says nothing and needs no network. Exit codes: 0 all there, 1 apt-get failed,
# 2 wrong arguments, or packages are missing and there is no right to install them.
set -euo pipefail
cd -P "$(dirname "${BASH_SOURCE[0]}")/.."

[ $# -gt 0 ] || { echo 'usage: cmake/install-packages.sh SECTION... (sections: see cmake/packages.txt)' >&2; exit 2; }
wanted=()
for section in "$@"; do
  mapfile -t packages < <(awk -v section="$section" '$1 == section { print $2 }' cmake/packages.txt)
  [ ${#packages[@]} -gt 0 ] || { echo "install-packages: no section '$section' in cmake/packages.txt" >&2; exit 2; }
  wanted+=("${packages[@]}")
done

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  [ -e build/release/CMakeCache.txt ] && exit 0
  echo 'This is not a Debian system: please see to it that these are installed (names as in Debian).'
  awk -v sections=" $* " 'index(sections, " " $1 " ") { $1 = " "; print }' cmake/packages.txt
  exit 0
fi

# shellcheck disable=SC2016  # ${...} is dpkg-query's
installed=$(dpkg-query --show --showformat='${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null || true)
missing=()
for package in "${wanted[@]}"; do
  grep -qxF "$package installed" <<<"$installed" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root=(sudo -n)
  elif command -v sudo >/dev/null && [ -t 0 ] && [ -t 2 ]; then
    echo "Packages: sudo may ask for your password, to install Debian packages"
    sudo -v || { echo 'install-packages: no packages were installed, because sudo refused.' >&2; exit 2; }
    as_root=(sudo)
  else
    printf '%s\n' "install-packages: Debian packages are missing, and this user may not install them." \
      "Ask an administrator for: apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 2
  fi
fi

apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -y -o DPkg::Lock::Timeout=300 "$@"; }
install() { apt install --no-install-recommends "${missing[@]}"; }
# The first try needs no fresh package lists; it fails where they are absent or old, or where dpkg was once interrupted.
install_or_refresh() { install || { "${as_root[@]}" dpkg --configure -a && apt update && install; }; }

# shellcheck source=cmake/phases.sh
. cmake/phases.sh
echo "Packages: installing ${missing[*]}"
phase Packages packages.log install_or_refresh
