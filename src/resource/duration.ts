const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** Milliseconds of a duration such as `90s` or `1h30m`; undefined when it is not one. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(ms|s|m|h|d))+$/.test(text)) return undefined
  let total = 0
  for (const [, count, unit = ''] of text.matchAll(/(\d+)(ms|s|m|h|d)/g)) {
    total += Number(count) * (UNIT_MS[unit] ?? 0)
  }
  return total
}

/** Like `parseDuration`, for text that a schema has already checked. */
export function durationMs(text: string): number {
  const parsed = parseDuration(text)
  if (parsed === undefined) throw new TypeError(`"${text}" is not a duration`)
  return parsed
}

/** A moment as people and programs read it: `2026-11-21T06:48:31Z`. It does not change while it is waited for, as the time that is left would. */
export function formatMoment(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** The first of some moments; undefined where there is none. */
export function earliest(moments: readonly (number | undefined)[]): number | undefined {
  const known = moments.filter(at => at !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}

/** A length of time as people write ages: `41s`, `12m`, `3h5m`, `2d`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes}m`
  const hours = Math.floor(minutes / 60)
  if (hours < 10) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`
  if (hours < 48) return `${hours}h`
  return `${Math.floor(hours / 24)}d`
}
