import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { basename, isAbsolute, resolve } from 'node:path'

import { errnoOf, HouseError } from '../../errors.ts'
import type { Agent } from '../agent.ts'
import type { PluginChoice } from '../../resource/spec.ts'
import type { JsonSchema } from '../plugin.ts'

/** Programs whose first argument is usually a file of code. */
const INTERPRETERS: readonly string[] = [
  'sh',
  'bash',
  'dash',
  'zsh',
  'node',
  'bun',
  'deno',
  'python',
  'python3',
  'ruby',
  'perl',
]

const SETTINGS: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['command'],
  properties: {
    command: {
      description:
        'The program and its arguments, one by one; never a shell line. `./x` as the program, or right after an interpreter such as `sh`, starts at the manifest. `{{prompt}}` stands for the prompt, `{{promptFile}}` for the file that holds it (also in AO_PROMPT_FILE).',
      type: 'array',
      minItems: 1,
      items: { type: 'string' },
    },
    needsTerminal: {
      description: 'The program works only in a terminal, so not in the `process` runtime.',
      type: 'boolean',
      default: false,
    },
    bracketedPaste: {
      description: 'The program takes a pasted text of many lines as one message.',
      type: 'boolean',
      default: false,
    },
  },
}

/** Any program at all as an agent. It says nothing about itself: activity is `unknown`, messages end at `written`. */
export function createCustomAgent(): Agent {
  return {
    name: 'custom',
    configSchema: SETTINGS,
    needsTerminal: false,
    bracketedPaste: false,
    reports: false,

    traits(config) {
      return {
        needsTerminal: config['needsTerminal'] === true,
        bracketedPaste: config['bracketedPaste'] === true,
      }
    },

    async command({ config, baseDir }) {
      const words = wordsOf(config)
      if (words.length === 0) {
        throw new HouseError('InvalidManifest', 'agent "custom" needs a command', {
          next: 'ao explain worker.spec.agent',
        })
      }
      const files = filePositions(words)
      const argv = words.map((word, index) =>
        files.includes(index) ? resolve(baseDir, word) : word,
      )
      return { argv, env: {}, resumes: false }
    },

    async check(config, baseDir) {
      const words = wordsOf(config)
      if (words[0] === '') return [{ path: 'command.0', message: 'names no program' }]
      const looks = await Promise.all(
        filePositions(words).map(async index => {
          const message = await problemOf(resolve(baseDir, words[index] ?? ''), index === 0)
          return message === undefined ? [] : [{ path: `command.${index}`, message }]
        }),
      )
      return looks.flat()
    },
  }
}

function wordsOf(config: PluginChoice): readonly string[] {
  const command = config['command']
  return Array.isArray(command) ? command.filter(word => typeof word === 'string') : []
}

/** Which words name a file by its path: the program, and what an interpreter is to run. */
function filePositions(words: readonly string[]): readonly number[] {
  const [program = '', script = ''] = words
  const positions: number[] = []
  if (isRelative(program) || isAbsolute(program)) positions.push(0)
  if (INTERPRETERS.includes(basename(program)) && isRelative(script)) positions.push(1)
  return positions
}

function isRelative(word: string): boolean {
  return /^\.\.?\//.test(word)
}

async function problemOf(path: string, isProgram: boolean): Promise<string | undefined> {
  try {
    await access(path, isProgram ? constants.X_OK : constants.R_OK)
    return undefined
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return `there is no file ${path}`
    return `${path} can't be ${isProgram ? 'executed' : 'read'}`
  }
}
