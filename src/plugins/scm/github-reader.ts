import type { HouseError } from '../../errors.ts'
import { toHouseError } from '../../errors.ts'
import type { ForgeMemory } from '../scm.ts'
import type { GitHubClient } from './github-client.ts'
import type { Draft, Look, Reads } from './github-draft.ts'
import { draftOf, takeMergeable } from './github-draft.ts'
import type { ListedPull, WholePull } from './github-facts.ts'
import {
  checksPace,
  goneFrom,
  hasMoved,
  headsSince,
  incompleteRead,
  isFollowed,
  isSameList,
  jobsOf,
  lacks,
  listedBy,
  newestComments,
  only,
  pairOf,
  seenOf,
} from './github-follow.ts'
import type { Wish } from './github-follow.ts'
import type { Place } from './github-guards.ts'
import { placeOf, readGuards } from './github-guards.ts'
import { readFiles, readJob, unreadJobs } from './github-logs.ts'
import type { Guards, RepoFacts } from './github-memory.ts'
import { NO_GUARDS, newFacts, recall, sameOnly } from './github-memory.ts'
import type { PullQuestion } from './github-query.ts'
import { questionKey } from './github-read.ts'
import { Turns } from './github-turns.ts'

const FIRST_RETRY_MS = 60_000
const MAX_RETRY_MS = 600_000
const MAX_UNDECIDED = 5
const DAY_MS = 86_400_000

export interface ReaderOptions {
  readonly client: GitHubClient
  readonly memory: ForgeMemory
  readonly key: string
  /** `owner/name`, as declared. */
  readonly name: string
  readonly now: () => number
  readonly random: () => number
}

/** Why the last look failed, and when there may be another one. */
export interface Trouble {
  readonly error: HouseError
  readonly nextAt: number
  readonly count: number
}

/** Everything this process knows of one repository, and when it looks again. */
export class RepoReader {
  readonly client: GitHubClient
  readonly #options: ReaderOptions
  readonly #wishes = new Map<string, Wish>()
  readonly #undecided = new Map<string, number>()
  /** Claimed numbers that there is nothing of. */
  readonly #absent = new Set<number>()
  readonly #turns: Turns
  #facts: RepoFacts | undefined
  #loading: Promise<void> | undefined
  #trouble: Trouble | undefined
  #savedAt = 0
  #version = 0

  constructor(options: ReaderOptions) {
    this.#options = options
    this.#turns = new Turns(options)
    this.client = options.client
  }

  async load(): Promise<void> {
    this.#loading ??= this.#recall()
    await this.#loading
  }

  get facts(): RepoFacts | undefined {
    return this.#facts
  }

  get trouble(): Trouble | undefined {
    return this.#trouble
  }

  /** Changes with what is known, and with whether it can be. */
  get version(): number {
    return this.#version
  }

  /** As GitHub calls it now. */
  get name(): string {
    return this.#facts?.name ?? this.#options.name
  }

  /** Under which something done to it is told to other processes. */
  get pokeKey(): string {
    return `${this.#options.key}/poke`
  }

  /** What a project wants to know; what is wanted for the first time makes it due. */
  wish(project: string, wish: Wish): void {
    this.#wishes.set(project, wish)
    const { listed = {}, whole = {} } = this.#facts ?? {}
    const isUnread = Object.values(listed).some(
      pull =>
        pull.state === 'open' &&
        isFollowed([wish], pull) &&
        lacks(whole[pull.number], wish.watches),
    )
    if (isUnread && !this.#turns.isDue()) this.trigger()
  }

  /** Something happened: it is looked at now, and often for a while. */
  trigger(): void {
    this.#turns.trigger()
    this.#undecided.clear()
  }

  isDue(): boolean {
    if (this.client.health.pause() !== undefined) return false
    const { nextAt = 0 } = this.#trouble ?? {}
    return nextAt <= this.#options.now() && this.#turns.isDue()
  }

  /** When it is looked at again, milliseconds since the epoch. */
  nextAt(): number {
    const { until = 0 } = this.client.health.pause() ?? {}
    return Math.max(until, this.#trouble?.nextAt ?? 0, this.#turns.nextAt())
  }

  isFollowed(pull: ListedPull): boolean {
    return this.#facts?.whole[pull.number] !== undefined || isFollowed(this.#wishList(), pull)
  }

  /** When everything that is told of open pull requests was so. */
  asOf(): number {
    const { listed, listedAt, whole, confirmed } = this.#facts ?? newFacts(this.name)
    const times = Object.values(whole)
      .filter(pull => listed[pull.number]?.state === 'open')
      .map(pull => confirmed[pull.number] ?? 0)
    return Math.min(listedAt, ...times)
  }

  /** Asks for signs of change; changes nothing of what is known. */
  async look(signal: AbortSignal): Promise<Look> {
    const { client } = this
    const wasTriggered = this.#turns.begin()
    const at = this.#options.now()
    const counted = client.health.counted()
    const tokenHash = await client.tokenHash(signal)
    const facts = this.#facts ?? newFacts(this.#options.name)
    const isFull = at - facts.fullAt >= this.#maxAge()
    // Now and then as declared: the old name may belong to another repository by now.
    const asked = isFull ? this.#options.name : facts.name
    const wanted = {
      isFull,
      wasTriggered,
      bases: (open: readonly ListedPull[]) => this.#open(open).map(pull => pull.baseBranch),
      heads: (open: readonly ListedPull[]) => this.#dueHeads(facts, open, at),
    }
    const before = facts.tokenHash === tokenHash ? facts.guards : NO_GUARDS
    const read = await readGuards(client, placeOf(asked), { before, wanted }, signal)
    const name = await this.#nameOf(asked, read.url, signal)
    const listed = listedBy(read)
    const commented = newestComments(facts.commented, read.guards)
    const draft = { at, isFull, name, tokenHash, counted, read, listed, commented }
    return { ...draft, ...this.#toRead(facts, draft) }
  }

  /** Takes in what was read; validators only when all of it could be. */
  async commit(look: Look, reads: Reads, signal: AbortSignal): Promise<void> {
    const before = this.#facts ?? newFacts(this.#options.name)
    const draft = draftOf(before)
    const failure = await this.#takeWhole(draft, { look, reads }, signal)
    takeMergeable(draft, look, reads)
    const asked = new Set(look.questions.map(question => question.number))
    for (const { number } of Object.values(draft.whole)) {
      if (!asked.has(number)) draft.confirmed[number] = look.at
    }
    this.#countUndecided(draft.whole)
    const kept = this.#kept(look, draft.whole)
    const isComplete = failure === undefined
    this.#facts = {
      format: 1,
      name: look.name,
      tokenHash: look.tokenHash,
      guards: isComplete ? look.read.guards : sameOnly(before.guards, look.read.guards),
      listed: look.listed,
      whole: kept,
      seen: only(draft.seen, kept),
      confirmed: only(draft.confirmed, kept),
      heads: headsSince(before.heads, look),
      commented: only(look.commented, look.listed),
      jobs: jobsOf(draft.jobs, kept),
      listedAt: look.at,
      fullAt: look.isFull && isComplete ? look.at : before.fullAt,
    }
    const wasRead = asked.size > 0 || look.doubtful.length > 0
    const hasChanged = wasRead || !isSameList(before.listed, look.listed)
    const hadTrouble = this.#trouble !== undefined
    this.#endTurn(this.#facts, look, hasChanged)
    if (failure === undefined) this.#trouble = undefined
    else this.fail(failure)
    if (hasChanged || hadTrouble) this.#version += 1
    await this.#save(this.#facts, hasChanged || look.read.hasMoved)
  }

  /** A look came to nothing; what is known stays as it is. */
  fail(error: unknown): void {
    const count = (this.#trouble?.count ?? 0) + 1
    const own = Math.min(FIRST_RETRY_MS * 2 ** (count - 1), MAX_RETRY_MS)
    const nextAt = this.client.health.pause()?.until ?? this.#options.now() + own
    this.#turns.trigger()
    this.#version += 1
    this.#trouble = { error: toHouseError(error), count, nextAt }
  }

  async #recall(): Promise<void> {
    this.#facts = await recall(this.#options.memory, this.#options.key)
    this.#savedAt = this.#facts?.listedAt ?? 0
  }

  #wishList(): readonly Wish[] {
    return [...this.#wishes.values()]
  }

  #maxAge(): number {
    return Math.min(DAY_MS, ...this.#wishList().map(wish => wish.settings.maxAgeMs))
  }

  #claimed(): ReadonlySet<number> {
    return new Set(this.#wishList().flatMap(wish => [...wish.numbers]))
  }

  #open(open: readonly ListedPull[]): readonly ListedPull[] {
    return open.filter(pull => this.isFollowed(pull))
  }

  /** Heads whose checks may still change, and whose turn it is. */
  #dueHeads(facts: RepoFacts, open: readonly ListedPull[], now: number): readonly string[] {
    return this.#open(open)
      .filter(pull => facts.whole[pull.number]?.headSha === pull.headSha)
      .filter(pull => checksPace(facts, pull, now) !== 'idle')
      .map(pull => pull.headSha)
      .filter(sha => this.#turns.isHeadDue(sha))
  }

  #toRead(
    facts: RepoFacts,
    draft: Omit<Look, 'questions' | 'doubtful'>,
  ): Pick<Look, 'questions' | 'doubtful'> {
    const { isFull, read } = draft
    const [owner = '', name = ''] = draft.name.split('/')
    const watches = this.#wishList().some(wish => wish.watches)
    const questions = new Set<number>()
    const doubtful: number[] = []
    for (const pull of this.#open(read.open)) {
      const { number } = pull
      const known = facts.whole[number]
      const mustRead = isFull || lacks(known, watches) || hasMoved(facts, draft, pull)
      if (mustRead || known === undefined) questions.add(number)
      else if (this.#isDoubtful(known, read.guards)) doubtful.push(number)
    }
    for (const number of goneFrom(draft.listed, facts.whole)) questions.add(number)
    for (const number of this.#claimed()) {
      if (facts.whole[number] !== undefined) continue
      if (isFull || !this.#absent.has(number)) questions.add(number)
    }
    const question = (number: number): PullQuestion => ({ owner, name, number })
    return { questions: [...questions].map(question), doubtful: doubtful.map(question) }
  }

  /** The base moved, or GitHub had not worked it out yet: neither says anything about the rest. */
  #isDoubtful(pull: WholePull, { tips }: Guards): boolean {
    const tip = tips[pull.baseBranch]?.value
    if (tip !== undefined && tip !== pull.baseTip) return true
    const tries = this.#undecided.get(pairOf(pull)) ?? 0
    return pull.mergeable === 'unknown' && tries < MAX_UNDECIDED
  }

  #countUndecided(whole: Readonly<Record<number, WholePull>>): void {
    for (const pull of Object.values(whole)) {
      const pair = pairOf(pull)
      if (pull.state !== 'open' || pull.mergeable !== 'unknown') this.#undecided.delete(pair)
      else this.#undecided.set(pair, (this.#undecided.get(pair) ?? 0) + 1)
    }
  }

  /** Gives the first failure, if there is one. */
  async #takeWhole(
    draft: Draft,
    { look, reads }: { readonly look: Look; readonly reads: Reads },
    signal: AbortSignal,
  ): Promise<HouseError | undefined> {
    const place = placeOf(look.name)
    let failure: HouseError | undefined
    for (const question of look.questions) {
      const { number } = question
      const read = reads.whole.get(questionKey(question))
      if (read === undefined || read.state === 'failed') {
        failure ??= read?.error ?? incompleteRead(number)
        continue
      }
      draft.confirmed[number] = look.at
      if (read.state === 'absent') {
        delete draft.whole[number]
        this.#absent.add(number)
        continue
      }
      const before = draft.whole[number]
      const pull = await this.#withFiles(place, { pull: read.pull, before }, signal)
      draft.whole[number] = pull
      draft.seen[number] = seenOf(look, pull)
      for (const job of pull.state === 'open' ? unreadJobs(pull.contexts, draft.jobs) : []) {
        const said = await readJob(this.client, place, job, signal)
        if (said !== undefined && job.runId !== undefined) draft.jobs[job.runId] = said
      }
    }
    return failure
  }

  async #withFiles(
    place: Place,
    { pull, before }: { readonly pull: WholePull; readonly before: WholePull | undefined },
    signal: AbortSignal,
  ): Promise<WholePull> {
    // Against another base the same head changes other files.
    const isSame = before?.files?.sha === pull.headSha && before.baseBranch === pull.baseBranch
    const known = isSame ? before.files : undefined
    const isWanted = pull.state === 'open' && this.#wishList().some(wish => wish.watches)
    const files =
      known ?? (isWanted ? await readFiles(this.client, place, pull, signal) : undefined)
    return files === undefined ? pull : { ...pull, files }
  }

  /** Whole pull requests stay while they are open, among the ended that are told, or claimed. */
  #kept(
    look: Look,
    whole: Readonly<Record<number, WholePull>>,
  ): Readonly<Record<number, WholePull>> {
    const claimed = this.#claimed()
    return Object.fromEntries(
      Object.entries(whole).filter(
        ([, { number }]) => look.listed[number] !== undefined || claimed.has(number),
      ),
    )
  }

  /** Follows a redirect: the repository was renamed (D8). */
  async #nameOf(asked: string, url: string | undefined, signal: AbortSignal): Promise<string> {
    const { owner, repo } = placeOf(asked)
    const path = url !== undefined && URL.canParse(url) ? new URL(url).pathname.toLowerCase() : ''
    if (path === '') return asked === this.#options.name ? this.name : asked
    if (path.endsWith(`/repos/${owner}/${repo}/pulls`.toLowerCase())) return asked
    const answer = await this.client.read(
      async (octokit, extra) => octokit.rest.repos.get({ owner, repo, ...extra }),
      signal,
    )
    return answer.state === 'new' ? answer.value.full_name : asked
  }

  #endTurn(facts: RepoFacts, look: Look, hasChanged: boolean): void {
    const open = this.#open(look.read.open)
    const isAwaited = this.#wishList().some(wish => wish.branches.size > 0)
    this.#turns.end({
      at: look.at,
      intervalMs: Math.min(DAY_MS, ...this.#wishList().map(wish => wish.settings.intervalMs)),
      isWaiting: open.length > 0 || isAwaited,
      hasChanged,
      heads: open.map(pull => [pull.headSha, checksPace(facts, pull, look.at)] as const),
      budgets: this.client.health.budgets(look.counted),
    })
  }

  /** What did not move is written down now and then, for its age. */
  async #save(facts: RepoFacts, hasMoved: boolean): Promise<void> {
    if (!hasMoved && facts.listedAt - this.#savedAt < this.#maxAge() / 3) return
    this.#savedAt = facts.listedAt
    await this.#options.memory.write(this.#options.key, facts)
  }
}
