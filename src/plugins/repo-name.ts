import { HouseError } from '../errors.ts'
import type { Git } from './git.ts'

const ORIGIN_TIMEOUT_MS = 10_000

export interface RepoNameInput {
  /** What settings say, the strongest first. */
  readonly given: readonly unknown[]
  /** Absolute path of the main checkout, whose origin is asked last. */
  readonly repository: string
  readonly git: Git
  /** For people: `Project/shop: spec.tracker.repo`. */
  readonly setting: string
  readonly signal: AbortSignal
}

/** The path of a repository on its forge, such as `acme/shop`: as settings say it, else as origin's URL does. Throws naming the setting. */
export async function repoName(input: RepoNameInput): Promise<string> {
  const [given] = input.given.filter(text => typeof text === 'string' && text !== '')
  if (typeof given === 'string') {
    const name = parseRepoName(given)
    if (name !== undefined) return name
    throw unnamed(input, `"${given}" names no repository such as owner/name`)
  }
  const { exitCode, stdout } = await input.git(
    input.repository,
    ['config', '--get', 'remote.origin.url'],
    { allow: [0, 1], timeoutMs: ORIGIN_TIMEOUT_MS, signal: input.signal },
  )
  const origin = stdout.trim()
  const name = exitCode === 0 ? parseRepoName(origin) : undefined
  if (name !== undefined) return name
  const why = origin === '' ? 'there is no remote called origin' : 'the URL of origin names none'
  throw unnamed(input, `no repository is given, and ${why}`)
}

/** `owner/name` of text such as `owner/name`, `https://host/owner/name.git` or `git@host:owner/name`; undefined when it is none of them. */
export function parseRepoName(text: string): string | undefined {
  const path = pathOf(text.trim()).replace(/^\/+|\/+$/g, '')
  const name = path.replace(/\.git$/, '')
  return /^[\w.-]+(\/[\w.-]+)+$/.test(name) ? name : undefined
}

function pathOf(text: string): string {
  if (/^[a-z+]+:\/\//i.test(text)) {
    if (!URL.canParse(text)) return ''
    const url = new URL(text)
    return url.protocol === 'file:' ? '' : url.pathname
  }
  const scp = /^(?:[\w.-]+@)?[\w.-]+:(?!\/\/)(.+)$/.exec(text)
  if (scp?.[1] !== undefined) return scp[1]
  // A path on this machine is no name on a forge.
  return /^[./~]/.test(text) ? '' : text
}

function unnamed({ setting }: RepoNameInput, why: string): HouseError {
  return new HouseError('InvalidManifest', `${setting}: ${why}`, {
    next: 'ao explain project.spec.repo',
  })
}
