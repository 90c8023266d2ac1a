import { HouseError } from '../../errors.ts'
import { hintFor } from '../../manifest/suggest.ts'
import { CONDITION_TYPES, findCondition } from '../../resource/conditions.ts'
import type { ConditionType } from '../../resource/conditions.ts'
import type { ResourceKey } from '../../resource/key.ts'
import { isAccomplished, endWords } from '../../resource/record.ts'
import type { StoreView } from '../../store/index.ts'
import type { DefineCommand } from '../command.ts'
import { examples } from '../command.ts'
import type { Context } from '../context.ts'
import { requireDuration } from '../duration.ts'
import { refresh, watchState } from '../live.ts'
import { formerRecord, findKey, joinKind, notFound, toKey } from '../targets.ts'

const STATUSES = ['True', 'False', 'Unknown'] as const

/** What a wait ends with: an object is so, or will never be. */
export interface Goal {
  /** As people say it, such as `condition Ready=True`. */
  readonly words: string
  /** The condition that tells how far it is. */
  readonly type: ConditionType
  /** `uid`: who had the name when the wait began. */
  readonly isMet: (store: StoreView, key: ResourceKey, uid: string | undefined) => boolean
  /** Waiting for an object to go may be asked when it has gone already. */
  readonly allowsAbsent: boolean
}

interface Flags {
  readonly for: string
  readonly timeout: string
}

export const define: DefineCommand = (command, act) => {
  command
    .argument('<objects...>', "KIND/NAME, or a session's name.")
    .requiredOption('--for <what>', 'condition=TYPE[=STATUS], delete or done.')
    .option('--timeout <duration>', 'How long to wait.', '30s')
    .usage('KIND/NAME… --for=condition=Ready [options]')
    .addHelpText(
      'after',
      examples(
        'ao wait worker/shop-login --for=condition=Ready --timeout 2m',
        'ao wait shop-login --for=done --timeout 1h',
        'ao wait worker/shop-login --for=delete',
      ),
    )
    .action(async (words: readonly string[], flags: Flags) =>
      act(async context => wait(context, words, flags)),
    )
}

async function wait(context: Context, words: readonly string[], flags: Flags): Promise<undefined> {
  const goal = parseGoal(flags.for)
  const timeoutMs = requireDuration(flags.timeout, '--timeout')
  const store = context.store()
  const keys = joinKind(words).map(word =>
    goal.allowsAbsent ? toKey(word, store) : findKey(word, store),
  )
  if (store === undefined) {
    for (const key of keys) context.stdout(`${key} ${goal.words}\n`)
    return undefined
  }
  await waitFor(context, { store, keys, goal, timeoutMs }, key => {
    context.stdout(`${key} ${goal.words}\n`)
  })
  return undefined
}

export interface Waiting {
  readonly store: StoreView
  readonly keys: readonly ResourceKey[]
  readonly goal: Goal
  readonly timeoutMs: number
}

/** Watches files until every object is as wanted. Throws `Timeout` naming what was waited for, `NotFound` when an object went meanwhile. */
export async function waitFor(
  context: Pick<Context, 'signal'>,
  { store, keys, goal, timeoutMs }: Waiting,
  onMet: (key: ResourceKey) => void,
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  const left = new Set(keys)
  const uids = new Map(keys.map(key => [key, store.desired.get(key)?.uid]))
  const watch = watchState(store.paths)
  try {
    for (;;) {
      refresh(store)
      for (const key of left) {
        if (goal.isMet(store, key, uids.get(key))) {
          left.delete(key)
          onMet(key)
        } else if (!goal.allowsAbsent && store.desired.get(key) === undefined) throw gone(key, goal)
      }
      if (left.size === 0) return
      if (context.signal.aborted) throw interrupted(left, goal)
      const rest = deadline - performance.now()
      if (rest <= 0) throw timedOut(store, left, goal, timeoutMs)
      await watch.changed(AbortSignal.any([context.signal, AbortSignal.timeout(Math.ceil(rest))]))
    }
  } finally {
    watch.close()
  }
}

/** Reads what stands behind `--for`. */
export function parseGoal(text: string): Goal {
  if (text === 'delete') return DELETED
  if (text === 'done') return DONE
  const [, type, status = 'True'] = /^condition=([^=]+)(?:=(.*))?$/.exec(text) ?? []
  if (type === undefined) {
    throw new HouseError(
      'Usage',
      `--for "${text}" is nothing to wait for; write condition=TYPE[=STATUS], delete or done`,
      { next: 'ao wait --help' },
    )
  }
  const known = oneOf<ConditionType>(type, CONDITION_TYPES, 'condition')
  const wanted = oneOf(status, STATUSES, 'status')
  return {
    words: `condition ${known}=${wanted}`,
    type: known,
    allowsAbsent: false,
    isMet: (store, key) => {
      const object = store.desired.get(key)
      const current = store.status.get(key)
      if (object === undefined || current === undefined) return false
      // What was said of an older spec says nothing of this one.
      if (current.observedGeneration !== object.generation) return false
      const condition = findCondition(current.conditions, known)
      // Some conditions exist only while they are True.
      return condition === undefined ? wanted === 'False' : condition.status === wanted
    },
  }
}

/** The object is gone, finalizers and all. */
export const DELETED: Goal = {
  words: 'deleted',
  type: 'Ready',
  allowsAbsent: true,
  isMet: (store, key, uid) => {
    const object = store.desired.get(key)
    return object === undefined || (uid !== undefined && object.uid !== uid)
  },
}

const DONE: Goal = {
  words: 'done',
  type: 'Ready',
  allowsAbsent: true,
  isMet: (store, key) => {
    const object = store.desired.get(key)
    if (object === undefined) return wasDone(store, key)
    const outcome = store.records.get(object.uid)?.outcome
    if (isAccomplished(outcome)) return true
    if (outcome?.state === 'Closed') {
      throw new HouseError('Stalled', `${key} is not done: it is ${endWords(outcome)}`, {
        next: `ao describe ${key}`,
      })
    }
    const ready = findCondition(store.status.get(key)?.conditions ?? [], 'Ready')
    return ready?.status === 'True' && ready.reason === 'Done'
  },
}

/** Done by record, after the object itself is gone; throws when it went otherwise, for it will never be done. */
function wasDone(store: StoreView, key: ResourceKey): boolean {
  const outcome = formerRecord(key, store)?.outcome
  if (isAccomplished(outcome)) return true
  if (outcome === undefined) throw notFound(key, store)
  throw new HouseError('NotFound', `${key} is gone without being done: ${outcome.state}`, {
    next: `ao events --for ${key}`,
  })
}

function oneOf<T extends string>(word: string, known: readonly T[], what: string): T {
  const found = known.find(one => one.toLowerCase() === word.toLowerCase())
  if (found !== undefined) return found
  throw new HouseError('Usage', `unknown ${what} "${word}"; ${hintFor(word, known) ?? ''}`, {
    next: 'ao wait --help',
  })
}

function gone(key: ResourceKey, goal: Goal): HouseError {
  return new HouseError('NotFound', `${key} went while it was waited for ${goal.words}`, {
    next: `ao events --for ${key}`,
  })
}

function interrupted(left: ReadonlySet<ResourceKey>, goal: Goal): HouseError {
  return new HouseError(
    'Interrupted',
    `Interrupted while waiting for ${namesOf(left)}: ${goal.words}`,
  )
}

function timedOut(
  store: StoreView,
  left: ReadonlySet<ResourceKey>,
  goal: Goal,
  timeoutMs: number,
): HouseError {
  const [first] = left
  const conditions = first === undefined ? [] : (store.status.get(first)?.conditions ?? [])
  const state = findCondition(conditions, goal.type) ?? findCondition(conditions, 'Ready')
  const now =
    state === undefined
      ? ''
      : `; ${state.type} is ${state.status} (${state.reason}): ${state.message}`
  const message = `${namesOf(left)}: not ${goal.words} within ${timeoutMs / 1000} s${now}`
  return new HouseError('Timeout', message, { next: `ao describe ${first ?? ''}`.trim() })
}

function namesOf(keys: ReadonlySet<ResourceKey>): string {
  return [...keys].join(', ')
}
