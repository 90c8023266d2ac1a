import { toHouseError } from '../../errors.ts'
import { expandPath } from '../../manifest/variables.ts'
import type { Registry } from '../../plugins/registry.ts'
import type { RepositoryFacts, WorktreeFact } from '../../plugins/workspace.ts'
import { uid8 } from '../../resource/refs.ts'
import type { DesiredProject } from '../../resource/spec.ts'
import { isSession } from '../../resource/spec.ts'
import type { StoreView } from '../../store/index.ts'
import { readSocketPath } from '../../store/socket-path.ts'
import type { Context } from '../context.ts'
import { holderOf } from '../live.ts'
import type { Finding } from './finding.ts'

/** Things that carry our mark and belong to nobody any more. A thing that could not be looked at is told as such. */
export async function checkLeftovers(context: Context): Promise<readonly Finding[]> {
  const store = context.store()
  if (store === undefined) return []
  const registry = await context.registry()
  const sessions = [...store.desired.all().values()].filter(isSession)
  const uids = new Set(sessions.map(({ uid }) => uid))
  const isHeld = (await holderOf(context, store.paths)) !== undefined
  const findings: Finding[] = []
  const seen = new Set<string>()
  for (const project of projectsOf(store)) {
    const repository = await lookAt(context, registry, project)
    if (repository === undefined || seen.has(repository.commonDir)) continue
    seen.add(repository.commonDir)
    findings.push(...leftIn(repository, { uids, home: store.paths.root, isHeld }))
  }
  for (const name of registry.names('runtime')) {
    findings.push(...(await leftRunning(context, registry, { name, uids, store })))
  }
  if (findings.length > 0) return findings
  return [{ check: 'leftovers', state: 'ok', message: 'none' }]
}

function projectsOf(store: StoreView): readonly DesiredProject[] {
  return [...store.desired.all().values()].filter(object => object.kind === 'Project')
}

/** What can't be looked at was told with the project already. */
async function lookAt(
  context: Context,
  registry: Registry,
  project: DesiredProject,
): Promise<RepositoryFacts | undefined> {
  try {
    const path = expandPath(project.spec.path, context.env, context.userHome)
    const look = await registry.get('workspace', 'worktree').observe(path, context.signal)
    return look.state === 'found' ? look.value : undefined
  } catch (error) {
    if (toHouseError(error).code === 'Interrupted') throw error
    return undefined
  }
}

interface Ours {
  readonly uids: ReadonlySet<string>
  readonly home: string
  /** Somebody is at work, so that a check's worktree may be in use. */
  readonly isHeld: boolean
}

function leftIn(repository: RepositoryFacts, ours: Ours): readonly Finding[] {
  const shortUids = new Set([...ours.uids].map(uid8))
  const worktrees = repository.worktrees.filter(worktree => isLeft(worktree, ours))
  const refs = [...repository.refs.keys()].filter(ref => {
    const owner = /^refs\/ao\/owned\/.+\/([^/]+)$/.exec(ref)?.[1]
    return owner !== undefined && !shortUids.has(owner)
  })
  return [
    ...worktrees.map(({ path, owner }): Finding => ({
      check: 'leftovers',
      state: 'warning',
      message:
        owner?.purpose === 'check'
          ? `the worktree ${path} of a check that was interrupted`
          : `the worktree ${path} of ${owner?.session ?? 'a session'}, which is not declared any more`,
      next: `look into it, then  git -C ${repository.path} worktree remove ${path}`,
    })),
    ...refs.map((ref): Finding => ({
      check: 'leftovers',
      state: 'warning',
      message: `${ref} marks a branch of a session that is not declared any more, in ${repository.path}`,
      next: `git -C ${repository.path} update-ref -d ${ref}`,
    })),
  ]
}

function isLeft({ owner }: WorktreeFact, { uids, home, isHeld }: Ours): boolean {
  if (owner === undefined || owner.home !== home) return false
  return owner.purpose === 'check' ? !isHeld : !uids.has(owner.uid)
}

async function leftRunning(
  context: Context,
  registry: Registry,
  {
    name,
    uids,
    store,
  }: { readonly name: string; readonly uids: ReadonlySet<string>; readonly store: StoreView },
): Promise<readonly Finding[]> {
  // Without tmux there is nothing in it either; that it is missing was told before.
  if (name === 'tmux' && !context.tmuxAvailable) return []
  const listing = await registry.get('runtime', name).list(context.signal)
  if (listing.state === 'unknown') {
    const message = `sessions in ${name} could not be looked at: ${listing.reason}`
    return [{ check: 'leftovers', state: 'warning', message, next: 'ao doctor, once more' }]
  }
  return listing.value.sessions
    .filter(({ uid }) => uid !== undefined && !uids.has(uid))
    .map(({ session, pid }): Finding => {
      const socket = readSocketPath(store.paths) ?? store.paths.tmuxSocket
      return {
        check: 'leftovers',
        state: 'warning',
        message: `${session} runs in ${name} and is not declared any more`,
        next:
          name === 'tmux' ? `tmux -S ${socket} kill-session -t =${session}` : `kill ${pid ?? ''}`,
      }
    })
}
