import type { Issue } from '../tracker.ts'
import { issueOf } from './github-issue.ts'
import type { GithubPlace } from './github-place.ts'

const PAGE = 100
/** All that is followed is read anew at least this often, whatever the guard says. */
const MAX_AGE_MS = 15 * 60_000
/** How far clocks may differ. */
const SKEW_MS = 5 * 60_000
const MAX_ENTRIES = 2000
/** Requests side by side. */
const AT_ONCE = 4

interface Entry {
  readonly etag: string | undefined
  readonly issue: Issue | undefined
}

interface Guard {
  readonly since: string
  readonly readAt: number
  readonly numbers: ReadonlySet<number>
  readonly etag: string | undefined
}

/**
 * What was read, with its validators. Many issues are followed with one conditional request for a repository: the list of those that changed since
 * they were read.
 */
export class IssueCache {
  readonly #now: () => number
  readonly #entries = new Map<string, Entry>()
  readonly #guards = new Map<string, Guard>()

  constructor(now: () => number) {
    this.#now = now
  }

  async get(place: GithubPlace, issue_number: number): Promise<Issue | undefined> {
    const { api, ask, owner, repo } = place
    const key = entryKey(place, issue_number)
    const known = this.#entries.get(key)
    let isSame = false
    const answer = await ask([304, 404, 410], async request => {
      const headers = known?.etag === undefined ? {} : { 'if-none-match': known.etag }
      try {
        return await api.rest.issues.get({ owner, repo, issue_number, headers, request })
      } catch (error) {
        isSame = isNotModified(error)
        throw error
      }
    })
    if (isSame) return known?.issue
    const issue = answer === undefined ? undefined : issueOf(answer.data)
    this.#put(key, { etag: answer?.headers.etag, issue })
    return issue
  }

  async getMany(
    place: GithubPlace,
    numbers: readonly number[],
  ): Promise<ReadonlyMap<number, Issue>> {
    const now = this.#now()
    const guard = await this.#checked(place, now)
    const unread = numbers.filter(number => guard?.numbers.has(number) !== true)
    const read = [...unread]
    const reader = async (): Promise<void> => {
      try {
        for (let number = read.shift(); number !== undefined; number = read.shift()) {
          await this.get(place, number)
        }
      } catch (error) {
        // Whoever refuses one, or asks to be left alone, is asked for no other.
        read.length = 0
        throw error
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, reader))
    const since = guard?.since ?? new Date(now - SKEW_MS).toISOString().replace(/\.\d+Z$/, 'Z')
    this.#guards.set(place.key, {
      since,
      readAt: guard?.readAt ?? now,
      numbers: new Set(numbers),
      etag: guard?.etag,
    })
    return new Map(
      numbers.flatMap(number => {
        const issue = this.#entries.get(entryKey(place, number))?.issue
        return issue === undefined ? [] : [[number, issue] as const]
      }),
    )
  }

  /** The guard after asking what changed; undefined when all has to be read. */
  async #checked(place: GithubPlace, now: number): Promise<Guard | undefined> {
    const guard = this.#guards.get(place.key)
    if (guard === undefined || guard.readAt + MAX_AGE_MS <= now) return undefined
    const { api, ask, owner, repo } = place
    let isSame = false
    const answer = await ask([304], async request => {
      try {
        return await api.rest.issues.listForRepo({
          owner,
          repo,
          state: 'all',
          sort: 'updated',
          direction: 'desc',
          since: guard.since,
          per_page: PAGE,
          headers: guard.etag === undefined ? {} : { 'if-none-match': guard.etag },
          request,
        })
      } catch (error) {
        isSame = isNotModified(error)
        throw error
      }
    })
    if (isSame || answer === undefined) return guard
    // More changed than one page tells.
    if (answer.data.length >= PAGE) return undefined
    for (const item of answer.data) {
      if (!guard.numbers.has(item.number)) continue
      this.#put(entryKey(place, item.number), { etag: undefined, issue: issueOf(item) })
    }
    return { ...guard, etag: answer.headers.etag }
  }

  #put(key: string, entry: Entry): void {
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    if (this.#entries.size <= MAX_ENTRIES) return
    const [oldest] = this.#entries.keys()
    if (oldest !== undefined) this.#entries.delete(oldest)
  }
}

function entryKey({ key }: GithubPlace, number: number): string {
  return `${key} ${number}`
}

function isNotModified(error: unknown): boolean {
  return error instanceof Error && 'status' in error && error.status === 304
}
