import { isDeepStrictEqual } from 'node:util'

import type { HouseError } from '../../errors.ts'
import { Turns } from '../forge-turns.ts'
import type { Trouble } from '../forge-trouble.ts'
import { Undecided } from '../forge-undecided.ts'
import type { ForgeMemory } from '../scm.ts'
import type { GitHubClient } from './github-client.ts'
import type { Draft, Look, Reads } from './github-draft.ts'
import { draftOf, takeMergeable } from './github-draft.ts'
import type { ListedPull, WholePull } from './github-facts.ts'
import {
  checksPace,
  headsSince,
  incompleteRead,
  isFollowed,
  isSameList,
  jobsOf,
  lacks,
  listedBy,
  newestComments,
  only,
  seenOf,
} from './github-follow.ts'
import type { Wish } from './github-follow.ts'
import type { Place } from './github-guards.ts'
import { placeOf, readGuards } from './github-guards.ts'
import { readFiles, readJob, unreadJobs } from './github-logs.ts'
import type { RepoFacts } from './github-memory.ts'
import { NO_GUARDS, newFacts, recall, sameOnly } from './github-memory.ts'
import type { PullQuestion } from './github-query.ts'
import { questionsOf } from './github-questions.ts'
import { questionKey } from './github-read.ts'

const DAY_MS = 86_400_000
/** All of it is read in every so many ages, four hours unless told otherwise: for what neither signs nor the survey tell of. */
const WHOLE_AGES = 16

export interface ReaderOptions {
  readonly client: GitHubClient
  readonly memory: ForgeMemory
  readonly key: string
  /** `owner/name`, as declared. */
  readonly name: string
  readonly now: () => number
  readonly random: () => number
}

/** Everything this process knows of one repository, and when it looks again. */
export class RepoReader {
  readonly client: GitHubClient
  readonly #options: ReaderOptions
  readonly #wishes = new Map<string, Wish>()
  readonly #undecided = new Undecided()
  /** Claimed numbers that there is nothing of. */
  readonly #absent = new Set<number>()
  readonly #turns: Turns
  #facts: RepoFacts | undefined
  #loading: Promise<void> | undefined
  #savedAt = 0
  #version = 0

  constructor(options: ReaderOptions) {
    this.#options = options
    this.client = options.client
    const { now, random } = options
    const pausedUntil = (): number | undefined => this.client.health.pauses.current()?.until
    this.#turns = new Turns({ now, random, pausedUntil })
  }

  async load(): Promise<void> {
    this.#loading ??= this.#recall()
    await this.#loading
  }

  get facts(): RepoFacts | undefined {
    return this.#facts
  }

  get trouble(): Trouble | undefined {
    return this.#turns.trouble
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
    if (isUnread && !this.#turns.isWanted()) this.trigger()
  }

  /** Something happened: it is looked at now, and often for a while. */
  trigger(): void {
    this.#turns.trigger()
    this.#undecided.clear()
  }

  /** A look came to no end. */
  again(): void {
    this.#turns.again()
  }

  isDue(): boolean {
    return this.#turns.isDue()
  }

  /** Whether it is time to ask also for what nobody gives a sign of. */
  isOld(): boolean {
    return this.#age() >= this.#maxAge()
  }

  /** Whether that time will have come before long, and nothing keeps it from being looked at now. */
  isAgeing(): boolean {
    return this.#facts !== undefined && this.#turns.mayLook() && this.#age() >= this.#maxAge() / 2
  }

  /** When it is looked at again, milliseconds since the epoch. */
  nextAt(): number {
    return this.#turns.nextAt()
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

  readAt(): Readonly<Record<number, number>> {
    return this.#facts?.confirmed ?? {}
  }

  /** Asks for signs of change; changes nothing of what is known. Where others are read anew just now, it is as well before its time. */
  async look({ isShared }: { readonly isShared: boolean }, signal: AbortSignal): Promise<Look> {
    const { client } = this
    const wasTriggered = this.#turns.begin()
    const at = this.#options.now()
    const counted = client.health.counted()
    const tokenHash = await client.tokenHash(signal)
    const facts = this.#facts ?? newFacts(this.#options.name)
    const isFull = this.isOld() || (isShared && this.isAgeing())
    const isWhole = isFull && at - facts.wholeAt >= WHOLE_AGES * this.#maxAge()
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
    const draft = { at, isFull, isWhole, name, tokenHash, counted, read, listed, commented }
    const questions = questionsOf(facts, draft, {
      open: this.#open(read.open),
      isWished: pull => isFollowed(this.#wishList(), pull),
      claimed: this.#claimed(),
      absent: this.#absent,
      watches: this.#wishList().some(wish => wish.watches),
      isGivenUp: pull => this.#undecided.isGivenUp(pull),
    })
    return { ...draft, ...questions }
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
    this.#undecided.count(Object.values(draft.whole))
    const kept = this.#kept(look, draft.whole)
    const isComplete = failure === undefined
    const facts: RepoFacts = {
      format: 2,
      name: look.name,
      // The validators that stay then are those of the token before.
      tokenHash: isComplete ? look.tokenHash : before.tokenHash,
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
      wholeAt: look.isWhole && isComplete ? look.at : before.wholeAt,
    }
    this.#facts = facts
    this.client.health.meet()
    // To be read and found the same is no news.
    const hasChanged =
      !isSameList(before.listed, look.listed) || !isDeepStrictEqual(before.whole, kept)
    const hadTrouble = this.trouble !== undefined
    this.#endTurn(facts, look, hasChanged)
    if (failure === undefined) this.#turns.succeed()
    else this.fail(failure)
    if (hasChanged || hadTrouble) this.#version += 1
    await this.#save(facts, hasChanged || look.read.hasMoved)
  }

  /** Those that were asked about, and of which GitHub did not know yet whether they merge. */
  undecided({ questions, doubtful }: Look): readonly PullQuestion[] {
    return [...questions, ...doubtful].filter(({ number }) => {
      const pull = this.#facts?.whole[number]
      return pull?.state === 'open' && pull.mergeable === 'unknown'
    })
  }

  /** Takes in whether pull requests merge, where that was unknown. */
  async decide(mergeable: Reads['mergeable']): Promise<void> {
    const facts = this.#facts
    if (facts === undefined) return
    const [owner = '', name = ''] = facts.name.split('/')
    const decided = Object.values(facts.whole).flatMap(pull => {
      const known = mergeable.get(questionKey({ owner, name, number: pull.number }))
      const isNews = known !== undefined && pull.state === 'open' && pull.mergeable === 'unknown'
      return isNews ? [{ ...pull, mergeable: known }] : []
    })
    if (decided.length === 0) return
    this.#undecided.count(decided)
    const news = Object.fromEntries(decided.map(pull => [pull.number, pull]))
    this.#facts = { ...facts, whole: { ...facts.whole, ...news } }
    this.#version += 1
    await this.#save(this.#facts, true)
  }

  /** A look came to nothing; what is known stays as it is. */
  fail(error: unknown): void {
    this.#turns.fail(error)
    this.#version += 1
  }

  async #recall(): Promise<void> {
    this.#facts = await recall(this.#options.memory, this.#options.key)
    this.#savedAt = this.#facts?.listedAt ?? 0
    if (this.#savedAt > 0) this.client.health.meet()
  }

  #wishList(): readonly Wish[] {
    return [...this.#wishes.values()]
  }

  #maxAge(): number {
    return Math.min(DAY_MS, ...this.#wishList().map(wish => wish.settings.maxAgeMs))
  }

  #age(): number {
    return this.#options.now() - (this.#facts?.fullAt ?? 0)
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
    const found = await this.client.read(
      async (octokit, extra) => octokit.rest.repos.get({ owner, repo, ...extra }),
      signal,
    )
    return found.full_name
  }

  #endTurn(facts: RepoFacts, look: Look, hasChanged: boolean): void {
    const open = this.#open(look.read.open)
    const isAwaited = open.length > 0 || this.#wishList().some(wish => wish.branches.size > 0)
    const heads = open.map(pull => [pull.headSha, checksPace(facts, pull, look.at)] as const)
    const isBusy = heads.some(([, pace]) => pace === 'checks')
    this.#turns.end({
      at: look.at,
      intervalMs: Math.min(DAY_MS, ...this.#wishList().map(wish => wish.settings.intervalMs)),
      latestAt: facts.fullAt + this.#maxAge(),
      pace: isAwaited ? (isBusy ? 'checks' : 'review') : 'idle',
      hasChanged,
      heads,
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
