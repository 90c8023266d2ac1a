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
import { keyOf } from '../resource/key.ts'
import type { Observation } from '../resource/observation.ts'
import type { SessionRecord } from '../resource/record.ts'
import type { DesiredSession } from '../resource/spec.ts'
import type { Activity } from '../resource/status.ts'
import type { RuntimeSession } from '../plugins/runtime.ts'
import type { CheckResult, PullRequest } from '../plugins/scm.ts'
import type { RepositoryFacts } from '../plugins/workspace.ts'
import { ownerRef } from '../plugins/workspace.ts'
import type { ProjectContext, Snapshot } from './snapshot.ts'
import { indexBy } from './index-by.ts'
import { baseOf } from './snapshot.ts'

export interface FactsInput {
  readonly object: DesiredSession
  readonly record: SessionRecord
  readonly project: ProjectContext | undefined
  readonly snapshot: Snapshot
  /** Absolute path its workspace has or would have. */
  readonly workspacePath: string
  readonly activity: Activity
  readonly lastSignAt: number | undefined
}

const worktreesByPath = indexBy<RepositoryFacts['worktrees'][number]>(({ path }) => path)
const worktreesByOwner = indexBy<RepositoryFacts['worktrees'][number]>(({ owner }) => owner?.uid)
const sessionsByUid = indexBy<RuntimeSession>(({ uid }) => uid)
const sessionsByName = indexBy<RuntimeSession>(({ session }) => session)
const pullRequestsByBranch = indexBy<PullRequest>(({ head }) => head.branch)

/** What a snapshot says of one session. */
export function sessionFacts(input: FactsInput): SessionFacts {
  const { object, project, snapshot } = input
  const seen = project === undefined ? undefined : snapshot.repositories.get(project.name)
  return {
    repository: repositoryFact(input, seen),
    branch: fromRepository(seen, repository => branchFact(object, repository)),
    workspace: fromRepository(seen, repository => workspaceFact(input, repository)),
    process: processFact(input),
    review: reviewFact(input),
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
  return {
    state: 'found',
    hasOrigin: seen.value.hasOrigin,
    base: baseOf(project.spec, seen.value),
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

function branchFact(object: DesiredSession, repository: RepositoryFacts): BranchFact {
  const { branch } = object.spec
  if (branch === undefined) return { state: 'none' }
  const sha = repository.refs.get(`refs/heads/${branch}`)
  const baseSha = repository.refs.get(ownerRef(object.name, object.uid))
  if (sha !== undefined && baseSha !== undefined) return { state: 'ours', sha, baseSha }
  if (sha !== undefined) return { state: 'taken', sha, where: 'local' }
  if (baseSha !== undefined) return { state: 'missing', baseSha }
  const remote = repository.refs.get(`refs/remotes/origin/${branch}`)
  return remote === undefined
    ? { state: 'absent' }
    : { state: 'taken', sha: remote, where: 'remote' }
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
  const { object, project, snapshot } = input
  if (object.spec.branch === undefined || project === undefined) return { state: 'none' }
  const seen = snapshot.pullRequests.get(project.name)
  if (seen === undefined || seen.state === 'absent') return { state: 'none' }
  if (seen.state === 'unknown') return seen
  const ofBranch = pullRequestsByBranch(seen.value).get(object.spec.branch) ?? []
  const mine = ofBranch.filter(candidate => isMine(object, candidate))
  const open = mine.filter(candidate => candidate.state === 'open')
  if (open.length > 1)
    return { state: 'ambiguous', numbers: open.map(candidate => candidate.number) }
  const newest = open[0] ?? [...mine].sort((a, b) => b.number - a.number)[0]
  return newest === undefined
    ? { state: 'none' }
    : { state: 'found', pullRequest: pullRequestFact(newest) }
}

/** Of its branch, opened by it or by a person; not one of a namesake that was here before. */
function isMine(object: DesiredSession, pullRequest: PullRequest): boolean {
  if (pullRequest.session !== undefined && pullRequest.session !== object.name) return false
  return pullRequest.createdAt >= object.creationTimestamp
}

function pullRequestFact(pullRequest: PullRequest): PullRequestFact {
  const checks = pullRequest.checks.filter(
    check => check.sha === pullRequest.head.sha && check.state !== 'cancelled',
  )
  const requests = pullRequest.reviews.filter(review => review.verdict === 'request-changes')
  return {
    number: pullRequest.number,
    url: pullRequest.url,
    state: pullRequest.state === 'open' && pullRequest.draft ? 'draft' : pullRequest.state,
    headSha: pullRequest.head.sha,
    baseSha: pullRequest.base.sha,
    checks: checksFact(checks),
    failed: checks
      .filter(check => check.state === 'failure')
      .map(check => ({ name: check.name, logTail: check.logTail ?? '', url: check.url })),
    requiredChecks: pullRequest.checks.filter(check => check.required).length,
    review: pullRequest.reviewDecision,
    requests: requests.map(({ id, author, body }) => ({ id, author, body })),
    approved:
      pullRequest.reviewDecision !== 'changes-requested' &&
      pullRequest.approvals.have >= pullRequest.approvals.need,
    mergeable: pullRequest.mergeable,
    mergeSha: pullRequest.mergeSha,
    touchesManifests: pullRequest.touched,
  }
}

/** Cancelled checks are no verdict; a failed check that is not required does not stop anything. */
function checksFact(checks: readonly CheckResult[]): PullRequestFact['checks'] {
  if (checks.length === 0) return 'none'
  // The verdict waits for all of them, so that an agent is told once of everything that fails.
  if (checks.some(check => check.state === 'pending' || check.state === 'running')) return 'pending'
  return checks.some(check => check.state === 'failure' && check.required) ? 'failing' : 'passing'
}

function riskFact(snapshot: Snapshot, object: DesiredSession): RiskFact | undefined {
  const risk = snapshot.risks.get(keyOf(object.kind, object.name))
  if (risk === undefined) return undefined
  if (risk.state === 'absent') return { state: 'none' }
  return risk.state === 'unknown' ? risk : { state: 'found', ...risk.value }
}
