import { type FaultSwitches, createFaults } from './faults.ts'
import { type Limits, createLimits } from './limits.ts'
import type { State } from './state.ts'

/** A request as it was answered; tests count these. */
export interface Recorded {
  readonly kind: 'rest' | 'graphql' | 'git' | 'raw'
  readonly method: string
  /** With the query, without `/api/v3`. */
  readonly path: string
  /** REST's operation, GraphQL's first fields, git's service. */
  readonly operation: string | undefined
  /** 0 when the connection was cut. */
  readonly status: number
  /** It had a validator. */
  readonly conditional: boolean
  /** What it took of the hourly budget. */
  readonly points: number
  /** Whose token it had. */
  readonly login: string | undefined
  readonly at: number
}

export interface Inside {
  readonly state: State
  readonly faults: FaultSwitches
  readonly limits: Limits
  readonly requests: Recorded[]
  /** What the double did wrong; a test that has one fails when it closes the forge. */
  readonly failures: string[]
  /** Whether git asks for a token also where GitHub would not. */
  readonly gitAuth: boolean
  /** Lists that are kept as they were, under `stale-list`. */
  readonly kept: Map<string, unknown>
}

export function createInside(
  folder: string,
  options: { readonly enforceMinutes: boolean; readonly gitAuth: boolean },
): Inside {
  return {
    state: {
      url: '',
      folder,
      accounts: new Map(),
      tokens: new Map(),
      repositories: new Map(),
      renamed: new Map(),
      lastId: 1000,
    },
    faults: createFaults(),
    limits: createLimits(options.enforceMinutes),
    requests: [],
    failures: [],
    gitAuth: options.gitAuth,
    kept: new Map(),
  }
}

/** The token of a request: a header of GitHub's or HTTP's basic, as git sends it. */
export function tokenOf(authorization: string | undefined): string {
  const [scheme = '', value = ''] = (authorization ?? '').split(/\s+/)
  if (scheme.toLowerCase() !== 'basic') return value
  return Buffer.from(value, 'base64')
    .toString()
    .replace(/^[^:]*:/, '')
}
