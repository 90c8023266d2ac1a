import type { PlannedAction } from '../plan/action.ts'
import { advance } from '../lifecycle/advance.ts'
import type { SessionView } from '../lifecycle/facts.ts'
import type {
  DueCall,
  DueMerge,
  DueReaction,
  HeldReaction,
  ReactionInput,
} from '../lifecycle/reaction.ts'
import { restartPrevented } from '../lifecycle/reaction-agent.ts'
import { mergeRefused } from '../lifecycle/reaction-merge.ts'
import { findCondition } from '../resource/conditions.ts'
import { groupBy } from '../resource/group-by.ts'
import { keyOf } from '../resource/key.ts'
import type { ReactionName } from '../resource/spec.ts'
import type { SessionStatus } from '../resource/status.ts'
import { namedList } from '../resource/text.ts'
import { obstacleText } from '../status/summary.ts'
import type { NewEvent } from '../store/types.ts'
import type { Deps } from './deps.ts'
import { driftSince, firstSeen } from './announce.ts'
import type { Jobs } from './jobs.ts'
import { mergeJob } from './merge-journal.ts'
import { beginMerge } from './merge.ts'
import type { Round } from './react.ts'
import { react } from './react.ts'
import { recordSighting } from './record-sighting.ts'
import type { AgentNews } from './reports.ts'
import { settleSession, sinceAfterLook } from './settle.ts'
import { sessionStatus, stateOf } from './state.ts'
import type { World } from './world.ts'
import { NO_COMPANY } from './world.ts'

export interface AdviseInput {
  readonly deps: Deps
  readonly jobs: Jobs
  readonly world: World
  readonly view: SessionView
  readonly action: PlannedAction
  readonly news: AgentNews | undefined
  readonly reacting: boolean
  /** Taken before the look. */
  readonly tick: number
}

export interface Advice {
  readonly status: SessionStatus
  readonly nextAt: number | undefined
  /** A reaction was carried out or begun. */
  readonly changed: boolean
}

/** Moves one session's chart, answers what the transition asks for, and gives the session's new status. */
export async function adviseReactions(input: AdviseInput): Promise<Advice> {
  const { deps, view, action } = input
  const { store, registry } = deps
  const { object, record, facts } = view
  const key = keyOf(object.kind, object.name)
  const now = deps.now()
  const previous = sessionStatus(stateOf(store), key)
  const since = {
    ...sinceAfterLook(view, previous, input.news, now),
    ...driftSince(view, action, previous, now),
  }
  const company = input.world.companies.get(object.spec.project) ?? NO_COMPANY
  const judged: ReactionInput = { object, record, facts, company, since, now: now.getTime() }
  const moved = advance({
    ...judged,
    previous: previous?.lifecycle,
    waiting: action.action === 'wait',
    reacting: input.reacting,
  })
  if (moved.unexpected !== undefined) {
    await store.events.append({
      type: 'Warning',
      reason: 'UnexpectedTransition',
      object: key,
      attempt: record.attempt,
      message: `The chart has no such transition; observation wins: ${moved.unexpected}`,
    })
  }
  await tellReview(input, previous, moved.value)
  let changed = false
  const seen = await recordSighting(
    store,
    {
      judged: input.reacting ? judged : undefined,
      isAnswered: moved.reactions.some(({ action: each }) => !ASKED_EACH_LOOK.has(each)),
    },
    previous,
    now,
  )
  const held = input.reacting ? heldSince(moved.held, previous, now) : keptHeld(previous)
  for (const event of heldEvents(input, moved.held, held, previous))
    await store.events.append(event)
  // What belongs together is remembered together.
  for (const round of groupBy(moved.reactions, ({ cause }) => cause).values()) {
    changed = (await carryOut(input, judged, round)) || changed
  }
  const status = settleSession({
    view,
    action,
    advance: moved,
    previous,
    failure: input.jobs.failure(key),
    mergeFailure: mergeFailure(input, moved.reactions, previous),
    agentReports: registry.find('agent', object.spec.agent.plugin)?.reports === true,
    news: input.news,
    since: { ...since, ...held, ...seen },
    now,
  })
  for (const event of firstSeen(view, action, previous, status)) await store.events.append(event)
  return { status, nextAt: moved.nextAt, changed }
}

/** What stays due until the world has changed; everything else is answered once. */
const ASKED_EACH_LOOK: ReadonlySet<DueReaction['action']> = new Set(['merge', 'restart'])

/** The reaction that a state of the review is about. */
const REVIEW_CAUSES: Readonly<Record<string, ReactionName>> = {
  'ci-failing': 'ci-failed',
  'changes-requested': 'changes-requested',
  conflicting: 'merge-conflicts',
  mergeable: 'approved-and-green',
  closed: 'pr-closed',
}

/** Since when each reaction has been left alone for its reason; kept with the status, so that it is told once. */
function heldSince(
  held: readonly HeldReaction[],
  previous: SessionStatus | undefined,
  now: Date,
): SessionStatus['since'] {
  return Object.fromEntries(
    held.map(each => [heldKey(each), previous?.since[heldKey(each)] ?? now.toISOString()]),
  )
}

/** A pass without reactions knows nothing of them, and forgets nothing. */
function keptHeld(previous: SessionStatus | undefined): SessionStatus['since'] {
  const known = Object.entries(previous?.since ?? {}).filter(([key]) => key.startsWith('held:'))
  return Object.fromEntries(known)
}

function heldEvents(
  { view: { object, record } }: AdviseInput,
  held: readonly HeldReaction[],
  since: SessionStatus['since'],
  previous: SessionStatus | undefined,
): readonly NewEvent[] {
  return held
    .filter(each => since[heldKey(each)] !== undefined)
    .filter(each => previous?.since[heldKey(each)] === undefined)
    .map(({ reaction, cause, why }) => ({
      type: 'Normal',
      reason: 'ReactionHeld',
      object: keyOf(object.kind, object.name),
      attempt: record.attempt,
      cause,
      message: `${reaction}: ${why}`,
    }))
}

function heldKey({ cause, why }: HeldReaction): string {
  return `held:${cause}:${why}`
}

function orchestratorOf({ views }: World, { object }: SessionView): SessionView | undefined {
  return [...views.values()].find(
    view => view.object.kind === 'Orchestrator' && view.object.spec.project === object.spec.project,
  )
}

/** How a pull request moved is worth an event: everything else that happens to it follows from that. */
async function tellReview(
  { deps, view }: AdviseInput,
  previous: SessionStatus | undefined,
  value: SessionStatus['lifecycle'],
): Promise<void> {
  const { object, record, facts } = view
  if (facts.review.state !== 'found' || !('review' in value)) return
  const before =
    previous !== undefined && 'review' in previous.lifecycle ? previous.lifecycle.review : 'none'
  if (before === value.review) return
  const { number, headSha, failed } = facts.review.pullRequest
  const checks =
    value.review === 'ci-failing' ? `: ${namedList(failed.map(check => check.name))}` : ''
  await deps.store.events.append({
    type: value.review === 'ci-failing' ? 'Warning' : 'Normal',
    reason: 'PullRequestChanged',
    object: keyOf(object.kind, object.name),
    attempt: record.attempt,
    cause: `${REVIEW_CAUSES[value.review] ?? 'pull-request'}#${number}`,
    message: `Pull request #${number} at ${headSha.slice(0, 7)}: ${before} -> ${value.review}${checks}`,
  })
}

/** Why merging failed, as long as it is the same head that is to be merged; a pass without reactions knows only what was found before. */
function mergeFailure(
  { jobs, view, reacting }: AdviseInput,
  reactions: readonly DueReaction[],
  previous: SessionStatus | undefined,
): string | undefined {
  const { object, facts } = view
  if (facts.review.state !== 'found' || facts.review.pullRequest.state !== 'open') return undefined
  if (reacting && !reactions.some(({ action }) => action === 'merge')) return undefined
  const failure = jobs.failure(mergeJob(keyOf(object.kind, object.name), facts.review.pullRequest))
  if (failure !== undefined) {
    return `${failure.retryable ? 'merging failed, and is tried again' : 'merge refused'}: ${failure.message}`
  }
  const before = findCondition(previous?.conditions ?? [], 'Merged')
  const isSameHead = previous?.pullRequest?.headSha === facts.review.pullRequest.headSha
  return before?.reason === 'MergeFailed' && isSameHead ? before.message : undefined
}

async function carryOut(input: AdviseInput, judged: ReactionInput, round: Round): Promise<boolean> {
  const { deps, view, world } = input
  const [due] = round
  const project = world.projects.get(view.object.spec.project)
  if (project === undefined) return false
  const orchestrator = orchestratorOf(world, view)
  const { store, failpoints } = deps
  const about = { store, view, orchestrator, project: project.spec, now: deps.now(), failpoints }
  if (due.action === 'restart') {
    // Starting it again is the plan's; that it can't be is a person's.
    const prevented = preventedRestart(input, judged, due)
    if (prevented !== undefined) await react(about, [prevented])
    return prevented !== undefined
  }
  if (due.action === 'merge') {
    const refused = refusedMerge(input, judged, due)
    if (refused !== undefined) await react(about, [refused])
    return beginMerge({ ...input, judged }, due) || refused !== undefined
  }
  await react(about, round)
  return true
}

/** That the forge refused is told by what is seen after it: what changed meanwhile, such as the head, is no news to anybody. */
function refusedMerge(
  { jobs, view: { object }, tick }: AdviseInput,
  judged: ReactionInput,
  due: DueMerge,
): DueCall | undefined {
  const name = mergeJob(keyOf(object.kind, object.name), due.merge)
  const failure = jobs.failure(name)
  if (failure === undefined || !jobs.isSeen(name, tick)) return undefined
  return mergeRefused(judged, due, failure)
}

function preventedRestart(
  { jobs, view: { object }, action }: AdviseInput,
  judged: ReactionInput,
  due: DueCall,
): DueCall | undefined {
  const failure = jobs.failure(keyOf(object.kind, object.name))
  if (failure?.retryable === false) return restartPrevented(judged, due, failure)
  if (failure !== undefined || action.action !== 'blocked') return undefined
  return restartPrevented(judged, due, { code: action.code, message: obstacleText(action) })
}
