import { durationMs } from '../resource/duration.ts'
import type { ReactionName } from '../resource/spec.ts'
import type { PullRequestFact, SessionFacts, ThreadFact } from './facts.ts'
import type { ReactionInput } from './reaction.ts'

/**
 * The same session in a world in which what a reaction is about has just happened. Whatever is really so stays; only what is missing is made up, and
 * names itself `example`.
 */
export function simulate(input: ReactionInput, reaction: ReactionName): ReactionInput {
  switch (reaction) {
    case 'ci-failed':
      return withPullRequest(input, ({ failed }) => ({
        checks: 'failing',
        failed: failed.length > 0 ? failed : [EXAMPLE_CHECK],
      }))
    case 'changes-requested':
      return withPullRequest(input, ({ threads }) => ({
        answered: false,
        threads: [...threads, exampleThread(false)],
      }))
    case 'bugbot-comments':
      return withPullRequest(input, ({ threads, checks }) => ({
        checks: checks === 'pending' ? 'none' : checks,
        threads: [...threads, exampleThread(true)],
      }))
    case 'merge-conflicts':
      return withPullRequest(input, () => ({ mergeable: 'conflicting' }))
    case 'approved-and-green':
      return withPullRequest(input, ({ labels }) => ({
        checks: 'passing',
        failed: [],
        review: 'approved',
        approved: true,
        mergeable: 'clean',
        labels: [...labels, input.object.spec.reactions['approved-and-green'].label],
      }))
    case 'pr-closed':
      return withPullRequest(input, () => ({ state: 'closed' }))
    case 'agent-exited':
      return exited(input)
    case 'agent-idle':
      return silent(input, 'idle', input.object.spec.reactions[reaction].threshold)
    case 'agent-stuck':
      return silent(input, 'working', input.object.spec.reactions[reaction].threshold)
    case 'agent-needs-input':
      return silent(input, 'needs-input', input.object.spec.reactions[reaction].threshold)
    case 'report-stale':
      return silent(input, 'rate-limited', input.object.spec.reactions[reaction].threshold)
    case 'report-no-acknowledge':
      return neverSpoke(input, input.object.spec.reactions[reaction].threshold)
    case 'all-complete':
      return allDone(input)
  }
}

const EXAMPLE_CHECK = { name: 'example', step: undefined, logTail: 'an example', url: undefined }

function exampleThread(isBot: boolean): ThreadFact {
  const comment = { author: isBot ? 'example-bot' : 'example', body: 'an example' }
  return {
    id: 'example',
    path: undefined,
    line: undefined,
    url: undefined,
    isBot,
    lastId: 'example',
    comments: [comment],
  }
}

function withPullRequest(
  input: ReactionInput,
  change: (pullRequest: PullRequestFact) => Partial<PullRequestFact>,
): ReactionInput {
  const { review } = input.facts
  const before =
    review.state === 'found' ? review.pullRequest : examplePullRequest(input.object.spec.branch)
  const pullRequest: PullRequestFact = { ...before, state: 'open', ...change(before) }
  return withFacts(input, { review: { state: 'found', pullRequest, others: [] } })
}

function examplePullRequest(branch = 'example'): PullRequestFact {
  return {
    number: 0,
    url: 'an example',
    title: 'an example',
    labels: [],
    headBranch: branch,
    baseBranch: 'main',
    stackedOn: undefined,
    state: 'open',
    headSha: '0'.repeat(40),
    baseSha: '0'.repeat(40),
    checks: 'passing',
    failed: [],
    requiredChecks: 0,
    review: 'none',
    answered: false,
    requests: [],
    approved: false,
    threads: [],
    unheard: [],
    queued: false,
    mergeable: 'clean',
    mergeSha: undefined,
    touchesManifests: [],
  }
}

function silent(
  input: ReactionInput,
  activity: SessionFacts['activity'],
  threshold: string,
): ReactionInput {
  const lastSignAt = input.now - durationMs(threshold)
  const review = activity === 'idle' ? ({ state: 'none' } as const) : input.facts.review
  return withFacts(input, { activity, lastSignAt, review, process: running(input) })
}

function neverSpoke(input: ReactionInput, threshold: string): ReactionInput {
  const lastSignAt = input.now - durationMs(threshold)
  const { attempt } = input.record
  const launch = {
    attempt,
    at: new Date(lastSignAt).toISOString(),
    promptDigest: '',
    specDigest: '',
    runtime: input.object.spec.runtime.plugin,
  }
  const facts = { activity: 'unknown', lastSignAt, process: running(input) } as const
  return withFacts({ ...input, record: { ...input.record, launches: [launch] } }, facts)
}

function running({ object, record, facts }: ReactionInput): SessionFacts['process'] {
  if (facts.process.state === 'alive') return { ...facts.process, personTyping: false }
  const { plugin: runtime } = object.spec.runtime
  const { attempt } = record
  return { state: 'alive', runtime, handle: '', pid: undefined, attempt, personTyping: false }
}

function exited(input: ReactionInput): ReactionInput {
  const { record, object, now } = input
  const attempt = Math.max(1, record.attempt)
  const at = new Date(now).toISOString()
  const runtime = object.spec.runtime.plugin
  const launch = { attempt, at, promptDigest: '', specDigest: '', runtime }
  const launches = record.launches.length > 0 ? record.launches : [launch]
  const lastExit = { attempt, at, exitCode: 1, reason: 'Exited' } as const
  const process = {
    state: 'exited',
    runtime,
    handle: '',
    attempt,
    exitCode: 1,
    signal: undefined,
  } as const
  const known = { ...record, attempt, launches, lastExit }
  return withFacts({ ...input, record: known }, { process })
}

function allDone(input: ReactionInput): ReactionInput {
  const { company } = input
  const workers = company.workers.length > 0 ? company.workers : ['example']
  return { ...input, company: { ...company, workers, done: workers } }
}

/** What was answered before is not, in a world in which it happens anew. */
function withFacts(input: ReactionInput, facts: Partial<SessionFacts>): ReactionInput {
  return {
    ...input,
    facts: { ...input.facts, ...facts },
    record: { ...input.record, handled: {} },
  }
}
