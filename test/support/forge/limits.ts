/** What GitHub counts by itself: `core` is REST without its search. */
export type Resource = 'core' | 'graphql' | 'search'

export interface Budget {
  readonly limit: number
  used: number
  /** Seconds since 1970. */
  reset: number
}

export interface Limits {
  /** This hour's budget of a token (`''`: of nobody in particular). */
  budget(token: string, resource: Resource): Budget
  /** Takes points; false when there are not enough left. */
  spend(token: string, resource: Resource, points: number): boolean
  /** Counts towards the limits per minute; false when one is exceeded (they are only enforced on demand). */
  perMinute(token: string, resource: Resource, points: number, creates: boolean): boolean
  /** For tests: how much is left from now on. */
  set(resource: Resource, values: { readonly remaining: number; readonly resetIn?: number }): void
  headers(token: string, resource: Resource): Record<string, string>
}

const MINUTE = 60
const HOUR = 3600
const PER_HOUR = 5000
const ANONYMOUS_PER_HOUR = 60
const PER_MINUTE = { core: 900, graphql: 2000, search: 900 }
const SEARCHES_PER_MINUTE = 30
const CREATIONS_PER_MINUTE = 80

/** `enforceMinutes` is off by default: whether a test runs into it would depend on how fast it is. */
export function createLimits(enforceMinutes: boolean): Limits {
  const budgets = new Map<string, Budget>()
  const recent: { at: number; key: string; points: number; creates: boolean }[] = []
  const preset = new Map<Resource, { readonly remaining: number; readonly resetIn: number }>()

  function budget(token: string, resource: Resource): Budget {
    const key = `${resource} ${token}`
    const seconds = Math.floor(Date.now() / 1000)
    const known = budgets.get(key)
    if (known !== undefined && known.reset > seconds) return known
    const hourly = token === '' ? ANONYMOUS_PER_HOUR : PER_HOUR
    const searches = enforceMinutes && resource === 'search'
    const limit = searches ? SEARCHES_PER_MINUTE : hourly
    const made = { limit, used: 0, reset: seconds + (resource === 'search' ? MINUTE : HOUR) }
    const wanted = preset.get(resource)
    if (wanted !== undefined && known === undefined) {
      made.used = limit - wanted.remaining
      made.reset = seconds + wanted.resetIn
    }
    budgets.set(key, made)
    return made
  }

  return {
    budget,
    spend: (token, resource, points) => {
      const mine = budget(token, resource)
      if (mine.used + points > mine.limit) return false
      mine.used += points
      return true
    },
    perMinute: (token, resource, points, creates) => {
      const at = Date.now()
      const key = `${resource} ${token}`
      while (recent[0] !== undefined && recent[0].at < at - 60_000) recent.shift()
      recent.push({ at, key, points, creates })
      if (!enforceMinutes) return true
      const mine = recent.filter(each => each.key === key)
      const sum = mine.reduce((total, each) => total + each.points, 0)
      const created = mine.filter(each => each.creates).length
      return sum <= PER_MINUTE[resource] && created <= CREATIONS_PER_MINUTE
    },
    set: (resource, { remaining, resetIn = HOUR }) => {
      preset.set(resource, { remaining, resetIn })
      for (const [key, mine] of budgets) {
        if (!key.startsWith(`${resource} `)) continue
        mine.used = mine.limit - remaining
        mine.reset = Math.floor(Date.now() / 1000) + resetIn
      }
    },
    headers: (token, resource) => {
      const mine = budget(token, resource)
      return {
        'x-ratelimit-limit': String(mine.limit),
        'x-ratelimit-remaining': String(mine.limit - mine.used),
        'x-ratelimit-used': String(mine.used),
        'x-ratelimit-reset': String(mine.reset),
        'x-ratelimit-resource': resource,
      }
    },
  }
}
