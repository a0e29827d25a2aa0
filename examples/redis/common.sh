# Sourced by the hooks. REDIS_PORT (and REDIS_HOST, default 127.0.0.1) come from the instance's environment.
set -eu

: "${REDIS_PORT:?set it in the environment of the instance}"
REDIS_HOST=${REDIS_HOST:-127.0.0.1}

# Nobody listens there, so a redis that follows it has no master: with replica-serve-stale-data off it answers nothing and,
# as a replica, takes nothing. Port 1 is reserved (tcpmux) and refused at once on a machine that does not serve it.
NOBODY_HOST=127.0.0.1
NOBODY_PORT=1

redis() {
  redis-cli -h "$REDIS_HOST" -p "$REDIS_PORT" "$@"
}

# One field of INFO replication.
replication() {
  redis info replication | tr -d '\r' | sed -n "s/^$1://p"
}

# A command whose answer must be OK: redis-cli ends with 0 for an error, too.
must() {
  answer=$(redis "$@")
  case $answer in
    OK*) ;;
    *)
      echo "redis $REDIS_HOST:$REDIS_PORT: $*: $answer" >&2
      exit 1
      ;;
  esac
}

# Waits until it answers and has loaded its data. Rolecall ends a hook that takes longer than the role's time limit; the
# bound here, in tenths of a second, is for hooks that are run by hand.
wait_until_up() {
  count=0
  while :; do
    answer=$(redis ping 2>/dev/null || true)
    case $answer in
      PONG | MASTERDOWN* | NOAUTH*) return 0 ;;
    esac
    count=$((count + 1))
    if [ "$count" -ge 600 ]; then
      echo "redis $REDIS_HOST:$REDIS_PORT does not answer: $answer" >&2
      exit 1
    fi
    sleep 0.1
  done
}

# Sets PRIMARY_HOST and PRIMARY_PORT from ROLECALL_PRIMARY_ENDPOINT: host:port, or redis://host:port.
find_primary() {
  endpoint=${ROLECALL_PRIMARY_ENDPOINT:-}
  endpoint=${endpoint#redis://}
  endpoint=${endpoint%/}
  PRIMARY_HOST=${endpoint%:*}
  PRIMARY_PORT=${endpoint##*:}
  if [ -z "$endpoint" ] || [ "$PRIMARY_HOST" = "$PRIMARY_PORT" ]; then
    return 1
  fi
}
