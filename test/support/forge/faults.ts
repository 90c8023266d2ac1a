/** What can go wrong with GitHub, switched on by name. The letters are those of the catalogue of faults. */
export type FaultName =
  /** D1: 5xx. `status`. */
  | 'bad-gateway'
  /** D2: nothing is left of the hourly budget. `resetIn` seconds. */
  | 'primary-limit'
  /** D3: too much at a time. `status` 403 or 429, `retryAfter` seconds or none. */
  | 'secondary-limit'
  /** D4: GraphQL answers 200 with `errors` and what it could find. `numbers`: of pull requests or issues; all when absent. */
  | 'graphql-errors'
  /** D1: 502 for a query about more than `most` pull requests, as when it takes GitHub too long; of `numbers` even for one of them. */
  | 'heavy-query'
  /** D5: a 304 carries another validator than was sent. */
  | 'new-validator'
  /** D6: 401, bad credentials (see `rotateToken` for one that only changed). */
  | 'refused-token'
  /** D7: `mergeable` never comes to an end. */
  | 'mergeable-unknown'
  /** D8: 404 for repositories that are there (see `rename` for 301). */
  | 'missing-repository'
  /** D9: `deliver` sends nothing. */
  | 'lost-webhook'
  /** D10: `deliver` signs with another secret. */
  | 'forged-webhook'
  /** Lists are as they were when they were first asked for under this fault. */
  | 'stale-list'
  /** Answers take `ms`. */
  | 'slow'
  /** Done, but the connection is cut instead of an answer. */
  | 'lost-answer'
  /** Cut before anything was done. */
  | 'lost-request'
  /** 403: the token may not. */
  | 'forbidden'

export interface FaultOptions {
  /** How often; default until cleared. */
  readonly times?: number
  /** Only requests like this; matched against `METHOD /path` without the prefix `/api/v3`. */
  readonly only?: RegExp
  readonly status?: number
  readonly retryAfter?: number
  readonly resetIn?: number
  readonly numbers?: readonly number[]
  readonly ms?: number
  readonly most?: number
}

export interface Faults {
  set(name: FaultName, options?: FaultOptions): void
  /** One, or all. */
  clear(name?: FaultName): void
  /** How often it struck since it was set. */
  struck(name: FaultName): number
}

export interface FaultSwitches extends Faults {
  /** The fault, when it is on and meant for this request; uses up one of its times. */
  strikes(name: FaultName, request?: string): FaultOptions | undefined
  /** The same without using anything up. */
  isOn(name: FaultName): FaultOptions | undefined
}

export function createFaults(): FaultSwitches {
  const on = new Map<FaultName, { readonly options: FaultOptions; left: number }>()
  const struck = new Map<FaultName, number>()
  return {
    set: (name, options = {}) => {
      on.set(name, { options, left: options.times ?? Number.POSITIVE_INFINITY })
      struck.set(name, 0)
    },
    clear: name => {
      if (name === undefined) on.clear()
      else on.delete(name)
    },
    struck: name => struck.get(name) ?? 0,
    isOn: name => on.get(name)?.options,
    strikes: (name, request = '') => {
      const fault = on.get(name)
      if (fault === undefined || fault.options.only?.test(request) === false) return undefined
      fault.left -= 1
      struck.set(name, (struck.get(name) ?? 0) + 1)
      if (fault.left <= 0) on.delete(name)
      return fault.options
    },
  }
}
