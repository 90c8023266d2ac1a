import { formatDuration } from '../../resource/duration.ts'
import type { Palette } from './look.ts'
import type { ProgressEvent, ProgressRow } from './progress-event.ts'
import { clean } from './text.ts'

/** The end of an apply in words: what came of each verb, and the command to type next. */
export function finishedLines(
  event: Extract<ProgressEvent, { type: 'finished' }>,
  paint: Palette,
): readonly string[] {
  const took = formatDuration(event.elapsedMs)
  return [
    paint.strong(event.summary === '' ? `nothing to do (${took})` : `${event.summary} (${took})`),
    ...(event.next === undefined ? [] : [`next:  ${clean(event.next)}`]),
  ]
}

export function outcomePaint(
  state: ProgressRow['state'],
  paint: Palette,
): (text: string) => string {
  switch (state) {
    case 'done':
      return paint.good
    case 'failed':
    case 'stalled':
      return paint.bad
    case 'blocked':
    case 'waiting':
      return paint.warn
    case 'running':
      return paint.change
    case 'pending':
    case 'skipped':
      return paint.faint
  }
}
