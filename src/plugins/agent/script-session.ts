import { execFile } from 'node:child_process'

import type { Inbox } from './script-inbox.ts'
import type { Frame } from './script-progress.ts'
import type { Reporter } from './script-reports.ts'
import type { StepName, StepValues } from './script-schema.ts'
import type { Screen } from './script-screen.ts'

/** What a step works with. */
export interface Session {
  readonly name: string
  readonly attempt: number
  readonly workspace: string
  /** The environment of everything the agent starts. */
  readonly env: Readonly<Record<string, string>>
  readonly screen: Screen
  readonly reporter: Reporter
  readonly inbox: Inbox
  /** Writes the conversation down. */
  save(): void
  /** Gives the terminal back and ends the process with this code. */
  leave(code: number): never
  /** From now on nothing is read. */
  stopListening(): void
  /** From now on the signals that ask a process to end are passed over. */
  ignoreSignals(): void
}

/** Does one kind of step; `frame` belongs to the list that the step is in. */
export type Perform<N extends StepName> = (
  value: StepValues[N],
  session: Session,
  frame: Frame,
) => Promise<void>

export interface Finished {
  readonly exitCode: number
  readonly stdout: string
  /** Both streams, as a person would see them. */
  readonly output: string
}

/**
 * Runs a program in the workspace to its end. It stays in the agent's process group, so that what ends the agent ends it too. Throws when the
 * program can't be started.
 */
export async function runInWorkspace(
  session: Pick<Session, 'workspace' | 'env'>,
  [program = '', ...args]: readonly string[],
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const options = { cwd: session.workspace, env: session.env, maxBuffer: 16 * 1024 * 1024 }
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (error !== null && typeof error.code === 'string') {
        reject(new StepFailed(`${program} could not be run: ${error.message}`, { cause: error }))
        return
      }
      const output = `${stdout}${stderr}`.trimEnd()
      resolve({ exitCode: error === null ? 0 : (child.exitCode ?? 128), stdout, output })
    })
    child.stdin?.end()
  })
}

/** Ends the attempt; the next one begins with the step that failed. */
export class StepFailed extends Error {}
