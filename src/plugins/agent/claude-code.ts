/**
 * Claude Code in its own terminal interface. What each channel tells about its state, for versions 2.1.197 to 2.1.329:
 *
 * | state | channel here |
 * |---|---|
 * | prompt taken | the launch itself: the prompt is an argument, which the program submits |
 * | exited | the runtime |
 * | working, idle, needs-input, needs-permission, rate-limited | none yet: activity is `unknown` |
 * | message taken | none yet: messages end at `written` |
 *
 * Hooks are the edge channel to come and its own session registry the level channel; until then nothing is guessed from the screen.
 */
import { access, realpath } from 'node:fs/promises'
import { constants } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'

import { errnoOf } from '../../errors.ts'
import type { Agent, AgentStart } from '../agent.ts'
import type { PluginChoice } from '../../resource/spec.ts'
import type { JsonSchema } from '../plugin.ts'

const EXECUTABLE = 'claude'

const SETTINGS: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    command: {
      description:
        'The executable, when it is not `claude` on the PATH. `./x` starts at the manifest.',
      type: 'string',
      minLength: 1,
    },
    args: {
      description: 'Further options, put before the prompt.',
      type: 'array',
      items: { type: 'string' },
    },
  },
}

/** Started with a session id of ours, so that a later attempt goes on with the same conversation. */
export function createClaudeCodeAgent(): Agent {
  return {
    name: 'claude-code',
    configSchema: SETTINGS,
    needsTerminal: true,
    bracketedPaste: true,
    reports: false,
    executable: EXECUTABLE,

    async command(start) {
      // Asking for a session id that exists is an error of the program, and so is resuming one that doesn't.
      const resumes = await hasTranscript(start)
      const { config, baseDir, model, permissions, sessionId } = start
      const argv = [
        executableOf(config, baseDir),
        resumes ? '--resume' : '--session-id',
        sessionId,
        ...(model === undefined ? [] : ['--model', model]),
        // Always said: what the program does without it has changed between versions.
        '--permission-mode',
        permissions,
        ...extraArguments(config),
        '--',
        '{{prompt}}',
      ]
      return { argv, env: {}, sessionId, resumes }
    },

    async check(config, baseDir) {
      const path = executableOf(config, baseDir)
      if (!isAbsolute(path)) return []
      try {
        await access(path, constants.X_OK)
        return []
      } catch (error) {
        const message =
          errnoOf(error) === 'ENOENT' ? `there is no file ${path}` : `${path} can't be executed`
        return [{ path: 'command', message }]
      }
    },
  }
}

function executableOf(config: PluginChoice, baseDir: string): string {
  const command = config['command']
  if (typeof command !== 'string') return EXECUTABLE
  return /^\.\.?\//.test(command) ? resolve(baseDir, command) : command
}

function extraArguments(config: PluginChoice): readonly string[] {
  const args = config['args']
  return Array.isArray(args) ? args.filter(word => typeof word === 'string') : []
}

/** The program keeps a transcript per working directory and session. */
async function hasTranscript(start: AgentStart): Promise<boolean> {
  const directory = await realpath(start.workspace).catch(() => start.workspace)
  const projects = join(start.userHome, '.claude', 'projects')
  const looks = folderNames(directory).map(name =>
    exists(join(projects, name, `${start.sessionId}.jsonl`)),
  )
  return (await Promise.all(looks)).includes(true)
}

/** Some versions replace only `/` and `.` in a folder's name, others everything but letters and digits. */
function folderNames(directory: string): readonly string[] {
  const names = [directory.replaceAll(/[/.]/g, '-'), directory.replaceAll(/[^a-zA-Z0-9]/g, '-')]
  return [...new Set(names)]
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return false
    throw error
  }
}
