import { access, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

import type { Agent } from '../agent.ts'
import type { PluginChoice } from '../../resource/spec.ts'
import type { JsonSchema } from '../plugin.ts'
import { PROGRESS_FILE } from './script-progress.ts'

const SETTINGS: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    scenario: {
      description: 'The scenario: a YAML file with a list of steps. Relative to the manifest.',
      type: 'string',
      minLength: 1,
    },
    steps: {
      description:
        'The steps themselves, in place of a file. Each is a map with one key, such as `say: Hello`.',
      type: 'array',
    },
  },
}

/** Problems of the settings that need the file system or the steps' own schemas. */
type Problems = readonly { readonly path: string; readonly message: string }[]

/**
 * The agent that follows a script: a real interactive program, but predictable and free, for demos and tests. `program` is the absolute path
 * of the built program and `node` what runs it.
 */
export function createScriptAgent(options: {
  readonly program: string
  readonly node: string
}): Agent {
  return {
    name: 'script',
    configSchema: SETTINGS,
    needsTerminal: false,
    bracketedPaste: true,
    reports: true,

    async command({ config, baseDir, workspace, attempt, sessionId }) {
      return {
        argv: [options.node, options.program, ...stepArguments(config, baseDir)],
        env: {},
        sessionId,
        resumes: attempt > 1 && (await hasProgress(workspace)),
      }
    },

    async check(config, baseDir) {
      return problemsOf(config, baseDir)
    },
  }
}

function stepArguments(config: PluginChoice, baseDir: string): readonly string[] {
  const scenario = config['scenario']
  if (typeof scenario === 'string') return ['--scenario', resolve(baseDir, scenario)]
  // `{{prompt}}` in a step is the step's own text and not a place to put the prompt.
  return ['--steps', JSON.stringify(config['steps'] ?? []).replaceAll('{{', String.raw`{\u007b`)]
}

async function problemsOf(config: PluginChoice, baseDir: string): Promise<Problems> {
  const { scenario, steps } = config
  if ((scenario === undefined) === (steps === undefined)) {
    const message = 'needs exactly one of "scenario" (a file) and "steps" (a list)'
    return [{ path: scenario === undefined ? '' : 'scenario', message }]
  }
  // Only a program that checks manifests or plays a scenario needs what reads steps.
  if (typeof scenario === 'string') {
    const { loadScenario } = await import('./script-scenario.ts')
    const loaded = await loadScenario(resolve(baseDir, scenario))
    return loaded.ok ? [] : loaded.problems.map(message => ({ path: 'scenario', message }))
  }
  const { readSteps } = await import('./script-steps.ts')
  const read = readSteps(steps)
  if (read.ok) return []
  return read.problems.map(one => ({
    path: ['steps', ...one.path].join('.'),
    message: one.message,
  }))
}

/** A worktree's `.git` is a file that names its private git directory. */
async function hasProgress(workspace: string): Promise<boolean> {
  try {
    const pointer = await readFile(join(workspace, '.git'), 'utf8')
    const gitDir = /^gitdir: (.+)$/m.exec(pointer)?.[1]
    if (gitDir === undefined) return false
    await access(resolve(workspace, gitDir, PROGRESS_FILE))
    return true
  } catch {
    return false
  }
}
