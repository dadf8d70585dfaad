# Sourced by quickstart, check and install-packages.sh, from the top of the tree: runs the steps of the set-up, each with
# its output in a log under build/ and a line that says how long it took.
# shellcheck shell=bash

duration() { # SECONDS as a person says it
  if [ "$1" -lt 60 ]; then echo "$1 s"; else echo "$(($1 / 60)) min $(($1 % 60)) s"; fi
}

on_terminal() { [ -t 1 ] && [ "${TERM:-dumb}" != dumb ]; }

# watch_log TITLE LOG: says once a second on a terminal, else every 30 s, where the log is.
watch_log() {
  local elapsed=0 width
  width=$(tput cols 2>/dev/null || echo 80)
  while sleep 1 >/dev/null 2>&1; do
    elapsed=$((elapsed + 1))
    if on_terminal; then
      line="$1: $(tail -n 1 "$2")"
      printf '\r\033[K%s' "${line:0:width-1}"
    elif [ $((elapsed % 30)) -eq 0 ]; then
      echo "$1: $(duration "$elapsed"), at $(tail -n 1 "$2")"
    fi
  done
}

watcher=
stop_watching() {
  [ -n "$watcher" ] || return 0
  kill "$watcher" 2>/dev/null || true
  wait "$watcher" 2>/dev/null || true
  watcher=
  if on_terminal; then printf '\r\033[K'; fi
}
trap stop_watching EXIT
trap 'stop_watching; echo "Stopped. The same command goes on from here."; exit 130' INT TERM

# phase TITLE LOG COMMAND...: a step of the set-up, quiet when it had next to nothing to do; its failure is the script's.
phase() {
  local title=$1 log=build/$2 start=$SECONDS status=0
  shift 2
  mkdir -p build
  : >"$log"
  watch_log "$title" "$log" &
  watcher=$!
  "$@" >"$log" 2>&1 </dev/null || status=$?
  stop_watching
  if [ "$status" -ne 0 ]; then
    tail -n 40 "$log" >&2
    echo "$title: failed; the whole log is $PWD/$log" >&2
    exit "$status"
  fi
  if [ $((SECONDS - start)) -gt 1 ]; then echo "$title: $(duration $((SECONDS - start)))"; fi
}

# configure PRESET [SETTING...]: CMake's configuration; a build directory that moved with its tree is begun anew.
configure() {
  local cache=build/$1/CMakeCache.txt fresh=() home
  if [ -e "$cache" ]; then
    home=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$cache")
    [ "$home" -ef . ] || fresh=(--fresh)
  fi
  phase Configure configure.log cmake --preset "$@" "${fresh[@]}"
}

# build PRESET [ARGUMENT...]: as many compilers as there are cores, and 1.5 GB of memory for each.
build() {
  local jobs memory
  memory=$(awk '/^MemAvailable/ { print int($2 / 1500000) }' /proc/meminfo)
  jobs=$(nproc)
  if [ "$memory" -lt "$jobs" ]; then jobs=$((memory > 0 ? memory : 1)); fi
  phase Build build.log cmake --build --preset "$@" -j "$jobs"
}
