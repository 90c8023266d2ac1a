import { toHouseError } from '../../errors.ts'
import type { ForgeWish } from '../forge-observe.ts'
import { Turns } from '../forge-turns.ts'
import type { Trouble } from '../forge-trouble.ts'
import { Undecided } from '../forge-undecided.ts'
import type { ForgeMemory } from '../scm.ts'
import type { SharedLook } from '../shared-look.ts'
import { shareLooks } from '../shared-look.ts'
import { isBusy } from './gitlab-checks.ts'
import type { GitLabClient } from './gitlab-client.ts'
import type { ListedMerge, WholeMerge } from './gitlab-facts.ts'
import type { Followable } from './gitlab-look.ts'
import { look } from './gitlab-look.ts'
import type { RepoFacts } from './gitlab-memory.ts'
import { recall } from './gitlab-memory.ts'
import { authorship } from './gitlab-people.ts'
import type { GitLabSettings } from './gitlab-settings.ts'
import { isForeign } from './gitlab-view.ts'

const DAY_MS = 86_400_000

export interface ReaderOptions {
  readonly client: GitLabClient
  readonly memory: ForgeMemory
  readonly key: string
  /** As declared. */
  readonly name: string
  readonly now: () => number
  readonly random: () => number
}

export type Wish = ForgeWish<Pick<GitLabSettings, 'trust' | 'maxAgeMs' | 'intervalMs'>>

/** Everything this process knows of one GitLab project, and when it looks again. */
export class RepoReader {
  readonly client: GitLabClient
  readonly #options: ReaderOptions
  readonly #wishes = new Map<string, Wish>()
  readonly #undecided = new Undecided()
  readonly #round: SharedLook<boolean>
  readonly #turns: Turns
  #facts: RepoFacts | undefined
  #loading: Promise<void> | undefined
  #savedAt = 0

  constructor(options: ReaderOptions) {
    this.#options = options
    this.client = options.client
    const { now, random } = options
    this.#turns = new Turns({ now, random, pausedUntil: () => this.client.pause()?.until })
    this.#round = shareLooks(async signal => this.#look(signal))
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

  /** As GitLab calls it now, where that is known. */
  get name(): string {
    return this.#facts?.project.path ?? this.#options.name
  }

  /** Under which something done to it is told to other processes. */
  get pokeKey(): string {
    return `${this.#options.key}/poke`
  }

  /** What a project wants to know; what is wanted for the first time makes it due. */
  wish(project: string, wish: Wish): void {
    this.#wishes.set(project, wish)
    const facts = this.#facts
    if (facts === undefined || this.#turns.isWanted()) return
    const isUnread = Object.values(facts.listed).some(
      merge =>
        merge.state === 'open' &&
        facts.whole[merge.number] === undefined &&
        isWished(facts, [wish], merge),
    )
    if (isUnread) this.trigger()
  }

  /** Something happened: it is looked at now, and often for a while. */
  trigger(): void {
    this.#turns.trigger()
    this.#undecided.clear()
  }

  isDue(): boolean {
    return this.#turns.isDue()
  }

  /** When it is looked at again, milliseconds since the epoch. */
  nextAt(): number {
    return this.#turns.nextAt()
  }

  isFollowed(merge: ListedMerge): boolean {
    return this.#facts !== undefined && this.#follows(this.#facts, merge)
  }

  /** When everything that is told of open merge requests was so. */
  asOf(): number {
    const { listed = {}, listedAt = 0, whole = {}, confirmed = {} } = this.#facts ?? {}
    const times = Object.values(whole)
      .filter(({ number }) => listed[number]?.state === 'open')
      .map(({ number }) => confirmed[number] ?? 0)
    return Math.min(listedAt, ...times)
  }

  readAt(): Readonly<Record<number, number>> {
    return this.#facts?.confirmed ?? {}
  }

  /** Looks together with everybody who wants to. What fails is kept as trouble. Gives whether there is news. */
  async refresh(signal: AbortSignal): Promise<boolean> {
    return this.#round(signal)
  }

  async #recall(): Promise<void> {
    this.#facts = await recall(this.#options.memory, this.#options.key)
    this.#savedAt = this.#facts?.listedAt ?? 0
  }

  async #look(signal: AbortSignal): Promise<boolean> {
    const { client } = this
    const { name, now } = this.#options
    const wishes = [...this.#wishes.values()]
    const counted = client.counted()
    const at = now()
    this.#turns.begin()
    try {
      const wanted = {
        name,
        maxAgeMs: this.#maxAge(),
        now: at,
        branches: new Set(wishes.flatMap(wish => [...wish.branches])),
        numbers: new Set(wishes.flatMap(wish => [...wish.numbers])),
        watches: wishes.some(wish => wish.watches),
        isFollowed: (facts: Followable, merge: ListedMerge) => this.#follows(facts, merge),
        isGivenUp: (merge: WholeMerge) => this.#undecided.isGivenUp(merge),
      }
      const { facts, failure, hasChanged } = await look(client, this.#facts, wanted, signal)
      const hadTrouble = this.trouble !== undefined
      this.#facts = facts
      this.#undecided.count(Object.values(facts.whole))
      this.#endTurn(facts, { at, hasChanged, counted })
      if (failure === undefined) this.#turns.succeed()
      else this.#turns.fail(failure)
      await this.#save(facts, hasChanged)
      return hasChanged || hadTrouble || failure !== undefined
    } catch (error) {
      if (toHouseError(error).code === 'Interrupted') {
        this.#turns.again()
        throw error
      }
      this.#turns.fail(error)
      return true
    }
  }

  #follows(facts: Followable, merge: ListedMerge): boolean {
    if (this.#facts?.whole[merge.number] !== undefined) return true
    return isWished(facts, [...this.#wishes.values()], merge)
  }

  #maxAge(): number {
    return Math.min(DAY_MS, ...[...this.#wishes.values()].map(wish => wish.settings.maxAgeMs))
  }

  #endTurn(
    facts: RepoFacts,
    {
      at,
      hasChanged,
      counted,
    }: { readonly at: number; readonly hasChanged: boolean; readonly counted: number },
  ): void {
    const wishes = [...this.#wishes.values()]
    const open = Object.values(facts.whole).filter(({ state }) => state === 'open')
    const isAwaited = open.length > 0 || wishes.some(wish => wish.branches.size > 0)
    const isRunning = open.some(
      merge =>
        isBusy(merge, { headSince: facts.heads[merge.headSha] ?? at, now: at }) ||
        (merge.mergeable === 'unknown' && !this.#undecided.isGivenUp(merge)),
    )
    this.#turns.end({
      at,
      intervalMs: Math.min(DAY_MS, ...wishes.map(wish => wish.settings.intervalMs)),
      latestAt: facts.fullAt + this.#maxAge(),
      pace: isAwaited ? (isRunning ? 'checks' : 'review') : 'idle',
      hasChanged,
      heads: [],
      budgets: this.client.budgets(counted),
    })
  }

  async #save(facts: RepoFacts, hasChanged: boolean): Promise<void> {
    if (!hasChanged && facts.listedAt - this.#savedAt < this.#maxAge() / 3) return
    this.#savedAt = facts.listedAt
    await this.#options.memory.write(this.#options.key, facts)
  }
}

/** Whether somebody works on it: it was claimed, it stands on a session's branch in a project of ours, or a session opened it. */
function isWished(facts: Followable, wishes: readonly Wish[], merge: ListedMerge): boolean {
  const { people, forks, project } = facts
  return wishes.some(({ settings, home, known, branches, numbers }) => {
    if (numbers.has(merge.number)) return true
    if (branches.has(merge.headBranch) && !isForeign({ project, known, forks }, merge)) return true
    const around = { people, trust: settings.trust, home }
    return authorship(around, merge.author, merge.body).session !== undefined
  })
}
