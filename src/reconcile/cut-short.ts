import type { SessionView } from '../lifecycle/facts.ts'
import type { Journal } from '../store/journal.ts'

/** Settles the session's starts that were begun and that nobody ended: whoever did it is gone. Gives back the attempt that never came to be. */
export async function settleUnfinishedStarts(
  journal: Journal,
  { object, record, facts: { process } }: SessionView,
): Promise<number | undefined> {
  let cutShort: number | undefined
  if (process.state === 'unknown') return cutShort
  const there = 'attempt' in process ? process.attempt : undefined
  for (const { id, uid, step, attempt } of journal.open()) {
    if (uid !== object.uid || step !== 'session.start') continue
    if (there === attempt) await journal.end(id)
    else await journal.failed(id, 'cut short; nothing of it is there')
    if (there === undefined && attempt === record.attempt) cutShort = attempt
  }
  return cutShort
}
