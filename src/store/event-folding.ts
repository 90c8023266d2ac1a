import type { Event, NewEvent } from './types.ts'

const WINDOW_MS = 600_000
/** A repeated event gets a new line in the history at least this often, so that it never hides far up. */
const LONGEST_FOLD_MS = 3_600_000
const MAX_SIMILAR = 10
const BUCKET = 25
const REFILL_MS = 300_000
const MAX_REMEMBERED = 4096
const COMBINED = '(combined from similar events) '

/** Decides what is written of an event: a new line, a higher count on an old one, or nothing for now. */
export interface EventFolding {
  /** The line to write, or undefined while its object is being drowned out; what was left out is counted in a later line. */
  fold(event: NewEvent, now: Date): Event | undefined
  /** Takes over what an earlier process wrote, in order. */
  remember(event: Event): void
  lastSeq(): number
}

interface Similar {
  readonly messages: Set<string>
  last: number
}

interface Tokens {
  count: number
  at: number
}

/**
 * Three levels, as Kubernetes clients have them: identical events count up; more than ten that differ only in their message
 * within ten minutes become one combined event; and an object that repeats itself beyond 25 lines, with one more every five
 * minutes, is cut short. A reason that is news for the object always gets through.
 */
export function createEventFolding(lastSeq: number): EventFolding {
  const identical = new Map<string, Event>()
  const similar = new Map<string, Similar>()
  const tokens = new Map<string, Tokens>()
  let seq = lastSeq

  const combined = (event: NewEvent, now: number): { key: string; message: string } => {
    const group = similarKey(event)
    const known = similar.get(group)
    const fresh = known === undefined || now - known.last > WINDOW_MS
    const entry = fresh ? { messages: new Set<string>(), last: now } : known
    entry.last = now
    if (entry.messages.size <= MAX_SIMILAR) entry.messages.add(event.message)
    remember(similar, group, entry)
    if (entry.messages.size <= MAX_SIMILAR) {
      return { key: identicalKey(event), message: event.message }
    }
    return { key: group, message: `${COMBINED}${event.message}` }
  }

  const mayRepeat = (event: NewEvent, isNews: boolean, now: number): boolean => {
    const bucket = tokens.get(event.object) ?? { count: BUCKET, at: now }
    const refilled = Math.max(0, now - bucket.at) / REFILL_MS
    bucket.count = Math.min(BUCKET, bucket.count + refilled)
    bucket.at = now
    remember(tokens, event.object, bucket)
    const allowed = bucket.count >= 1
    if (allowed) bucket.count -= 1
    return allowed || isNews
  }

  const fold = (event: NewEvent, date: Date): Event | undefined => {
    const now = date.getTime()
    const isNews = !isRecent(similar.get(similarKey(event))?.last, now)
    const { key, message } = combined(event, now)
    const before = identical.get(key)
    const folds =
      before !== undefined &&
      isRecent(Date.parse(before.time), now) &&
      now - Date.parse(before.firstTime) <= LONGEST_FOLD_MS
    const time = date.toISOString()
    const { type, reason, object, attempt, cause } = event
    const next: Event = {
      seq: folds ? before.seq : 0,
      time,
      type,
      reason,
      object,
      attempt,
      message,
      ...(cause === undefined ? {} : { cause }),
      count: folds ? before.count + 1 : 1,
      firstTime: folds ? before.firstTime : time,
    }
    const allowed = mayRepeat(event, isNews, now)
    const written = allowed && next.seq === 0 ? { ...next, seq: (seq += 1) } : next
    remember(identical, key, written)
    return allowed ? written : undefined
  }

  return {
    fold,
    lastSeq: () => seq,
    remember: event => {
      seq = Math.max(seq, event.seq)
      const isCombined = event.message.startsWith(COMBINED)
      remember(identical, isCombined ? similarKey(event) : identicalKey(event), event)
      const group = similarKey(event)
      const entry = similar.get(group) ?? { messages: new Set<string>(), last: 0 }
      entry.messages.add(event.message)
      entry.last = Math.max(entry.last, Date.parse(event.time))
      remember(similar, group, entry)
    },
  }
}

/** A clock that was set back makes the past look like the future; that is recent too. */
function isRecent(time: number | undefined, now: number): boolean {
  return time !== undefined && now - time <= WINDOW_MS
}

function similarKey({ object, attempt, type, reason, cause = '' }: NewEvent): string {
  return [object, attempt, type, reason, cause].join('\0')
}

function identicalKey(event: NewEvent): string {
  return `${similarKey(event)}\0${event.message}`
}

/** Puts it last and forgets the one that was not used for longest when there are too many. */
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= MAX_REMEMBERED) return
  const oldest = map.keys().next()
  if (oldest.done !== true) map.delete(oldest.value)
}
