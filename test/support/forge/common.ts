import type { FaultOptions } from './faults.ts'
import type { Inside } from './inside.ts'
import type { Resource } from './limits.ts'
import type { Answer } from './rest/call.ts'

const LIMITS = 'https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api'
const SECONDARY =
  'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.'

/** What goes wrong before anything is looked at, the same for REST and GraphQL. */
export function trouble(
  inside: Inside,
  request: string,
  token: string,
): { readonly answer: Answer; readonly cut: boolean } | undefined {
  const { faults } = inside
  if (faults.strikes('lost-request', request) !== undefined) {
    return { answer: { status: 0 }, cut: true }
  }
  const gateway = faults.strikes('bad-gateway', request)
  if (gateway !== undefined) return { answer: broken(gateway), cut: false }
  const answer = refusal(inside, request, token)
  return answer === undefined ? undefined : { answer, cut: false }
}

function refusal(inside: Inside, request: string, token: string): Answer | undefined {
  const { faults, state } = inside
  const unknown = token !== '' && !state.tokens.has(token)
  if (unknown || faults.strikes('refused-token', request) !== undefined) {
    return plain(401, 'Bad credentials')
  }
  const secondary = faults.strikes('secondary-limit', request)
  if (secondary !== undefined) return tooMuch(secondary)
  if (faults.strikes('forbidden', request) !== undefined) {
    return plain(403, 'Resource not accessible by personal access token')
  }
  return undefined
}

export function plain(status: number, message: string): Answer {
  const body = {
    message,
    documentation_url: 'https://docs.github.com/rest',
    status: String(status),
  }
  return { status, body }
}

/** A server that is not well, or took too long. */
export function broken({ status = 502 }: FaultOptions): Answer {
  return { status, body: { message: 'Server Error' } }
}

/** The secondary limit; GitHub says how long to wait, or does not. */
export function tooMuch(fault: FaultOptions = { retryAfter: 60 }): Answer {
  return {
    status: fault.status ?? 403,
    body: { message: SECONDARY, documentation_url: `${LIMITS}#about-secondary-rate-limits` },
    ...(fault.retryAfter === undefined
      ? {}
      : { headers: { 'retry-after': String(fault.retryAfter) } }),
  }
}

export function spent(login: string | undefined): Answer {
  const who = login === undefined ? '127.0.0.1' : `user ${login}`
  return {
    status: 403,
    body: {
      message: `API rate limit exceeded for ${who}.`,
      documentation_url: LIMITS,
    },
  }
}

/** D2 as a switch: what is left becomes nothing until the hour is over. */
export function applyPrimaryLimit(inside: Inside, resource: Resource, request: string): void {
  const fault = inside.faults.strikes('primary-limit', request)
  if (fault === undefined) return
  inside.limits.set(resource, { remaining: 0, resetIn: fault.resetIn ?? 3600 })
}
