import {
  LinearError,
  LinearErrorType,
  LinearGraphQLClient,
  RatelimitedLinearError,
} from '@linear/sdk'

import { HouseError } from '../../errors.ts'
import { plainLine } from '../../resource/text.ts'
import type { Service } from '../http-failure.ts'
import { httpFailure, unanswered } from '../http-failure.ts'

const MAX_SAID = 200

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
  const client = new LinearGraphQLClient(apiUrl, {
    // Keys are given as they are; tokens of OAuth are marked as such.
    headers: { authorization: token.startsWith('lin_oauth') ? `Bearer ${token}` : token },
    redirect: 'error',
    signal: AbortSignal.any([signal, limit]),
  })
  try {
    const { data } = await client.rawRequest<T, Readonly<Record<string, unknown>>>(query, variables)
    if (data !== undefined) return data
  } catch (error) {
    if (!(error instanceof LinearError)) {
      throw unanswered(service, error, { signal, limit, timeoutMs })
    }
    throw refusal(service, error, now)
  }
  throw new HouseError('Unreachable', `${service.what} answered without data`, { retryable: true })
}

function refusal(service: Service, error: LinearError, now: Date): HouseError {
  const said = error.errors?.[0]?.message ?? ''
  const answer = (status: number, pause?: number): HouseError =>
    httpFailure(
      service,
      {
        status,
        said,
        header: name => (name === 'retry-after' && pause !== undefined ? String(pause) : undefined),
      },
      now,
    )
  if (error instanceof RatelimitedLinearError) {
    const resetAt = error.requestsResetAt ?? error.complexityResetAt
    const untilReset = resetAt === undefined ? undefined : (resetAt - now.getTime()) / 1000
    return answer(
      429,
      error.retryAfter ?? (untilReset === undefined ? undefined : Math.max(0, untilReset)),
    )
  }
  switch (error.type) {
    case LinearErrorType.AuthenticationError:
      return answer(401)
    case LinearErrorType.Forbidden:
    case LinearErrorType.FeatureNotAccessible:
      return answer(403)
    case LinearErrorType.InvalidInput:
    case LinearErrorType.UserError:
    case LinearErrorType.GraphqlError:
    case LinearErrorType.UsageLimitExceeded: {
      const message = `${service.what} refused: ${plainLine(said, MAX_SAID)}`
      return new HouseError('Refused', message, { next: service.next })
    }
    default:
      return answer(error.status === undefined || error.status < 400 ? 500 : error.status)
  }
}
