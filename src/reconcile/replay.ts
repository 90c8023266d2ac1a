import type { SessionFacts } from '../lifecycle/facts.ts'
import type { DueReaction, ReactionInput } from '../lifecycle/reaction.ts'
import { advance } from '../lifecycle/advance.ts'
import { reviewSince } from '../lifecycle/since.ts'
import type { Sighting } from '../lifecycle/sighting.ts'
import { groupBy } from '../resource/group-by.ts'
import { DEFAULT_REACTIONS } from '../resource/reactions.ts'
import type { ResourceKey, SessionKind } from '../resource/key.ts'
import type { SessionRecord } from '../resource/record.ts'
import type { DesiredSession, ReactionPolicies } from '../resource/spec.ts'
import { recordAfterLook } from './record-facts.ts'
import { newRecord } from './state.ts'

/** What was (or would have been) done at a moment. */
export interface Decision {
  /** RFC 3339. */
  readonly time: string
  readonly object: ResourceKey
  readonly cause: string
  readonly signature: string
  readonly action: DueReaction['action']
  readonly why: string
}

export interface Comparison {
  /** Decided both times. */
  readonly same: readonly Decision[]
  readonly onlyBefore: readonly Decision[]
  readonly onlyAfter: readonly Decision[]
}

/** Bounds what time alone makes due between two sightings. */
const MAX_WAKES = 1000

/**
 * Runs what was seen through the machines again, with the reactions of that time or with others, and gives every decision in order. Pure: time is the
 * sightings', and nothing is done.
 */
export function replay(
  sightings: readonly Sighting[],
  reactionsOf?: (sighting: Sighting) => ReactionPolicies | undefined,
): readonly Decision[] {
  const byUid = groupBy(sightings, ({ uid }) => uid)
  // Whoever saw any of them was there till then.
  const seenUntil = Math.max(...sightings.map(({ time }) => Date.parse(time)))
  const decisions = [...byUid.values()].flatMap(own => replayOne(own, seenUntil, reactionsOf))
  return decisions.toSorted((a, b) => Date.parse(a.time) - Date.parse(b.time))
}

/** What two runs have in common, and what only one of them decided. */
export function compareDecisions(
  before: readonly Decision[],
  after: readonly Decision[],
): Comparison {
  const keysBefore = new Set(before.map(keyOfDecision))
  const keysAfter = new Set(after.map(keyOfDecision))
  return {
    same: after.filter(decision => keysBefore.has(keyOfDecision(decision))),
    onlyBefore: before.filter(decision => !keysAfter.has(keyOfDecision(decision))),
    onlyAfter: after.filter(decision => !keysBefore.has(keyOfDecision(decision))),
  }
}

interface Play {
  record: SessionRecord
  lifecycle: unknown
  since: Readonly<Record<string, string>>
  readonly decisions: Decision[]
}

function replayOne(
  sightings: readonly [Sighting, ...Sighting[]],
  seenUntil: number,
  reactionsOf: ((sighting: Sighting) => ReactionPolicies | undefined) | undefined,
): readonly Decision[] {
  const [first] = sightings
  let recorded: ReactionPolicies = DEFAULT_REACTIONS
  const record = newRecord(objectOf(first, recorded))
  const play: Play = { record, lifecycle: undefined, since: {}, decisions: [] }
  for (const [index, sighting] of sightings.entries()) {
    recorded = sighting.reactions ?? recorded
    const object = objectOf(sighting, reactionsOf?.(sighting) ?? recorded)
    const next = sightings[index + 1]
    const end = next === undefined ? seenUntil + 1 : Date.parse(next.time)
    let at: number | undefined = Date.parse(sighting.time)
    for (let wakes = 0; at !== undefined && at < end && wakes < MAX_WAKES; wakes += 1) {
      at = step(play, { object, sighting, at })
    }
  }
  return play.decisions
}

interface Moment {
  readonly object: DesiredSession
  readonly sighting: Sighting
  readonly at: number
}

/** One look at a moment; gives when time alone makes something due. */
function step(play: Play, { object, sighting, at }: Moment): number | undefined {
  const facts = factsOf(sighting)
  const now = new Date(at)
  play.record = recordAfterLook({ object, record: play.record, facts }, now).record
  play.since = reviewSince({ object, facts }, play.since, at)
  const { company } = sighting
  const input: ReactionInput = {
    object,
    record: play.record,
    facts,
    company,
    since: play.since,
    now: at,
  }
  const moved = advance({ ...input, previous: play.lifecycle, waiting: false, reacting: true })
  play.lifecycle = moved.value
  const before = play.decisions.length
  for (const due of moved.reactions) decide(play, due, { object: sighting.object, now })
  // What was just answered may wait for something from now on.
  if (play.decisions.length > before) return at
  const { nextAt } = moved
  return nextAt === undefined || nextAt <= at ? undefined : nextAt
}

function decide(
  play: Play,
  due: DueReaction,
  { object, now }: { readonly object: ResourceKey; readonly now: Date },
): void {
  const { cause, signature, action, why, budget } = due
  const decision = { time: now.toISOString(), object, cause, signature, action, why }
  const isKnown = play.decisions.some(known => keyOfDecision(known) === keyOfDecision(decision))
  if (!isKnown || play.record.handled[cause] !== signature) play.decisions.push(decision)
  play.record = {
    ...play.record,
    handled: { ...play.record.handled, [cause]: signature },
    budgets:
      budget === undefined ? play.record.budgets : { ...play.record.budgets, [cause]: budget },
    ...(action === 'restart' && !isKnown ? { restarts: play.record.restarts + 1 } : {}),
  }
}

function factsOf({ facts }: Sighting): SessionFacts {
  return {
    ...facts,
    repository: { state: 'undeclared' },
    branch: { state: 'none' },
    workspace: { state: 'absent' },
    risk: undefined,
  }
}

/** The session as far as its reactions see it. */
function objectOf(sighting: Sighting, reactions: ReactionPolicies): DesiredSession {
  const [kind = 'Worker', name = ''] = sighting.object.split('/')
  const nowhere = { file: '', line: 1, col: 1 }
  return {
    kind: kind as SessionKind,
    name,
    uid: sighting.uid,
    labels: {},
    annotations: {},
    origin: nowhere,
    fields: {},
    own: [],
    baseDir: '/',
    generation: 1,
    source: '',
    creationTimestamp: sighting.time,
    finalizers: [],
    overrides: {},
    spec: {
      ...sighting.spec,
      agent: { plugin: 'custom' },
      permissions: 'default',
      workspace: { plugin: 'worktree' },
      rules: [],
      env: {},
      dependsOn: [],
      priority: 0,
      deletionPolicy: 'Archive',
      reactions,
    },
  }
}

function keyOfDecision({ object, cause, signature, action }: Decision): string {
  return [object, cause, signature, action].join('\n')
}
