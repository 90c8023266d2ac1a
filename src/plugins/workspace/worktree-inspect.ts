import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { toHouseError } from '../../errors.ts'
import { ABSENT, found, unknown, type Observation } from '../../resource/observation.ts'
import type { WorkspaceRisk, WorkspaceTarget } from '../workspace.ts'
import {
  checkoutEnv,
  findCheckout,
  headEnv,
  requireOurs,
  type Checkout,
  type WorktreeTools,
} from './worktree-checkout.ts'
import { hasHead, isOid, markerIn, type LinkedWorktree } from './worktree-layout.ts'
import { findNested } from './worktree-nested.ts'
import { isGone, readText, type OwnerFile } from './worktree-owner.ts'
import { isLinkTo } from './worktree-prepare.ts'

const MOST_NAMES = 20
const NO_CHANGES: Changes = { uncommitted: [], untracked: [], ignored: [] }

/** What a checkout holds beyond its HEAD commit; complete, without our own symlinks. */
export interface Changes {
  readonly uncommitted: readonly string[]
  readonly untracked: readonly string[]
  readonly ignored: readonly string[]
}

export async function inspectWorktree(
  tools: WorktreeTools,
  target: WorkspaceTarget,
  baseRefs: readonly string[],
  signal: AbortSignal,
): Promise<Observation<WorkspaceRisk>> {
  try {
    const checkout = findCheckout(target)
    if (checkout.directory === 'absent') return ABSENT
    const linked = requireOurs(target, checkout)
    const [changes, nested, unpushed] = await Promise.all([
      readChanges(tools, checkout, linked, { ignored: true, signal }),
      findNested(tools.git, { path: linked.path, env: checkoutEnv(linked) }, signal),
      countUnpushed(tools, target, { checkout, baseRefs, signal }),
    ])
    const isNested = (name: string): boolean => nested.includes(name.replace(/\/$/, ''))
    return found({
      uncommitted: changes.uncommitted.slice(0, MOST_NAMES),
      untracked: changes.untracked.filter(name => !isNested(name)).slice(0, MOST_NAMES),
      ignored: changes.ignored.slice(0, MOST_NAMES),
      unpushed,
      nested: nested.slice(0, MOST_NAMES),
      busy: markerIn(linked.gitDir),
    })
  } catch (error) {
    return unknown(toHouseError(error).message)
  }
}

/** The state of the files as git status tells it. */
export async function readChanges(
  { git }: WorktreeTools,
  checkout: Checkout,
  linked: LinkedWorktree & { readonly owner: OwnerFile },
  { ignored, signal }: { readonly ignored: boolean; readonly signal: AbortSignal },
): Promise<Changes> {
  // Half checked out by us; nobody has worked here yet.
  if (linked.owner.stage === 'added') return NO_CHANGES
  const args = ['status', '--porcelain=v2', '-z', '--no-renames', '--untracked-files=all']
  const { stdout } = await git(
    linked.path,
    // `matching` names an ignored directory once, `traditional` each of its files.
    [...args, ignored ? '--ignored=matching' : '--ignored=no'],
    { env: checkoutEnv(linked), signal },
  )
  const ours = new Set(ownLinks(checkout, linked))
  const records = stdout.split('\0').filter(record => record !== '')
  const named = (types: string): readonly string[] =>
    records
      .filter(record => types.includes(record.charAt(0)))
      .map(nameIn)
      .filter(name => !ours.has(name))
  return { uncommitted: named('12u'), untracked: named('?'), ignored: named('!') }
}

/** Our symlinks that are still what we made; one that was replaced by a file is work. */
export function ownLinks(
  checkout: Checkout,
  linked: LinkedWorktree & { readonly owner: OwnerFile },
): readonly string[] {
  return linked.owner.links.filter(link =>
    isLinkTo(join(linked.path, link), join(checkout.place.path, link)),
  )
}

/** Where the checkout's HEAD was last, by its reflog: the only trace when its branch was deleted (B9). */
export function lastLogged(linked: LinkedWorktree): string | undefined {
  try {
    const lines = readFileSync(join(linked.gitDir, 'logs', 'HEAD'), 'utf8')
      .trimEnd()
      .split('\n')
    const oid = lines.at(-1)?.split(' ')[1]
    return oid !== undefined && isOid(oid) && !/^0+$/.test(oid) ? oid : undefined
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}

/** Arguments of rev-list for "not saved anywhere": not in the base, not on origin. Names that don't resolve save nothing. */
export function unsavedArgs(
  tips: readonly string[],
  baseRefs: readonly string[],
): readonly string[] {
  const bases = baseRefs.filter(ref => ref === '--branches' || !ref.startsWith('-'))
  return ['--ignore-missing', ...tips, '--not', ...bases, '--remotes=origin']
}

/**
 * Whether every tip is the very commit that a base has, as files alone tell: nothing was committed, which is the usual end of a session that
 * did nothing. False is no answer; then git is asked.
 */
export function areSaved(
  { place, linked }: Checkout,
  tips: readonly string[],
  baseRefs: readonly string[],
): boolean {
  const packed = readText(join(place.commonDir, 'packed-refs')) ?? ''
  const oidOf = (name: string): string | undefined => {
    if (isOid(name)) return name
    if (name === 'HEAD')
      return linked?.branch === undefined ? linked?.headSha : oidOf(`refs/heads/${linked.branch}`)
    if (!name.startsWith('refs/')) return undefined
    // A loose ref hides a packed one. Where refs are kept otherwise, both files say nothing.
    const loose = readText(join(place.commonDir, name))?.trim()
    return loose ?? new RegExp(`^([0-9a-f]+) ${escape(name)}$`, 'm').exec(packed)?.[1]
  }
  const bases = new Set(baseRefs.map(oidOf).filter(oid => oid !== undefined && isOid(oid)))
  return bases.size > 0 && tips.every(tip => bases.has(oidOf(tip)))
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
}

/** The refs whose commits are the session's own. */
export function ownTips(
  target: WorkspaceTarget,
  linked: LinkedWorktree | undefined,
): readonly string[] {
  const branch = target.branch === undefined ? [] : [`refs/heads/${target.branch}`]
  if (linked === undefined) return branch
  const logged = lastLogged(linked)
  const head = hasHead(linked) ? ['HEAD'] : []
  return [...head, ...branch, ...(logged === undefined ? [] : [logged])]
}

async function countUnpushed(
  { git }: WorktreeTools,
  target: WorkspaceTarget,
  question: {
    readonly checkout: Checkout
    readonly baseRefs: readonly string[]
    readonly signal: AbortSignal
  },
): Promise<number> {
  const { checkout, baseRefs, signal } = question
  const { linked, place } = checkout
  const tips = ownTips(target, linked)
  if (areSaved(checkout, tips, baseRefs)) return 0
  // What a preserve ref holds counts too: a removal that is taken up again must judge the branch as the one before did.
  const args = ['rev-list', '--count', ...unsavedArgs(tips, baseRefs)]
  const { stdout } = await git(place.path, args, { env: headEnv(linked), signal })
  return Number(stdout.trim())
}

/** The path in a status record: after eight fields for a change, ten for a conflict, one otherwise. */
function nameIn(record: string): string {
  const fields = record.startsWith('1')
    ? 8
    : record.startsWith('2')
      ? 9
      : record.startsWith('u')
        ? 10
        : 1
  return record.split(' ').slice(fields).join(' ')
}
