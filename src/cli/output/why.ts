import { unlessReopened } from '../../plan/grace.ts'
import type { Budget, SessionRecord } from '../../resource/record.ts'
import type { ReactionPolicies } from '../../resource/spec.ts'
import { durationMs, formatDuration } from '../../resource/duration.ts'
import { timesOf } from '../../resource/text.ts'
import type { Event, OutboxItem } from '../../store/types.ts'
import { ageOf } from './age.ts'
import type { Look } from './look.ts'
import { paletteOf } from './look.ts'
import type { Cell } from './table.ts'
import { renderTable } from './table.ts'
import { clean } from './text.ts'
import type { SessionView } from './view.ts'

/** One step from a fact to what came of it. */
export interface ChainLink {
  readonly time: string
  readonly kind: 'fact' | 'decision' | 'effect'
  /** The event's word, or how a delivery stands. */
  readonly reason: string
  readonly message: string
  readonly isBad: boolean
}

/** Everything that happened for one cause, oldest first, and what comes next. */
export interface Chain {
  readonly cause: string
  readonly links: readonly ChainLink[]
  readonly budget?: Budget
  readonly next?: string
}

export interface WhySources {
  readonly events: readonly Event[]
  readonly outbox: readonly OutboxItem[]
  readonly record: SessionRecord | undefined
  readonly now: Date
}

const FACTS: ReadonlySet<string> = new Set([
  'PullRequestChanged',
  'PullRequestClosed',
  'PullRequestReopened',
  'AmbiguousPullRequest',
  'AgentExited',
  'KilledBySignal',
  'ServerGone',
  'ProcessGone',
])
const EFFECTS: ReadonlySet<string> = new Set([
  'MessageWritten',
  'MessageNotWritten',
  'MessageHeld',
  'MessageDropped',
  'NotificationSent',
  'NotificationFailed',
  'Merged',
  'MergeQueued',
])

/** The chains of a session, the one with the latest news last. */
export function chainsOf(view: SessionView, sources: WhySources): readonly Chain[] {
  const { events, outbox, record, now } = sources
  const { name, uid } = view.metadata
  // As notifications name causes, see `causeOf`.
  const about = `${view.spec.project}/${name}/${uid.slice(0, 8)}/`
  const byCause = new Map<string, ChainLink[]>()
  const add = (cause: string, link: ChainLink): void => {
    byCause.set(cause, [...(byCause.get(cause) ?? []), link])
  }
  for (const event of events) {
    const cause =
      event.cause?.startsWith(about) === true ? event.cause.slice(about.length) : event.cause
    const isOurs = event.object === `${view.kind}/${view.metadata.name}` || cause !== event.cause
    if (cause !== undefined && isOurs) add(cause, linkOf(event))
  }
  for (const item of outbox) {
    const isAnswer =
      item.type === 'message' && item.to === view.metadata.uid && item.state === 'accepted'
    if (isAnswer && item.cause !== undefined) add(item.cause, accepted(item.updatedAt))
  }
  const chains = [...byCause].map(([cause, links]): Chain => {
    const budget = record?.budgets[cause]
    // Nothing is asked of anybody about a pull request that is closed.
    const isOver =
      record?.outcome !== undefined ||
      (record?.pullRequestClosed !== undefined &&
        cause.endsWith(`#${record.pullRequestClosed.number}`))
    const next =
      afterClosing(cause, record) ??
      (isOver ? undefined : nextStep(cause, budget, view.spec.reactions, now))
    return {
      cause,
      links: links.toSorted(inOrder),
      ...(budget === undefined ? {} : { budget }),
      ...(next === undefined ? {} : { next }),
    }
  })
  return chains.toSorted((a, b) => latest(a) - latest(b))
}

/** The chains for people: a headline of how the session stands, then a table for each cause. */
export function renderWhy(
  view: SessionView,
  chains: readonly Chain[],
  look: Look & { readonly cause?: string | undefined },
): string {
  const paint = paletteOf(look.color)
  const ready = view.status.conditions.find(({ type }) => type === 'Ready')
  const head = `${paint.strong(`${view.kind}/${view.metadata.name}`)}  ${view.status.display}  ${clean(ready?.message ?? '')}`
  const sections = chains.flatMap(chain => ['', ...chainLines(chain, look)])
  const of = look.cause === undefined ? '' : ` of ${look.cause}`
  const none =
    chains.length === 0
      ? ['', `Nothing was decided for it${of} yet: ao events has what happened.`]
      : []
  return `${[head.trimEnd(), ...none, ...sections].join('\n')}\n`
}

function chainLines(chain: Chain, look: Look): readonly string[] {
  const paint = paletteOf(look.color)
  const rows = chain.links.map((link): readonly Cell[] => [
    { text: ageOf(link.time, look.now) },
    { text: link.kind, paint: link.kind === 'decision' ? paint.change : paint.faint },
    { text: link.reason, ...(link.isBad ? { paint: paint.bad } : {}) },
    { text: clean(link.message) },
  ])
  const next: readonly Cell[] = [
    { text: '' },
    { text: 'next', paint: paint.strong },
    { text: '' },
    { text: chain.next ?? '' },
  ]
  const columns = ['WHEN', 'WHAT', 'REASON', 'MESSAGE'].map(header => ({ header }))
  const told = chain.budget === undefined ? '' : `  ${budgetText(chain.budget)}`
  return [
    `${paint.strong(chain.cause)}${told}`,
    ...renderTable(columns, chain.next === undefined ? rows : [...rows, next], {
      width: look.width,
      indent: 2,
      wrapLast: true,
    }),
  ]
}

function linkOf({ time, object, reason, message, type }: Event): ChainLink {
  const kind = FACTS.has(reason) ? 'fact' : EFFECTS.has(reason) ? 'effect' : 'decision'
  // One notification goes through several channels, and each says for itself what became of it.
  const [, channel] = /^Notifier\/(.+)$/.exec(object) ?? []
  return {
    time,
    kind,
    reason,
    message: channel === undefined ? message : `${channel}: ${message}`,
    isBad: type === 'Warning' && kind === 'effect',
  }
}

function accepted(time: string): ChainLink {
  const message = 'the agent says that it has it'
  return { time, kind: 'effect', reason: 'MessageAccepted', message, isBad: false }
}

/** An agent may say that it has a message before the writer has said that it wrote it. */
function inOrder(a: ChainLink, b: ChainLink): number {
  const apart = Date.parse(a.time) - Date.parse(b.time)
  const isAnswer = (link: ChainLink): number => (link.reason === 'MessageAccepted' ? 1 : 0)
  return Math.abs(apart) < 1000 ? isAnswer(a) - isAnswer(b) || apart : apart
}

function budgetText({ used, unheardSince, orchestratorAt, escalatedAt }: Budget): string {
  const times = timesOf(used)
  return [
    `told the agent ${times}`,
    ...(unheardSince === undefined ? [] : ['it may not have got the last']),
    ...(orchestratorAt === undefined ? [] : ['the orchestrator was told']),
    ...(escalatedAt === undefined ? [] : ['a person was called']),
  ].join(', ')
}

/** What becomes of a worker whose pull request is closed. */
function afterClosing(cause: string, record: SessionRecord | undefined): string | undefined {
  const { pullRequestClosed: closed, outcome } = record ?? {}
  if (closed !== undefined && cause === `pr-closed#${closed.number}`) return unlessReopened(closed)
  const isOver = outcome?.state === 'Closed' && cause === `pr-closed#${outcome.pullRequest ?? ''}`
  return isOver ? 'reopened, it goes on from its branch' : undefined
}

/** Who is called next for a cause that stands, and when. */
function nextStep(
  cause: string,
  budget: Budget | undefined,
  reactions: ReactionPolicies,
  now: Date,
): string | undefined {
  if (budget === undefined) return undefined
  if (budget.greenSince !== undefined) return 'its budget is given back when this lasts a minute'
  if (budget.escalatedAt !== undefined) return 'nothing more by itself: a person was called'
  const policy = Object.entries(reactions).find(([name]) => name === cause.split('#')[0])?.[1]
  if (policy === undefined || !('escalateAfter' in policy)) return undefined
  const after = typeof policy.escalateAfter === 'string' ? policy.escalateAfter : undefined
  const from =
    budget.orchestratorAt ?? (after === undefined ? budget.unheardSince : budget.firstSeenAt)
  if (from === undefined) return `the agent is told of news, ${policy.retries} times in all`
  const left = Date.parse(from) + durationMs(after ?? '30m') - now.getTime()
  const when = left > 0 ? `in ${formatDuration(left)}` : 'at the next look'
  return `if it still stands ${when}, somebody else is called`
}

function latest({ links }: Chain): number {
  return Math.max(0, ...links.map(({ time }) => Date.parse(time)))
}
