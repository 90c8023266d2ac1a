import { constants } from 'node:fs'
import { access, mkdir, stat } from 'node:fs/promises'
import { delimiter, dirname, join, resolve } from 'node:path'

import { HouseError, errnoOf } from '../errors.ts'
import type { Launch } from './runtime.ts'

/** `sh` of every system we run on; a session's own PATH does not decide which shell starts it. */
export const SHELL = '/bin/sh'

/** Carries PATH past a runtime that would put its own in its place. */
export const LAUNCH_PATH = 'AO_LAUNCH_PATH'

/**
 * POSIX sh that becomes the agent: `sh -c LAUNCHER ao-launch <cwd> <command> [argument…]`. Goes into `cwd` or gives up, puts the text of
 * $AO_PROMPT_FILE in the place of every `{{prompt}}`, and execs, so that its process is the agent's. The prompt's own text is never
 * looked through again. Variables are in capitals with AO_ so that none of the agent's is overwritten.
 */
export const LAUNCHER = `if [ -n "\${${LAUNCH_PATH}+x}" ]; then PATH=$${LAUNCH_PATH}; export PATH; unset ${LAUNCH_PATH}; fi
cd -- "$1" || exit 126
shift
AO_M='{{prompt}}'
case "$*" in *"$AO_M"*)
AO_P=$(cat -- "$AO_PROMPT_FILE" && printf x) || exit 126
AO_P=\${AO_P%x}
AO_N=$#
while [ "$AO_N" -gt 0 ]; do
AO_A=$1 AO_R=
shift
while :; do case $AO_A in
*"$AO_M"*) AO_R=$AO_R\${AO_A%%"$AO_M"*}$AO_P AO_A=\${AO_A#*"$AO_M"};;
*) break;;
esac; done
set -- "$@" "$AO_R$AO_A"
AO_N=$((AO_N-1))
done;;
esac
exec "$@"`

/** The environment of the session's processes: the launch's own, and who they are. Identity is added here so that no caller can forget it. */
export function launchEnv(launch: Launch): Readonly<Record<string, string>> {
  return {
    ...launch.env,
    AO_SESSION_ID: launch.session,
    AO_UID: launch.uid,
    AO_ATTEMPT: String(launch.attempt),
    AO_PROMPT_FILE: launch.promptFile,
  }
}

/** Makes the log's directory and throws what would otherwise only be seen as an agent that died at once: no such command, no such directory. */
export async function prepareLaunch(launch: Launch): Promise<void> {
  const [program] = launch.argv
  if (program === undefined) {
    throw new HouseError('Internal', `session ${launch.session} has no command`)
  }
  if (!(await isDirectory(launch.cwd))) {
    throw new HouseError(
      'Failed',
      `session ${launch.session} cannot start: its workspace ${launch.cwd} is not there`,
      { retryable: true },
    )
  }
  if (!program.includes('{{prompt}}') && !(await isRunnable(program, launch))) {
    throw new HouseError(
      'EnvironmentMissing',
      `session ${launch.session} cannot start: ${program} is not installed or not on its PATH`,
      { next: 'ao doctor' },
    )
  }
  await mkdir(dirname(launch.logFile), { recursive: true, mode: 0o700 })
}

/** One word for a POSIX shell. */
export function shellQuote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`
}

async function isRunnable(program: string, launch: Launch): Promise<boolean> {
  const folders = program.includes('/')
    ? ['']
    : (launch.env['PATH'] ?? '/usr/bin:/bin').split(delimiter)
  for (const folder of folders) {
    if (await isExecutable(resolve(launch.cwd, join(folder, program)))) return true
  }
  return false
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch (error) {
    return cannotTell(error)
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    return cannotTell(error)
  }
}

/** What we could not look at is left to the system to refuse. */
function cannotTell(error: unknown): boolean {
  const code = errnoOf(error)
  return code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'EACCES'
}
