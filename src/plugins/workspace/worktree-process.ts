import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { pid as ownPid } from 'node:process'

import { run } from '../exec.ts'

const TIMEOUT_MS = 10_000

/** The first process other than ours whose arguments name a path (and are of the wanted kind). Asks /proc where there is one, else `ps`. */
export async function findProcessNaming(
  path: string,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
  isWanted: (command: string) => boolean = () => true,
): Promise<number | undefined> {
  const pids = listProc()
  const list = pids.length > 0 ? await readProc(pids) : await askPs(env, signal)
  return list.find(
    ({ pid, command }) => pid !== ownPid && command.includes(path) && isWanted(command),
  )?.pid
}

interface ProcessLine {
  readonly pid: number
  readonly command: string
}

function listProc(): readonly string[] {
  try {
    return readdirSync('/proc').filter(name => /^\d+$/.test(name))
  } catch {
    return []
  }
}

async function readProc(pids: readonly string[]): Promise<readonly ProcessLine[]> {
  return Promise.all(
    pids.map(async pid => {
      // A process may end at any time.
      const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      return { pid: Number(pid), command: text.replaceAll('\0', ' ') }
    }),
  )
}

async function askPs(
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<readonly ProcessLine[]> {
  const result = await run('ps', ['-A', '-o', 'pid=,args='], { env, timeoutMs: TIMEOUT_MS, signal })
  return result.stdout.split('\n').map(line => {
    const [, pid = '', command = ''] = /^\s*(\d+) (.*)$/.exec(line) ?? []
    return { pid: Number(pid), command }
  })
}
