import { join } from 'node:path'

import { HouseError } from '../../errors.ts'
import { OWN_IDENTITY } from '../git.ts'
import { preservedPrefix } from '../../resource/refs.ts'
import type { WorkspaceTarget } from '../workspace.ts'
import {
  findCheckout,
  headEnv,
  refuseStranger,
  type Checkout,
  type WorktreeTools,
} from './worktree-checkout.ts'
import { areSaved, ownTips, unsavedArgs } from './worktree-inspect.ts'
import { isOid, type LinkedWorktree } from './worktree-layout.ts'
import { readText } from './worktree-owner.ts'
import { takeSnapshot } from './worktree-snapshot.ts'

/** Files in a git directory that can hold the only trace of a commit. */
const OTHER_HEADS = [
  'ORIG_HEAD',
  'REBASE_HEAD',
  'MERGE_HEAD',
  'CHERRY_PICK_HEAD',
  'REVERT_HEAD',
  'MERGE_AUTOSTASH',
  'rebase-merge/orig-head',
  'rebase-merge/autostash',
  'rebase-apply/orig-head',
  'rebase-apply/autostash',
] as const

/**
 * Makes refs that hold everything of the session that nothing else holds: its files as a commit on top of HEAD, and every commit reachable
 * from HEAD, the branch, or a rebase or merge in progress. Running it again finds the same refs.
 */
export async function preserveWork(
  tools: WorktreeTools,
  target: WorkspaceTarget,
  baseRefs: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const checkout = findCheckout(target)
  const { linked } = checkout
  if (linked?.owner !== undefined) refuseStranger(target, checkout, linked.owner)
  const context: Context = { tools, target, checkout, baseRefs, signal }
  const [hasCommits, snapshot] = await Promise.all([
    hasUnsaved(context, tipsOf(target, linked)),
    takeSnapshot(tools, target, checkout, signal),
  ])
  const commits = hasCommits ? await unsavedTips(context) : []
  // The snapshot's commit stands on HEAD, so HEAD needs no ref of its own.
  const tips = snapshot === undefined ? commits : [snapshot, ...commits]
  return saveAll(context, await independent(context, tips))
}

/** As `preserveWork`, for what no branch has: before metadata whose checkout is gone is removed. */
export async function saveTips(
  tools: WorktreeTools,
  target: WorkspaceTarget,
  checkout: Checkout,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { linked } = checkout
  if (linked?.owner === undefined || linked.owner.stage === 'added') return []
  return preserveWork(tools, target, ['--branches'], signal)
}

interface Context {
  readonly tools: WorktreeTools
  readonly target: WorkspaceTarget
  readonly checkout: Checkout
  readonly baseRefs: readonly string[]
  readonly signal: AbortSignal
}

function tipsOf(target: WorkspaceTarget, linked: LinkedWorktree | undefined): readonly string[] {
  const own = ownTips(target, linked)
  if (linked === undefined) return own
  const others = OTHER_HEADS.flatMap(name => {
    const oids = readText(join(linked.gitDir, name))?.split('\n') ?? []
    return oids.map(oid => oid.trim()).filter(isOid)
  })
  return [...new Set([...own, ...others])]
}

async function hasUnsaved(context: Context, tips: readonly string[]): Promise<boolean> {
  if (areSaved(context.checkout, tips, context.baseRefs)) return false
  return (await revList(context, unsavedArgs(tips, context.baseRefs))) !== ''
}

/** Object ids of the tips that have a commit which nothing else holds. */
async function unsavedTips(context: Context): Promise<readonly string[]> {
  const { target, checkout } = context
  const oids = await resolve(context, tipsOf(target, checkout.linked))
  const unsaved = await Promise.all(
    oids.map(async oid => ({ oid, isUnsaved: await hasUnsaved(context, [oid]) })),
  )
  return unsaved.filter(({ isUnsaved }) => isUnsaved).map(({ oid }) => oid)
}

async function resolve(context: Context, names: readonly string[]): Promise<readonly string[]> {
  const input = names.map(name => `${name}^{commit}\n`).join('')
  const { stdout } = await inRepository(context, ['cat-file', '--batch-check=%(objectname)'], input)
  const oids = stdout.split('\n').filter(isOid)
  return [...new Set(oids)]
}

async function independent(context: Context, oids: readonly string[]): Promise<readonly string[]> {
  if (oids.length < 2) return oids
  const { stdout } = await inRepository(context, ['merge-base', '--independent', ...oids])
  return stdout.split('\n').filter(isOid)
}

interface Preserved {
  readonly ref: string
  readonly oid: string
}

async function saveAll(context: Context, oids: readonly string[]): Promise<readonly string[]> {
  if (oids.length === 0) return []
  const prefix = `refs/ao/preserved/${context.target.session}/`
  const args = ['for-each-ref', '--format=%(refname) %(objectname)', prefix]
  const { stdout } = await inRepository(context, args)
  const existing = stdout.split('\n').flatMap((line): readonly Preserved[] => {
    const [ref, oid] = line.split(' ')
    return ref === undefined || oid === undefined ? [] : [{ ref, oid }]
  })
  const refs: string[] = []
  for (const oid of oids) {
    const ref = await saveOne(context, existing, oid)
    if (ref !== undefined) refs.push(ref)
  }
  return refs
}

async function saveOne(
  context: Context,
  existing: Preserved[],
  oid: string,
): Promise<string | undefined> {
  const { session, uid } = context.target
  const equal = existing.find(one => one.oid === oid)
  if (equal !== undefined) return equal.ref
  const held = ['-n', '1', oid, '--not', `--glob=refs/ao/preserved/${session}`]
  if (existing.length > 0 && (await revListRaw(context, held)) === '') return undefined
  const prefix = preservedPrefix(session, uid)
  const used = existing
    .filter(one => one.ref.startsWith(prefix))
    .map(one => Number(one.ref.slice(prefix.length)))
  const ref = `${prefix}${Math.max(0, ...used.filter(Number.isInteger)) + 1}`
  existing.push({ ref, oid })
  try {
    const input = `create ${ref}\0${oid}\0`
    await inRepository(context, ['update-ref', '--stdin', '-z'], input)
    return ref
  } catch (error) {
    // Somebody made this number meanwhile; the next one is tried.
    if (!(error instanceof HouseError) || error.code !== 'Conflict') throw error
    existing.splice(-1, 1, { ref, oid: '' })
    return saveOne(context, existing, oid)
  }
}

async function revList(context: Context, args: readonly string[]): Promise<string> {
  return revListRaw(context, ['-n', '1', ...args])
}

async function revListRaw(context: Context, args: readonly string[]): Promise<string> {
  return (await inRepository(context, ['rev-list', ...args])).stdout
}

/** Runs git for commits and refs; `HEAD` is the checkout's. */
async function inRepository(
  { tools, checkout, signal }: Context,
  args: readonly string[],
  input?: string,
): Promise<{ readonly stdout: string }> {
  const env = { ...OWN_IDENTITY, ...headEnv(checkout.linked) }
  return tools.git(checkout.place.path, args, {
    env,
    signal,
    ...(input === undefined ? {} : { input }),
  })
}
