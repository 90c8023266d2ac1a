import type { RepositoryFacts } from '../workspace.ts'

const PULL_REF = /^refs\/ao\/pulls\/([1-9]\d{0,8})\/(meta|head|checks\/([^/]+\/[0-9a-f]{12}))$/

/** Where all of it is. */
export const PULLS = 'refs/ao/pulls/'

/** What one look at the repository says that matters here. */
export type Look = Pick<RepositoryFacts, 'refs' | 'hasOrigin' | 'commonDir'>

/** The object ids of one pull request. */
export interface PullRefs {
  readonly number: number
  readonly meta: string
  readonly head: string | undefined
  /** `<name>/<sha12>` to object id. */
  readonly checks: ReadonlyMap<string, string>
}

export function metaRef(number: number): string {
  return `${PULLS}${number}/meta`
}

export function headRef(number: number): string {
  return `${PULLS}${number}/head`
}

export function checkRef(number: number, name: string, sha: string): string {
  return `${PULLS}${number}/checks/${checkKey(name, sha)}`
}

/** The end of a check's ref. */
export function checkKey(name: string, sha: string): string {
  return `${name}/${sha.slice(0, 12)}`
}

/** Every pull request there is a `meta` of, by number, lowest first. */
export function pullsIn(refs: ReadonlyMap<string, string>): readonly PullRefs[] {
  const parts = new Map<number, { meta?: string; head?: string; checks: Map<string, string> }>()
  for (const [name, id] of refs) {
    if (!name.startsWith(PULLS)) continue
    const [, digits, part, key] = PULL_REF.exec(name) ?? []
    if (digits === undefined) continue
    const number = Number(digits)
    const pull = parts.get(number) ?? { checks: new Map<string, string>() }
    parts.set(number, pull)
    if (key !== undefined) pull.checks.set(key, id)
    else if (part === 'meta') pull.meta = id
    else pull.head = id
  }
  return [...parts]
    .flatMap(([number, { meta, head, checks }]) =>
      meta === undefined ? [] : [{ number, meta, head, checks }],
    )
    .sort((a, b) => a.number - b.number)
}

/** The base as everybody sees it: origin's where there is one. */
export function baseRef(look: Look, branch: string): string {
  return look.hasOrigin ? `refs/remotes/origin/${branch}` : `refs/heads/${branch}`
}

/** The tip of the branch; worktrees share it, so nobody has to push. Undefined when the branch is gone. */
export function tipOf(look: Look, branch: string): string | undefined {
  return look.refs.get(`refs/heads/${branch}`)
}
