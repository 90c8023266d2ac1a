import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

import type { ConditionType } from '../../src/resource/conditions.ts'
import { findCondition } from '../../src/resource/conditions.ts'
import type { ResourceKey } from '../../src/resource/key.ts'
import type { Desired } from '../../src/resource/spec.ts'
import type { Status } from '../../src/resource/status.ts'
import { checkConditions } from '../../src/status/invariants.ts'
import { viewInventory } from '../../src/store/inventory.ts'
import { viewDesired, viewRecords, viewStatus } from '../../src/store/objects.ts'
import { homePaths } from '../../src/store/paths.ts'
import type { InventoryItem } from '../../src/store/types.ts'
import type { AgentStart, Stage } from '../scenarios/stage.ts'

/** A canonical dump of what is really there: the same for two runs that ended in the same world. */
export interface World {
  /** Name, alive or dead, whose; also of sessions that are a person's. */
  readonly sessions: readonly string[]
  /** Path below the stage, branch, and what is in it. */
  readonly worktrees: readonly string[]
  /** Refs with the trees they point at: commits hold times, trees do not. */
  readonly refs: readonly string[]
  /** Who owns what. */
  readonly inventory: readonly string[]
  /** Objects with what `Ready` says. */
  readonly objects: readonly string[]
}

/** Looks at everything: tmux, git and the home's files, uids masked. */
export function dumpWorld(stage: Stage): World {
  const mask = masking(stage)
  const inventory = items(stage).map(item => mask(`${item.key} ${item.uid}`))
  return {
    sessions: [
      ...panes(stage).map(pane => mask(`${pane.name} ${pane.dead ? 'dead' : 'alive'} ${pane.uid}`)),
      ...outsideTmux(stage).map(start => mask(`${start.session} without a pane ${start.uid}`)),
    ].sort(),
    worktrees: worktrees(stage).map(mask).sort(),
    refs: refs(stage).map(mask).sort(),
    inventory: inventory.sort(),
    objects: objects(stage)
      .map(({ key, status }) => {
        const ready = status?.conditions.find(condition => condition.type === 'Ready')
        return `${key} Ready=${ready?.status ?? '?'} ${ready?.reason ?? '?'}`
      })
      .sort(),
  }
}

/** What must never be, at any moment; the texts say what is. Empty when all is well. */
export function brokenRules(stage: Stage): readonly string[] {
  return [
    ...doubles(stage),
    ...promptsTwice(stage),
    ...untracked(stage),
    ...finishedAndRunning(stage),
  ]
}

/** Everything wrong with the conditions of all objects, by kstatus' rules. */
export function brokenConditions(stage: Pick<Stage, 'home'>): readonly string[] {
  return objects(stage).flatMap(({ key, object, status }) =>
    status === undefined
      ? [`${key} has no status`]
      : checkConditions(status.conditions, object.generation, status.observedGeneration).map(
          problem => `${key}: ${problem}`,
        ),
  )
}

/** Which of these texts are neither in the session's worktree nor in anything a branch or a ref of ours keeps. */
export function lostWork(
  stage: Stage,
  session: string,
  texts: readonly string[],
): readonly string[] {
  const kept = stage.repo
    .run(['for-each-ref', '--format=%(refname)', 'refs/heads', 'refs/ao'])
    .split('\n')
  return texts.filter(text => {
    const directory = stage.worktree(session)
    if (existsSync(directory) && isIn(['-rqF', '--', text, directory], 'grep')) return false
    return !isIn(['grep', '-qF', '-e', text, ...kept], 'git', stage.repo.path)
  })
}

/** A condition as `status:reason`, such as `True:Running`; undefined when it is not there. */
export function conditionOf(
  stage: Stage,
  key: ResourceKey,
  type: ConditionType,
): string | undefined {
  const conditions = viewStatus(homePaths(stage.home)).get(key)?.conditions ?? []
  const found = findCondition(conditions, type)
  return found === undefined ? undefined : `${found.status}:${found.reason}`
}

/** The status of one session, as its file says it. */
export function statusOf(stage: Stage, key: ResourceKey): Status | undefined {
  return viewStatus(homePaths(stage.home)).get(key)
}

interface Pane {
  readonly name: string
  readonly pid: number
  readonly dead: boolean
  readonly uid: string
}

/** All panes of our server, the person's among them; none when no server runs. */
export function panes(stage: Stage): readonly Pane[] {
  const format = '#{session_name}|#{pane_pid}|#{pane_dead}|#{AO_UID}'
  let text: string
  try {
    text = stage.tmux('list-panes', '-a', '-F', format)
  } catch {
    return []
  }
  return text.split('\n').map(line => {
    const [name = '', pid = '', dead = '', uid = ''] = line.split('|')
    return { name, pid: Number(pid), dead: dead === '1', uid }
  })
}

/** Agents that live in another runtime. */
function outsideTmux(stage: Stage): readonly AgentStart[] {
  const inPanes = panes(stage).map(pane => pane.pid)
  return stage.alive().filter(start => !inPanes.includes(start.pid))
}

function doubles(stage: Stage): readonly string[] {
  const living = [
    ...panes(stage).flatMap(pane => (pane.dead || pane.uid === '' ? [] : [pane])),
    ...stage.alive(),
  ]
  const pids = new Map<string, Set<number>>()
  for (const { uid, pid } of living) pids.set(uid, (pids.get(uid) ?? new Set()).add(pid))
  return [...pids].flatMap(([uid, set]) =>
    set.size > 1 ? [`uid ${uid} lives ${set.size} times: ${[...set].join(', ')}`] : [],
  )
}

function promptsTwice(stage: Stage): readonly string[] {
  const seen = new Map<string, number>()
  for (const { session, uid, attempt } of stage.starts()) {
    const what = `${session} (${uid.slice(0, 8)}) attempt ${attempt}`
    seen.set(what, (seen.get(what) ?? 0) + 1)
  }
  return [...seen].flatMap(([what, times]) =>
    times > 1 ? [`${what} got its prompt ${times} times`] : [],
  )
}

/** What of ours is there that no inventory knows. */
function untracked(stage: Stage): readonly string[] {
  const known = items(stage).map(item => item.uid)
  const real = [
    ...panes(stage).flatMap(pane => (pane.uid === '' ? [] : [pane.uid])),
    ...stage.repo
      .run(['for-each-ref', '--format=%(refname)', 'refs/ao/owned'])
      .split('\n')
      .flatMap(ref => ref.split('/')[4] ?? []),
  ]
  return [...new Set(real)].flatMap(uid =>
    known.some(one => one.startsWith(uid)) ? [] : [`uid ${uid} is there and in no inventory`],
  )
}

function finishedAndRunning(stage: Stage): readonly string[] {
  const records = [...viewRecords(homePaths(stage.home)).all().values()]
  return records.flatMap(({ uid, name, outcome }) => {
    const done = outcome !== undefined && ['Deleted', 'Exited'].includes(outcome.state)
    const runs = stage.alive().some(start => start.uid === uid)
    return done && runs ? [`${name} is ${outcome.state} and runs`] : []
  })
}

function worktrees(stage: Stage): readonly string[] {
  const { root } = stage.repo
  return stage.repo
    .run(['worktree', 'list', '--porcelain'])
    .split('\n\n')
    .map(block => {
      const at = (key: string): string =>
        block
          .split('\n')
          .find(line => line.startsWith(`${key} `))
          ?.slice(key.length + 1) ?? '-'
      const path = at('worktree')
      const notes = ['locked', 'prunable', 'detached'].filter(note => block.includes(`\n${note}`))
      return [path.slice(root.length + 1), at('branch'), ...notes, contents(stage, path)].join(' ')
    })
}

/** What git sees in a checkout besides its commit, what it ignores, and locks. Writes nothing. */
function contents(stage: Stage, path: string): string {
  if (!existsSync(path)) return 'gone'
  const args = ['status', '--porcelain', '--ignored', '--untracked-files=all']
  const seen = stage.repo
    .run(['--no-optional-locks', ...args], path)
    .split('\n')
    .join(', ')
  const lock = resolve(path, stage.repo.run(['rev-parse', '--git-path', 'index.lock'], path))
  return existsSync(lock) ? `${seen}, index.lock` : seen
}

function refs(stage: Stage): readonly string[] {
  return (
    stage.repo
      .run(['for-each-ref', '--format=%(refname) %(tree)', 'refs/heads', 'refs/ao'])
      .split('\n')
      // A pull request's own record holds times, so its tree tells nothing.
      .map(line =>
        /^refs\/ao\/pulls\/.*(meta|checks)/.test(line) ? (line.split(' ')[0] ?? '') : line,
      )
  )
}

function items(stage: Stage): readonly InventoryItem[] {
  const inventories = viewInventory(homePaths(stage.home)).all()
  return [...inventories.values()].flatMap(inventory => inventory.items)
}

interface Known {
  readonly key: ResourceKey
  readonly object: Desired
  readonly status: Status | undefined
}

function objects(stage: Pick<Stage, 'home'>): readonly Known[] {
  const paths = homePaths(stage.home)
  const status = viewStatus(paths)
  return [...viewDesired(paths).all()].map(([key, object]) => ({
    key,
    object,
    status: status.get(key),
  }))
}

/** Replaces every uid that was ever given by the name of who has it. */
function masking(stage: Stage): (text: string) => string {
  const records = [...viewRecords(homePaths(stage.home)).all().values()]
  const named = new Map(records.map(({ uid, name }) => [uid, name]))
  for (const { uid, key } of items(stage)) named.set(uid, key)
  return text => {
    let masked = text
    for (const [uid, name] of named) {
      masked = masked.replaceAll(uid, `<${name}>`).replaceAll(uid.slice(0, 8), `<${name}>`)
    }
    return masked
  }
}

function isIn(args: readonly string[], program: string, cwd?: string): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore', ...(cwd === undefined ? {} : { cwd }) })
    return true
  } catch {
    return false
  }
}
