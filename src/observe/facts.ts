import type {
  BranchFact,
  ProcessFact,
  PullRequestFact,
  RepositoryFact,
  ReviewFact,
  RiskFact,
  SessionFacts,
  WorkspaceFact,
} from '../lifecycle/facts.ts'
import { isLive } from '../lifecycle/facts.ts'
import { keyOf } from '../resource/key.ts'
import type { Observation } from '../resource/observation.ts'
import type { SessionRecord } from '../resource/record.ts'
import type { DesiredSession } from '../resource/spec.ts'
import type { Activity } from '../resource/status.ts'
import type { RuntimeSession } from '../plugins/runtime.ts'
import type { RepositoryFacts } from '../plugins/workspace.ts'
import { keptRef, ownerRef } from '../resource/refs.ts'
import type { ProjectContext, Snapshot } from './snapshot.ts'
import { indexBy } from './index-by.ts'
import { attribute } from './attribution.ts'
import { baseOf, defaultBranchOf } from './snapshot.ts'

export interface FactsInput {
  readonly object: DesiredSession
  readonly record: SessionRecord
  readonly project: ProjectContext | undefined
  readonly snapshot: Snapshot
  /** Absolute path its workspace has or would have. */
  readonly workspacePath: string
  readonly activity: Activity
  readonly lastSignAt: number | undefined
  /** Records of all sessions that ever had this one's name. */
  readonly namesakes: () => readonly SessionRecord[]
  /** What belongs to the other sessions of its project. */
  readonly others?: OthersFact
}

/** Whether somebody claimed a pull request for another session, and whether a branch is declared as another's. */
export interface OthersFact {
  readonly hasClaimed: (number: number) => boolean
  readonly wasGiven: (branch: string) => boolean
}

const worktreesByPath = indexBy<RepositoryFacts['worktrees'][number]>(({ path }) => path)
const worktreesByOwner = indexBy<RepositoryFacts['worktrees'][number]>(({ owner }) => owner?.uid)
const sessionsByUid = indexBy<RuntimeSession>(({ uid }) => uid)
const sessionsByName = indexBy<RuntimeSession>(({ session }) => session)

/** What a snapshot says of one session. */
export function sessionFacts(input: FactsInput): SessionFacts {
  const { object, project, snapshot } = input
  const seen = project === undefined ? undefined : snapshot.repositories.get(project.name)
  const review = reviewFact(input)
  return {
    repository: repositoryFact(input, seen),
    branch: fromRepository(seen, repository => branchFact(input, repository, review)),
    workspace: fromRepository(seen, repository => workspaceFact(input, repository)),
    process: processFact(input),
    review,
    activity: input.activity,
    lastSignAt: input.lastSignAt,
    risk: riskFact(snapshot, object),
  }
}

function repositoryFact(
  input: FactsInput,
  seen: Observation<RepositoryFacts> | undefined,
): RepositoryFact {
  const { project } = input
  if (project === undefined || seen === undefined) return { state: 'undeclared' }
  if (seen.state === 'unknown') return seen
  if (seen.state === 'absent')
    return { state: 'absent', path: project.repository, repo: project.spec.repo }
  const { originHead, headBranch } = seen.value
  const defaultBranch = project.spec.defaultBranch ?? originHead ?? headBranch
  return {
    state: 'found',
    hasOrigin: seen.value.hasOrigin,
    base: baseOf(project.spec, seen.value),
    ...(defaultBranch === undefined ? {} : { defaultBranch }),
    fetchedAt: seen.value.fetchedAt,
  }
}

function fromRepository<T>(
  seen: Observation<RepositoryFacts> | undefined,
  look: (repository: RepositoryFacts) => T,
): T | { readonly state: 'absent' } | { readonly state: 'unknown'; readonly reason: string } {
  if (seen === undefined || seen.state === 'absent') return { state: 'absent' }
  return seen.state === 'unknown' ? seen : look(seen.value)
}

function branchFact(input: FactsInput, { refs }: RepositoryFacts, review: ReviewFact): BranchFact {
  const { name, uid, spec } = input.object
  const { branch } = spec
  if (branch === undefined) return { state: 'none' }
  const sha = refs.get(`refs/heads/${branch}`)
  const baseSha = refs.get(ownerRef(name, uid))
  const originSha = refs.get(`refs/remotes/origin/${branch}`)
  if (sha !== undefined && baseSha !== undefined) {
    return { state: 'ours', sha, baseSha, ...(originSha === undefined ? {} : { originSha }) }
  }
  if (sha === undefined && baseSha !== undefined) return { state: 'missing', baseSha }
  const reopened = sha === undefined ? reopenedHead(input, branch, review) : undefined
  if (reopened !== undefined) return { state: 'left', where: 'reopened', ...reopened }
  const there = sha ?? originSha
  if (there === undefined) return { state: 'absent' }
  const where = sha === undefined ? 'remote' : 'local'
  const left = leftBehind(input, branch, refs, there)
  if (left === undefined) return { state: 'taken', sha: there, where }
  // What this very session pushed is its pull request's: never taken away to begin anew.
  const isOwn = left.ref === keptRef(name, uid)
  return {
    state: 'left',
    where: isOwn && where === 'remote' ? 'reopened' : where,
    sha: there,
    ...left,
  }
}

/** Where the forge has the branch that this very session let go of when its pull request was closed, now that it is open again. */
function reopenedHead(
  { object: { name, uid }, record }: FactsInput,
  branch: string,
  review: ReviewFact,
): { readonly sha: string; readonly baseSha: string; readonly ref: string } | undefined {
  const hasLetGo = record.outcome?.state === 'Closed' || record.reopened !== undefined
  if (!hasLetGo || record.branch !== branch || review.state !== 'found') return undefined
  const { headBranch, headSha } = review.pullRequest
  if (headBranch !== branch || !isLive(review.pullRequest)) return undefined
  return { sha: headSha, baseSha: record.baseSha ?? headSha, ref: keptRef(name, uid) }
}

/** Proof that a branch is what an earlier session of this home left: its record, and our ref at the very same commit. */
function leftBehind(
  { object, namesakes }: FactsInput,
  branch: string,
  refs: RepositoryFacts['refs'],
  sha: string,
): { readonly ref: string; readonly baseSha: string } | undefined {
  const former = namesakes().find(
    record =>
      record.project === object.spec.project &&
      record.branch === branch &&
      refs.get(keptRef(record.name, record.uid)) === sha,
  )
  if (former === undefined) return undefined
  return { ref: keptRef(former.name, former.uid), baseSha: former.baseSha ?? sha }
}

function workspaceFact(input: FactsInput, repository: RepositoryFacts): WorkspaceFact {
  const path = input.workspacePath
  const worktree = worktreesByPath(repository.worktrees).get(path)?.[0]
  if (worktree === undefined) return movedFact(input, repository) ?? { state: 'absent' }
  if (worktree.owner !== undefined && worktree.owner.uid !== input.object.uid) {
    return {
      state: 'foreign',
      path,
      owner: `${worktree.owner.session} (uid ${worktree.owner.uid.slice(0, 8)})`,
    }
  }
  // Without an owner file, half made by us: the path is below our own folder.
  if (worktree.initializing || worktree.owner === undefined) return { state: 'partial', path }
  if (!worktree.present) return { state: 'gone', path }
  const { branch, indexLock } = worktree
  return {
    state: worktree.owner.stage,
    path,
    branch,
    ...(indexLock === undefined ? {} : { indexLock }),
  }
}

/** A person moved it: it carries our uid at another path. */
function movedFact(input: FactsInput, repository: RepositoryFacts): WorkspaceFact | undefined {
  const moved = worktreesByOwner(repository.worktrees)
    .get(input.object.uid)
    ?.find(({ present, owner }) => present && owner?.purpose === 'session')
  return moved === undefined
    ? undefined
    : {
        state: 'moved',
        path: moved.path,
        expectedPath: input.workspacePath,
        branch: moved.branch,
      }
}

function processFact(input: FactsInput): ProcessFact {
  const { object, record, snapshot } = input
  const ours = [...snapshot.runtimes].flatMap(([runtime, listing]) =>
    listing.state === 'found'
      ? (sessionsByUid(listing.value.sessions).get(object.uid) ?? []).map(session =>
          foundProcess(runtime, session),
        )
      : [],
  )
  // Behind the remains of one attempt another may live, also in another runtime.
  const process = ours.find(candidate => candidate.state === 'alive') ?? ours[0]
  if (process !== undefined) return process
  const relevant = [object.spec.runtime.plugin, record.launches.at(-1)?.runtime]
  for (const runtime of relevant) {
    const listing = runtime === undefined ? undefined : snapshot.runtimes.get(runtime)
    if (listing?.state === 'unknown') return { state: 'unknown', reason: listing.reason }
  }
  const declared = snapshot.runtimes.get(object.spec.runtime.plugin)
  if (declared?.state !== 'found')
    return { state: 'unknown', reason: 'the runtime was not looked at' }
  const namesake = sessionsByName(declared.value.sessions).get(object.name)?.[0]
  if (namesake !== undefined) return { state: 'foreign', handle: namesake.handle }
  return { state: 'absent', serverGone: declared.value.serverGone }
}

function foundProcess(runtime: string, session: RuntimeSession): ProcessFact {
  const attempt = session.attempt ?? 0
  const base = { runtime, handle: session.handle, attempt }
  return session.state === 'alive'
    ? { ...base, state: 'alive', pid: session.pid, personTyping: session.personTyping }
    : {
        ...base,
        state: 'exited',
        exitCode: session.exitCode,
        signal: session.signal,
        ...(session.exitedAt === undefined ? {} : { exitedAt: session.exitedAt }),
      }
}

function reviewFact(input: FactsInput): ReviewFact {
  const { object, record, project, snapshot, others } = input
  if (object.spec.branch === undefined || project === undefined) return { state: 'none' }
  const seen = snapshot.pullRequests.get(project.name)
  if (seen === undefined || seen.state === 'absent') return { state: 'none' }
  if (seen.state === 'unknown') {
    const { state, reason, knownAt } = seen
    return { state, reason, ...(knownAt === undefined ? {} : { knownAt }) }
  }
  const { adopted, told } = record
  const about = { object, branches: branchesOf(input), adopted, ...(told && { told }) }
  const review = attribute(
    others === undefined ? about : { ...about, isTaken: others.hasClaimed },
    seen.value.items,
  )
  if (review.state !== 'found') return review
  const { asOf, listedAt = asOf, readAt = {} } = seen.value
  const dated = (fact: PullRequestFact): PullRequestFact => ({
    ...fact,
    asOf: readAt[fact.number] ?? listedAt,
  })
  return { ...review, pullRequest: dated(review.pullRequest), others: review.others.map(dated) }
}

/** The branch it was given and the one its workspace is on now; never the one everybody shares, nor one that another was given. */
function branchesOf(input: FactsInput): readonly string[] {
  const { object, project, snapshot, workspacePath, others } = input
  const repository = project === undefined ? undefined : snapshot.repositories.get(project.name)
  if (project === undefined || repository?.state !== 'found') return []
  const worktree = worktreesByPath(repository.value.worktrees).get(workspacePath)?.[0]
  const shared = defaultBranchOf(project.spec, repository.value)
  const now = worktree?.branch
  const isOthers = now !== undefined && others?.wasGiven(now) === true
  const branches = [object.spec.branch, isOthers ? undefined : now]
  return branches.flatMap(name => (name === undefined || name === shared ? [] : [name]))
}

function riskFact(snapshot: Snapshot, object: DesiredSession): RiskFact | undefined {
  const risk = snapshot.risks.get(keyOf(object.kind, object.name))
  if (risk === undefined) return undefined
  if (risk.state === 'absent') return { state: 'none' }
  return risk.state === 'unknown' ? risk : { state: 'found', ...risk.value }
}
