import { HouseError } from '../errors.ts'
import { parseDuration } from '../resource/duration.ts'

/** Milliseconds of what a person wrote behind an option; a bare `0` is none. Throws `Usage`. */
export function requireDuration(text: string, option: string): number {
  const ms = text === '0' ? 0 : parseDuration(text)
  if (ms !== undefined) return ms
  throw new HouseError('Usage', `${option} "${text}" is no duration; write 30s, 5m or 1h30m`)
}
