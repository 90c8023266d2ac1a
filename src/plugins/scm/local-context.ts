import type { GitQueue } from '../git-queue.ts'
import type { Git } from '../git.ts'
import type { ProcessIdentity } from '../process-identity.ts'
import type { PullRequest, ScmProject } from '../scm.ts'
import type { Comparer } from './local-compare.ts'
import type { ProcessMark } from './local-process.ts'
import type { CheckRecord } from './local-record.ts'
import { checkKey, checkRef, metaRef, pullsIn, type Look, type PullRefs } from './local-refs.ts'
import { readSettings } from './local-settings.ts'
import { checkRecord, pullRecord, type PullStore, type Wanted } from './local-store.ts'
import { currentHead, viewPull, type Stored } from './local-view.ts'

const AT_ONCE = 4

/** What the parts of this adapter share. */
export interface LocalScm {
  readonly git: Git
  readonly queue: GitQueue
  readonly store: PullStore
  readonly comparer: Comparer
  readonly homeId: () => string | undefined
  readonly now: () => Date
  readonly id: () => string
  /** Environment of checks. */
  readonly env: Readonly<Record<string, string>>
  /** Bounds how many checks run at once. */
  readonly slots: GitQueue
  /** Claims of checks that this very adapter is running. */
  readonly claims: Set<string>
  /** How processes are told apart, read when first needed. */
  readonly processes: () => Promise<ProcessIdentity>
  /** This very process. */
  readonly self: () => Promise<ProcessMark>
  readonly isRunning: (claim: CheckRecord & { readonly state: 'running' }) => Promise<boolean>
}

/** Every pull request of the look, with its record. */
export async function loadAll(
  scm: LocalScm,
  repository: string,
  look: Look,
  signal: AbortSignal,
): Promise<readonly Stored[]> {
  const pulls = pullsIn(look.refs)
  const texts = await scm.store.load(repository, pulls.map(toWanted), signal)
  return pulls.map(refs => ({ refs, record: pullRecord(texts, refs) }))
}

/** One pull request of the look; undefined when there is none of that number. */
export async function loadOne(
  scm: LocalScm,
  repository: string,
  { look, number }: { readonly look: Look; readonly number: number },
  signal: AbortSignal,
): Promise<Stored | undefined> {
  const refs = pullsIn(look.refs).find(pull => pull.number === number)
  if (refs === undefined) return undefined
  const texts = await scm.store.load(repository, [toWanted(refs)], signal)
  return { refs, record: pullRecord(texts, refs) }
}

/** Stored pull requests as the contract's, with the checks of their current heads. */
export async function viewAll(
  scm: LocalScm,
  project: ScmProject,
  shown: {
    readonly look: Look
    readonly stored: readonly Stored[]
    readonly watchPaths: readonly string[]
  },
  signal: AbortSignal,
): Promise<readonly PullRequest[]> {
  const { look, stored, watchPaths } = shown
  const settings = readSettings(project.config, project.project)
  const wanted = stored.flatMap(pull => {
    const head = currentHead(look, pull)
    return settings.checks.flatMap(({ name }) => toWantedCheck(pull.refs, name, head))
  })
  const texts = await scm.store.load(project.repository, wanted, signal)
  const context = {
    project,
    settings,
    look,
    comparer: scm.comparer,
    watchPaths,
    home: scm.homeId(),
    checkOf: (pull: PullRefs, key: string) => checkRecord(texts, pull, key),
    isRunning: scm.isRunning,
  }
  const views: PullRequest[] = []
  // A base that moved makes all of them new, and 300 processes at once help nobody.
  for (let at = 0; at < stored.length; at += AT_ONCE) {
    const some = stored.slice(at, at + AT_ONCE).map(async pull => viewPull(context, pull, signal))
    views.push(...(await Promise.all(some)))
  }
  return views
}

/** The object of a check's ref, if there is one. */
export function toWantedCheck(pull: PullRefs, name: string, sha: string): readonly Wanted[] {
  const id = pull.checks.get(checkKey(name, sha))
  return id === undefined ? [] : [{ ref: checkRef(pull.number, name, sha), id }]
}

function toWanted(pull: PullRefs): Wanted {
  return { ref: metaRef(pull.number), id: pull.meta }
}
