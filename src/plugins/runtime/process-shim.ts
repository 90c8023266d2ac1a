import { LAUNCHER, LAUNCH_PATH } from '../launcher.ts'

/** Exit codes by which a shim that started nothing says why. */
export const NAME_TAKEN = 75
export const ATTEMPT_TAKEN = 76
export const NO_FILES = 74

/** Writes a process's number and, on a line of its own, when it was started. */
const BIRTH = `echo $$
if [ -r /proc/$$/stat ]; then cat /proc/$$/stat
else LC_ALL=C TZ=UTC /bin/ps -o stat=,lstart= -p $$; fi`

const AGENT = `{
${BIRTH}
} > "$1/.agent" && mv -f "$1/.agent" "$1/agent"
shift
${LAUNCHER}`

/**
 * POSIX sh that stands between us and one attempt: `sh -c SHIM ao-shim <runDir> <entry> <logFile> <cwd> <command> [argument…]`, leader of a
 * terminal session of its own. It is made of compare-and-swaps: `started` lets an attempt run once, the hard link `entry` lets a
 * name be used once. It holds the input open so that the agent never sees its end, outlives signals to its group, and
 * writes down how the agent ended. The shell of the agent writes itself down before it becomes the agent.
 */
export const SHIM = `AO_SHIM_RUN=$1 AO_SHIM_ENTRY=$2 AO_SHIM_LOG=$3
shift 3
trap : HUP INT QUIT TERM
${LAUNCH_PATH}=\${PATH-/usr/bin:/bin}
PATH=$${LAUNCH_PATH}:/usr/bin:/bin
export ${LAUNCH_PATH} PATH
mkdir "$AO_SHIM_RUN/started" 2>/dev/null || exit ${ATTEMPT_TAKEN}
ao_shim_give_up() { rm -f "$AO_SHIM_RUN/shim"; rmdir "$AO_SHIM_RUN/started"; exit "$1"; }
{
echo "$AO_UID $AO_ATTEMPT"
${BIRTH}
} > "$AO_SHIM_RUN/.shim" && mv -f "$AO_SHIM_RUN/.shim" "$AO_SHIM_RUN/shim" || ao_shim_give_up ${NO_FILES}
rm -f "$AO_SHIM_RUN/input"
mkfifo -m 600 "$AO_SHIM_RUN/input" && exec 3<>"$AO_SHIM_RUN/input" || ao_shim_give_up ${NO_FILES}
if ! ln "$AO_SHIM_RUN/shim" "$AO_SHIM_ENTRY" 2>/dev/null; then
if [ -e "$AO_SHIM_ENTRY" ]; then ao_shim_give_up ${NAME_TAKEN}; else ao_shim_give_up ${NO_FILES}; fi
fi
/bin/sh -c "$AO_SHIM_AGENT" ao-launch "$AO_SHIM_RUN" "$@" <&3 3<&- >>"$AO_SHIM_LOG" 2>&1
echo "$? $(date +%s)" > "$AO_SHIM_RUN/.exit" && mv -f "$AO_SHIM_RUN/.exit" "$AO_SHIM_RUN/exit"`
  // The agent's script is part of the shim's text, so that the shim needs no variable of its environment for it.
  .replace('"$AO_SHIM_AGENT"', () => `'${AGENT.replaceAll("'", `'\\''`)}'`)
