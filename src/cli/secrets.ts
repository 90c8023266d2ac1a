import { readFile } from 'node:fs/promises'

import { HouseError, toHouseError } from '../errors.ts'
import { expand, expandPath } from '../manifest/variables.ts'
import { run } from '../plugins/exec.ts'
import { baseEnvironment } from './environment.ts'

const COMMAND_TIMEOUT_MS = 30_000

interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
}

/** A setting as its plugin wants it: `${NAME}` expanded, `valueFrom: {env|file|command}` read. Never stored. */
export async function readValue(value: unknown, around: Surroundings): Promise<unknown> {
  if (typeof value === 'string') return expand(value, around.env)
  if (Array.isArray(value)) return Promise.all(value.map(async item => readValue(item, around)))
  if (typeof value !== 'object' || value === null) return value
  if ('valueFrom' in value) return readFrom(value.valueFrom, around)
  const entries = await Promise.all(
    Object.entries(value).map(
      async ([name, inner]) => [name, await readValue(inner, around)] as const,
    ),
  )
  return Object.fromEntries(entries)
}

async function readFrom(from: unknown, around: Surroundings): Promise<string> {
  if (typeof from !== 'object' || from === null)
    throw unreadable('valueFrom is not {env|file|command}')
  if ('env' in from && typeof from.env === 'string') {
    const value = around.env[from.env]
    if (value === undefined)
      throw unreadable(`the environment variable ${from.env} is not set`, `export ${from.env}=…`)
    return value
  }
  if ('file' in from && typeof from.file === 'string') {
    const path = expandPath(from.file, around.env, around.cwd)
    try {
      return (await readFile(path, 'utf8')).trimEnd()
    } catch (error) {
      throw unreadable(toHouseError(error).message, `ls -l ${path}`)
    }
  }
  if ('command' in from && Array.isArray(from.command)) {
    const [program, ...args] = from.command.map(String)
    if (program === undefined) throw unreadable('valueFrom.command is empty')
    const env = baseEnvironment(around.env)
    const result = await run(program, args, { env, cwd: around.cwd, timeoutMs: COMMAND_TIMEOUT_MS })
    if (result.exitCode !== 0) throw unreadable(`${program} exited with ${result.exitCode}`)
    return result.stdout.trimEnd()
  }
  throw unreadable('valueFrom is not {env|file|command}')
}

function unreadable(why: string, next = 'ao doctor'): HouseError {
  return new HouseError('EnvironmentMissing', `a secret can't be read: ${why}`, { next })
}
