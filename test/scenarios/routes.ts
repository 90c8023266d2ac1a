import { join } from 'node:path'
import { existsSync } from 'node:fs'

import type { Phase } from '../../src/execute/failpoint.ts'
import type { StepName } from '../../src/plan/action.ts'
import { findCondition } from '../../src/resource/conditions.ts'
import { splitKey } from '../../src/resource/key.ts'
import { viewStatus } from '../../src/store/objects.ts'
import { homePaths } from '../../src/store/paths.ts'
import { eventually } from '../support/eventually.ts'
import { project, worker } from './stage.ts'
import type { AgentStart, Stage } from './stage.ts'

/** A way that commands take through steps. */
export interface Route {
  readonly name: string
  /** Everything before the command that is broken. */
  readonly prepare: (stage: Stage) => Promise<void>
  readonly command: (stage: Stage) => readonly string[]
  /** What the command ends with when nothing is broken; 0 unless said otherwise. */
  readonly code?: number
  /** What must not be lost on the way. */
  readonly work: readonly string[]
}

export const WORK = ['committed by app-one', 'staged by app-one', 'untracked by app-one'] as const

const apply = (stage: Stage): readonly string[] => ['apply', '-f', stage.manifests]

/** From nothing to a running session. */
export const APPLY: Route = {
  name: 'apply',
  prepare: async stage => {
    declareOne(stage)
  },
  command: apply,
  work: [],
}

/** The same without tmux. */
export const APPLY_PROCESS: Route = {
  name: 'apply without tmux',
  prepare: async stage => {
    declareOne(stage, 'work', 'runtime: process')
  },
  command: apply,
  work: [],
}

export const DELETE_PROCESS: Route = {
  name: 'delete without tmux',
  prepare: async stage => {
    declareOne(stage, 'work', 'runtime: process')
    await succeed(stage, apply(stage))
    await resting(stage)
  },
  command: () => ['delete', 'worker/app-one', '--force'],
  work: WORK,
}

export const SUSPEND: Route = {
  name: 'suspend',
  prepare: startWorking,
  command: () => ['suspend', 'app-one'],
  work: WORK,
}

export const RESUME: Route = {
  name: 'resume',
  prepare: async stage => {
    await startWorking(stage)
    await succeed(stage, ['suspend', 'app-one'])
  },
  command: () => ['resume', 'app-one'],
  work: WORK,
}

export const RESTART: Route = {
  name: 'restart',
  prepare: startWorking,
  command: () => ['restart', 'app-one'],
  work: WORK,
}

/** Deletes a session with work of every kind in its workspace. */
export const DELETE: Route = {
  name: 'delete',
  prepare: startWorking,
  command: () => ['delete', 'worker/app-one', '--force'],
  work: WORK,
}

/** Cleans up after a merge; what came after the merge must be saved. */
export const MERGED: Route = {
  name: 'reconcile after a merge',
  prepare: async stage => {
    await workOpenly(stage)
    await succeed(stage, ['pr', 'merge', '1', '--project', 'app'])
  },
  command: () => ['reconcile', '--once'],
  work: ['untracked by app-one'],
}

/** Cleans up after a pull request was closed unmerged; a person is still told. */
export const CLOSED: Route = {
  name: 'reconcile after a pull request was closed',
  prepare: async stage => {
    await workOpenly(stage)
    await succeed(stage, ['pr', 'close', '1', '--project', 'app'])
  },
  command: () => ['reconcile', '--once'],
  code: 6,
  work: ['untracked by app-one'],
}

/** How each step is reached; a step without a way does not compile. */
export const ROUTES: Readonly<Record<StepName, Route>> = {
  'base.fetch': APPLY,
  'branch.create': APPLY,
  'workspace.add': APPLY,
  'workspace.populate': APPLY,
  'workspace.prepare': APPLY,
  'session.start': APPLY,
  'session.stop': DELETE,
  'workspace.preserve': DELETE,
  'workspace.remove': DELETE,
  'branch.delete': DELETE,
}

/** The same steps on other ways. */
export const MORE_ROUTES: readonly (readonly [StepName, Phase, Route])[] = [
  ['session.start', 'during', APPLY_PROCESS],
  ['session.start', 'after', APPLY_PROCESS],
  ['session.stop', 'during', DELETE_PROCESS],
  ['session.stop', 'after', DELETE_PROCESS],
  ['session.stop', 'after', SUSPEND],
  ['session.start', 'during', RESUME],
  ['session.stop', 'after', RESTART],
  ['session.start', 'after', RESTART],
  ['session.stop', 'after', MERGED],
  ['workspace.preserve', 'after', MERGED],
  ['workspace.remove', 'after', MERGED],
  ['branch.delete', 'after', MERGED],
  ['session.stop', 'after', CLOSED],
  ['workspace.preserve', 'after', CLOSED],
  ['workspace.remove', 'during', CLOSED],
  ['workspace.remove', 'after', CLOSED],
  ['branch.delete', 'before', CLOSED],
  ['branch.delete', 'after', CLOSED],
]

/** Waits until every agent that lives has done what it does before it rests; one whose pane is there may not have noted yet that it came up. */
export async function resting(stage: Stage): Promise<void> {
  await eventually('agents rest', () =>
    [...stage.alive(), ...comingUp(stage)].every(({ session, attempt }) =>
      existsSync(join(stage.manifests, `rests-${session}-${attempt}`)),
    ),
  )
}

function comingUp(stage: Stage): readonly Pick<AgentStart, 'session' | 'attempt'>[] {
  const noted = new Set(stage.starts().map(({ session, attempt }) => `${session} ${attempt}`))
  const running = [...viewStatus(homePaths(stage.home)).all()].flatMap(([key, status]) => {
    const isRunning = findCondition(status.conditions, 'SessionRunning')?.status === 'True'
    const session = splitKey(key).name
    return isRunning && 'attempt' in status ? [{ session, attempt: status.attempt }] : []
  })
  return running.filter(({ session, attempt }) => !noted.has(`${session} ${attempt}`))
}

/** Runs a command that must end well. */
export async function succeed(stage: Stage, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await stage.ao(args)
  if (code !== 0) throw new Error(`ao ${args.join(' ')} ended with ${code}:\n${stdout}\n${stderr}`)
  return stdout
}

/** A pull request is open, its agent rests, and something came after it that must be saved. Nobody waits for what is over. */
async function workOpenly(stage: Stage): Promise<void> {
  stage.declare('project.yaml', `${project()}  cleanup: { grace: 0s }\n`)
  stage.declare('workers.yaml', worker('app-one', 'open'))
  await succeed(stage, apply(stage))
  await resting(stage)
  stage.repo.write('late.txt', 'untracked by app-one\n', stage.worktree('app-one'))
}

function declareOne(stage: Stage, does = 'work', more?: string): void {
  stage.declare('project.yaml', project())
  stage.declare('workers.yaml', worker('app-one', does, more))
}

async function startWorking(stage: Stage): Promise<void> {
  declareOne(stage)
  await succeed(stage, apply(stage))
  await resting(stage)
}
