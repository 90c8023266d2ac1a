import { formatDuration } from '../../resource/duration.ts'

/** How long ago, such as `12m`; `-` without a readable time. A clock that runs ahead gives `0s`. */
export function ageOf(time: string | undefined, now: Date): string {
  const ms = msSince(time, now)
  return ms === undefined ? '-' : formatDuration(ms)
}

/** Milliseconds since an RFC 3339 time; undefined without a readable one. */
export function msSince(time: string | undefined, now: Date): number | undefined {
  const then = time === undefined ? Number.NaN : Date.parse(time)
  return Number.isNaN(then) ? undefined : Math.max(0, now.getTime() - then)
}
