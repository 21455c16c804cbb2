# Shared by the scripts; to be sourced from the root of the tree.

# Data sets: where FOVEA_DATA says, else beside the clone, else ./data.
if [ -z "${FOVEA_DATA-}" ] && [ -d ../shared/data ]; then
  FOVEA_DATA=$(cd ../shared/data && pwd)
fi
if [ -n "${FOVEA_DATA-}" ]; then
  export FOVEA_DATA
fi

# quietly TITLE COMMAND…: quiet where all goes well; where not, shows the output and fails.
quietly() {
  local title=$1 log status=0
  shift
  log=$(mktemp)
  "$@" >"$log" 2>&1 || status=$?
  if [ $status != 0 ]; then
    tail -n 60 "$log" >&2
    echo "$title failed (exit $status): $*" >&2
  fi
  rm -f "$log"
  return $status
}

# configure PRESET [OPTION…]
configure() {
  quietly "configuring" cmake --preset "$@"
}

# build FOLDER [ARGUMENT…]: the compiler's messages where it fails, one line where it works.
build() {
  local folder=$1 start=$SECONDS
  shift
  quietly "building" cmake --build "$folder" "$@"
  echo "built $folder in $((SECONDS - start)) s"
}
