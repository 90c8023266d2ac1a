import { toHouseError } from '../../errors.ts'
import { expandPath } from '../../manifest/variables.ts'
import { agentTraits } from '../../plugins/agent.ts'
import { run } from '../../plugins/exec.ts'
import type { Desired } from '../../resource/spec.ts'
import { isSession } from '../../resource/spec.ts'
import type { Context } from '../context.ts'
import { isOnPath } from '../context.ts'
import type { Finding } from './finding.ts'

const TIMEOUT_MS = 5000
/** The first git with `merge-tree --write-tree`. */
const OLDEST_GIT = [2, 38] as const
const OLDEST_TMUX = [3, 2] as const

/** What must be installed for what is declared, and the repositories it is about. */
export async function checkEnvironment(context: Context): Promise<readonly Finding[]> {
  const objects = [...(context.store()?.desired.all().values() ?? [])]
  return [
    await checkGit(context),
    await checkTmux(context, objects),
    ...(await checkAgents(context, objects)),
    ...(await checkRepositories(context, objects)),
  ]
}

async function checkGit(context: Context): Promise<Finding> {
  const version = await versionOf(context, 'git', '--version')
  const needed = OLDEST_GIT.join('.')
  if (version === undefined) {
    const message = `not on PATH; at least ${needed} is needed`
    return { check: 'git', state: 'missing', message, next: 'install git' }
  }
  if (isOlder(version, OLDEST_GIT)) {
    const message = `${version} is too old; at least ${needed} is needed`
    return { check: 'git', state: 'missing', message, next: 'update git' }
  }
  return { check: 'git', state: 'ok', message: version }
}

async function checkTmux(context: Context, objects: readonly Desired[]): Promise<Finding> {
  const sessions = objects.filter(isSession)
  const users = sessions.filter(({ spec }) => spec.runtime.plugin === 'tmux')
  const version = await versionOf(context, 'tmux', '-V')
  if (version === undefined && users.length > 0) {
    const message = `not on PATH, and ${users.length} declared sessions run in it`
    return {
      check: 'tmux',
      state: 'missing',
      message,
      next: 'install tmux, or declare runtime: process',
    }
  }
  if (version === undefined) {
    const message = 'not on PATH; sessions run without a terminal (runtime: process)'
    return { check: 'tmux', state: 'warning', message, next: 'install tmux to attach to sessions' }
  }
  if (isOlder(version, OLDEST_TMUX)) {
    const message = `${version} is older than what is tested (${OLDEST_TMUX.join('.')})`
    return { check: 'tmux', state: 'warning', message, next: 'update tmux' }
  }
  return { check: 'tmux', state: 'ok', message: version }
}

async function checkAgents(
  context: Context,
  objects: readonly Desired[],
): Promise<readonly Finding[]> {
  const registry = await context.registry()
  return registry.all('agent').flatMap((agent): readonly Finding[] => {
    const { name, executable } = agent
    if (executable === undefined) return []
    const check = `agent ${name}`
    const users = objects.filter(isSession).filter(({ spec }) => spec.agent.plugin === name)
    if (isOnPath(executable, context.env['PATH'])) {
      const terminal = agentTraits(agent, { plugin: name }).needsTerminal
      const note = terminal && !context.tmuxAvailable ? '; it needs tmux for a terminal' : ''
      return [{ check, state: 'ok', message: `${executable} is on PATH${note}` }]
    }
    const message = `${executable} is not on PATH`
    if (users.length === 0)
      return [{ check, state: 'ok', message: `${message}; nothing declared needs it` }]
    const why = `${message}, and ${users.length} declared sessions use it`
    return [{ check, state: 'missing', message: why, next: `install ${executable}` }]
  })
}

async function checkRepositories(
  context: Context,
  objects: readonly Desired[],
): Promise<readonly Finding[]> {
  const registry = await context.registry()
  const findings: Finding[] = []
  for (const object of objects) {
    if (object.kind !== 'Project') continue
    const check = `project ${object.name}`
    try {
      const path = expandPath(object.spec.path, context.env, context.userHome)
      const look = await registry.get('workspace', 'worktree').observe(path, context.signal)
      if (look.state === 'found') {
        const busy = look.value.busy === undefined ? '' : `; a ${look.value.busy} is in progress`
        findings.push({ check, state: 'ok', message: `${path}${busy}` })
        continue
      }
      const message = look.state === 'unknown' ? look.reason : `there is no repository at ${path}`
      findings.push({
        check,
        state: 'missing',
        message,
        next: `ao describe Project/${object.name}`,
      })
    } catch (error) {
      const { message, next } = toHouseError(error)
      findings.push({ check, state: 'missing', message, ...(next === undefined ? {} : { next }) })
    }
  }
  return findings
}

/** The version number a program tells; undefined when it isn't there. */
async function versionOf(
  context: Context,
  program: string,
  flag: string,
): Promise<string | undefined> {
  try {
    const { stdout, exitCode } = await run(program, [flag], {
      env: context.baseEnv,
      timeoutMs: TIMEOUT_MS,
      signal: context.signal,
    })
    const version = /\d+\.\d+[\w.]*/.exec(stdout)?.[0]
    return exitCode === 0 ? (version ?? stdout.trim()) : undefined
  } catch (error) {
    if (toHouseError(error).code === 'EnvironmentMissing') return undefined
    throw error
  }
}

function isOlder(version: string, [major, minor]: readonly [number, number]): boolean {
  const [a = 0, b = 0] = version.split('.').map(part => Number.parseInt(part, 10))
  return a < major || (a === major && b < minor)
}
