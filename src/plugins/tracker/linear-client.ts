import type { LinearError, RatelimitedLinearError } from '@linear/sdk'

import { HouseError } from '../../errors.ts'
import { plainLine } from '../../resource/text.ts'
import type { Service } from '../http-failure.ts'
import { httpFailure, unanswered } from '../http-failure.ts'

const MAX_SAID = 200
/** Asked again, it would be refused again. */
const OUR_FAULT = ['InvalidInput', 'UserError', 'GraphqlError', 'UsageLimitExceeded']

export interface LinearCall {
  readonly apiUrl: string
  readonly token: string
  readonly signal: AbortSignal
  readonly timeoutMs: number
  readonly now: Date
}

/** One request of the GraphQL API. Throws as `httpFailure` says; Linear tells most refusals in the body, whatever the status. */
export async function askLinear<T>(
  service: Service,
  call: LinearCall,
  query: string,
  variables: Readonly<Record<string, unknown>>,
): Promise<T> {
  const { apiUrl, token, signal, timeoutMs, now } = call
  const limit = AbortSignal.timeout(timeoutMs)
  const library = await import('@linear/sdk')
  const client = new library.LinearGraphQLClient(apiUrl, {
    // Keys are given as they are; tokens of OAuth are marked as such.
    headers: { authorization: token.startsWith('lin_oauth') ? `Bearer ${token}` : token },
    redirect: 'error',
    signal: AbortSignal.any([signal, limit]),
  })
  try {
    const { data } = await client.rawRequest<T, Readonly<Record<string, unknown>>>(query, variables)
    if (data !== undefined) return data
  } catch (error) {
    if (!(error instanceof library.LinearError)) {
      throw unanswered(service, error, { signal, limit, timeoutMs })
    }
    throw error instanceof library.RatelimitedLinearError
      ? limited(service, error, now)
      : refusal(service, error, now)
  }
  throw new HouseError('Unreachable', `${service.what} answered without data`, { retryable: true })
}

function limited(service: Service, error: RatelimitedLinearError, now: Date): HouseError {
  const resetAt = error.requestsResetAt ?? error.complexityResetAt
  const untilReset = resetAt === undefined ? undefined : Math.max(0, resetAt - now.getTime()) / 1000
  const pause = error.retryAfter ?? untilReset
  const header = (name: string): string | undefined =>
    name === 'retry-after' && pause !== undefined ? String(pause) : undefined
  return httpFailure(service, { status: 429, said: wordsOf(error), header }, now)
}

function refusal(service: Service, error: LinearError, now: Date): HouseError {
  const said = wordsOf(error)
  const answer = (status: number): HouseError =>
    httpFailure(service, { status, said, header: () => undefined }, now)
  const type: string = error.type ?? ''
  if (type === 'AuthenticationError') return answer(401)
  if (type === 'Forbidden' || type === 'FeatureNotAccessible') return answer(403)
  if (OUR_FAULT.includes(type)) {
    const message = `${service.what} refused: ${plainLine(said, MAX_SAID)}`
    return new HouseError('Refused', message, { next: service.next })
  }
  return answer(error.status === undefined || error.status < 400 ? 500 : error.status)
}

function wordsOf({ errors }: LinearError): string {
  return errors?.[0]?.message ?? ''
}
