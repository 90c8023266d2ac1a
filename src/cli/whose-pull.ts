import { HouseError } from '../errors.ts'
import type { ReviewFact } from '../lifecycle/facts.ts'
import { attribute } from '../observe/attribution.ts'
import type { PullRequest } from '../plugins/scm.ts'
import type { DesiredSession } from '../resource/spec.ts'
import { isSession } from '../resource/spec.ts'
import { requireStore } from './ask.ts'
import { findCheckout } from './checkout.ts'
import type { Context } from './context.ts'
import { listPulls, numberOf, openPulls } from './pulls.ts'
import type { Pulls } from './pulls.ts'
import { findSession } from './targets.ts'

/** A pull request that a command is about. */
export interface Meant {
  readonly pulls: Pulls
  readonly number: number
}

/**
 * The pull request that a word names, by its number or by whose it is; without a word that of the session we are inside of, else that of the branch checked
 * out here. No checkout is needed for the first two.
 */
export async function findPull(
  context: Context,
  word: string | undefined,
  project: string | undefined,
): Promise<Meant> {
  if (word !== undefined && /^#?\d/.test(word)) {
    return { pulls: await openPulls(context, project), number: numberOf(word) }
  }
  const named = word === undefined ? undefined : findSession(word, requireStore(context))
  const pulls = await openPulls(context, named === undefined ? project : projectOf(named, project))
  const session = named ?? sessionIn(context, pulls)
  if (session !== undefined) return { pulls, number: await numberBy(context, pulls, session) }
  return { pulls, number: await numberHere(context, pulls) }
}

/** Throws `Refused` where a worker is about to change what is not its own. Orchestrators see to what their workers have. */
export function assertOwn(context: Context, pulls: Pulls, pull: PullRequest, what: string): void {
  const session = sessionIn(context, pulls)
  if (session === undefined || session.kind === 'Orchestrator') return
  const { number } = pull
  const claimed = holdersOf(context, session, number)
  const isOwn =
    session.overrides.pullRequest === number ||
    (claimed.length === 0 && whose(context, pulls, session, [pull]).state === 'found')
  if (isOwn) return
  const owner = claimed[0]?.name ?? pull.session ?? pull.author
  throw new HouseError(
    'Refused',
    `${session.name} may ${what} pull requests of its own, and #${number} of ${pulls.project.project} is ${owner}'s`,
    { next: `ao pr view ${number}` },
  )
}

/** The worker that a pull request is of, as a reconcile would see it; undefined when it is nobody's, or more than one's. */
export function ownerOf(
  context: Context,
  pulls: Pulls,
  pull: PullRequest,
): DesiredSession | undefined {
  const workers = sessionsOf(context, pulls.project.project).filter(({ kind }) => kind === 'Worker')
  const [owner, ...others] = workers.filter(
    worker => whose(context, pulls, worker, [pull]).state === 'found',
  )
  return others.length === 0 ? owner : undefined
}

function projectOf({ name, spec }: DesiredSession, named: string | undefined): string {
  if (named === undefined || named === spec.project) return spec.project
  throw new HouseError('Usage', `${name} works on ${spec.project}, not on ${named}`, {
    next: 'ao get workers',
  })
}

/** The session we are inside of, if it is one of this home. */
function sessionIn(context: Context, { session, project }: Pulls): DesiredSession | undefined {
  return sessionsOf(context, project.project).find(({ name }) => name === session)
}

function sessionsOf(context: Context, project: string): readonly DesiredSession[] {
  const all = [...requireStore(context).desired.all().values()]
  return all.filter(isSession).filter(({ spec }) => spec.project === project)
}

/** Other sessions that this one was claimed for. */
function holdersOf(
  context: Context,
  { uid, spec }: DesiredSession,
  number: number,
): readonly DesiredSession[] {
  const others = sessionsOf(context, spec.project).filter(other => other.uid !== uid)
  return others.filter(({ overrides }) => overrides.pullRequest === number)
}

async function numberBy(context: Context, pulls: Pulls, session: DesiredSession): Promise<number> {
  const { pullRequest } = session.overrides
  if (pullRequest !== undefined) return pullRequest
  const seen = whose(context, pulls, session, await listPulls(context, pulls))
  if (seen.state === 'found') return seen.pullRequest.number
  const { name, kind } = session
  if (seen.state === 'ambiguous') {
    const numbers = seen.numbers.map(number => `#${number}`).join(', ')
    throw new HouseError(
      'Ambiguous',
      `${numbers} are all open for ${name}; name one by its number`,
      {
        next: 'ao pr list',
      },
    )
  }
  throw kind === 'Orchestrator'
    ? new HouseError('Usage', `${name} coordinates others and has no pull request; name one`, {
        next: 'ao pr list',
      })
    : new HouseError('NotFound', `${name} has no pull request yet`, {
        next: `ao pr list --project ${session.spec.project} --state all`,
      })
}

/** As a reconcile would see it. */
function whose(
  context: Context,
  { repository }: Pulls,
  object: DesiredSession,
  all: readonly PullRequest[],
): ReviewFact {
  const own = repository.worktrees.find(({ owner }) => owner?.session === object.name)
  const branches = [object.spec.branch, own?.branch].filter(branch => branch !== undefined)
  const { adopted } = requireStore(context).records.get(object.uid) ?? {}
  const isTaken = (number: number): boolean => holdersOf(context, object, number).length > 0
  return attribute({ object, branches, adopted, isTaken }, all)
}

async function numberHere(context: Context, pulls: Pulls): Promise<number> {
  const branch = findCheckout(context.cwd)?.branch
  const { project } = pulls.project
  const next = `ao pr list --project ${project}`
  if (branch === undefined) {
    throw new HouseError('Usage', 'say which pull request: no branch is checked out here', { next })
  }
  const all = await listPulls(context, pulls)
  const here = all.filter(({ head, state }) => state === 'open' && head.branch === branch)
  const [only, ...others] = here.filter(({ head }) => !head.foreign)
  if (only !== undefined && others.length === 0) return only.number
  throw only === undefined
    ? new HouseError('NotFound', `${branch} of ${project} has no open pull request`, { next })
    : new HouseError('Ambiguous', `${branch} of ${project} has several open pull requests`, {
        next,
      })
}
