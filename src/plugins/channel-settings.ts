import { HouseError } from '../errors.ts'
import { parseDuration } from '../resource/duration.ts'

/** How long a channel may take to answer, unless its settings say otherwise. */
export const SEND_TIMEOUT = '10s'

/** The setting `timeout` of channels, as their schemas have it. */
export const TIMEOUT_SETTING = {
  description: 'How long the receiver may take to answer.',
  type: 'string',
  pattern: '^([0-9]+(ms|s|m|h|d))+$',
  default: SEND_TIMEOUT,
} as const

/** A URL that is posted to. Throws `Refused`, for only a value that was read late can be wrong by now, and never quotes it. */
export function httpUrl(value: unknown, what: string): URL {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined
  if (url !== undefined && ['http:', 'https:'].includes(url.protocol)) return url
  throw badSetting(`the url of ${what} is not one of http or https`)
}

/** A text that must be there; a secret that could not be read is none. */
export function requiredText(value: unknown, what: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw badSetting(`${what} is empty`)
}

export function optionalText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

export function timeoutOf(value: unknown): number {
  return parseDuration(typeof value === 'string' ? value : SEND_TIMEOUT) ?? 10_000
}

export function badSetting(message: string): HouseError {
  return new HouseError('Refused', message, { next: 'ao explain notifier.spec.config' })
}
