"""The shell script that a remote command runs under, so that nothing of it is left when it is to end."""

import shlex

LEFT_OVER = 251

# The command is a session of its own. A watcher reads standard input, which ends when we end it, when the connection
# is cut and when we die: then everything of that session, and whatever else carries the mark in its environment (a
# process that made itself a session), is ended. Closing an SSH channel alone ends nothing.
SCRIPT = """
mark=$1 seconds=$2 command=$3 leader= limit=
exec 3<&0 </dev/null
command -v setsid >/dev/null 2>&1 && leader=setsid
command -v timeout >/dev/null 2>&1 && limit="timeout -k 5 $seconds"
TRIVIUM_STEP=$mark $leader $limit sh -c "$command" 3<&- &
child=$!
exec 2>/dev/null
session=${leader:+$child}
mine() {
    LC_ALL=C grep -ls "TRIVIUM_STEP=$mark" /proc/[0-9]*/environ
    for stat in /proc/[0-9]*/stat; do
        read -r line <"$stat" || continue
        set -- ${line##*) }
        [ "$1" != Z ] && [ "$4" = "${session:-none}" ] && echo "$stat"
    done
}
pids() { mine | while IFS=/ read -r root proc pid file; do echo "$pid"; done; }
signal() { kill -s "$1" -- "-$child" || kill -s "$1" "$child"; for pid in $(pids); do kill -s "$1" "$pid"; done; }
rounds() { n=0; while [ "$n" -lt "$1" ] && [ -n "$(pids)" ]; do $2; sleep 0.1; n=$((n + 1)); done; }
(
    while read -r line; do :; done
    trap '' TERM
    signal TERM
    rounds 20 :
    rounds 20 'signal KILL'
    [ -d /proc/self ] || { signal KILL; ! kill -s 0 -- "-$child"; exit $(($? * 3)); }
    [ -z "$(pids)" ] || exit 3
) <&3 3<&- >/dev/null &
watcher=$!
exec 3<&-
wait "$child"
code=$?
kill "$watcher"
wait "$watcher"
case $? in 0) exit 250 ;; 3) exit 251 ;; esac
exit "$code"
"""


def wrapped(command: str, *, mark: str, seconds: int) -> str:
    """What is sent to run `command`: it ends by itself after so many seconds, and at once when the input ends.

    It exits with the command's own code, or, when it was ended, 250 (nothing is left) or 251 (something is).
    """
    words = ("sh", "-c", SCRIPT, "trivium", mark, str(seconds), command)
    return "exec " + " ".join(shlex.quote(word) for word in words)
