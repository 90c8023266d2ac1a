import { toHouseError } from '../../errors.ts'
import type { SharedLook } from '../shared-look.ts'
import { shareLooks } from '../shared-look.ts'
import type { Batches } from './github-batches.ts'
import type { WholePull } from './github-facts.ts'
import { mergeableOf } from './github-parse.ts'
import type { Answers, PullQuestion } from './github-query.ts'
import { mergeableQuery } from './github-query.ts'
import { answerTo, questionKey } from './github-read.ts'

/** GitHub works out lazily whether something merges: the first to ask sets it off (D7). */
const TRIES = 5
const WAIT_MS = 1500

export type Mergeable = WholePull['mergeable']

export interface DecideOptions {
  readonly batches: Batches
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
}

/** What one question about many pull requests gave. */
export interface Decided {
  readonly mergeable: ReadonlyMap<string, Mergeable>
  /** Those that GitHub has not worked out yet. */
  readonly open: readonly PullQuestion[]
}

/** Who is told whether its pull requests merge. */
export interface Decider {
  decide(mergeable: ReadonlyMap<string, Mergeable>): Promise<void>
}

const MERGEABLE = { kind: 'mergeable', query: mergeableQuery, nodes: () => 1 } as const

/** Whether they merge, as far as GitHub has worked it out. */
export async function readMergeable(
  batches: Batches,
  questions: readonly PullQuestion[],
  signal: AbortSignal,
): Promise<Decided> {
  const mergeable = new Map<string, Mergeable>()
  const open: PullQuestion[] = []
  for (const { batch, data } of await batches.ask(questions, MERGEABLE, signal)) {
    for (const question of batch) {
      const node = answerTo(data as Answers<MergeableNode>, batch, question)
      const decided = mergeableOf(node?.mergeable ?? '')
      if (decided !== 'unknown') mergeable.set(questionKey(question), decided)
      // Merged or closed meanwhile, it is never worked out.
      else if (node?.state === 'OPEN') open.push(question)
    }
  }
  return { mergeable, open }
}

/** The same, waiting for it for up to 7.5 s; what is not worked out by then is left out. */
export async function awaitMergeable(
  { batches, wait }: DecideOptions,
  questions: readonly PullQuestion[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Mergeable>> {
  const all = new Map<string, Mergeable>()
  let open = questions
  for (let turn = 0; open.length > 0 && turn < TRIES; turn += 1) {
    await wait(WAIT_MS, signal)
    const decided = await readMergeable(batches, open, signal)
    for (const [key, mergeable] of decided.mergeable) all.set(key, mergeable)
    open = decided.open
  }
  return all
}

interface MergeableNode {
  readonly mergeable: string
  readonly state: string
}

interface Pending {
  readonly decider: Decider
  readonly question: PullQuestion
  tries: number
}

/** What is asked for again in a moment, on behalf of many, while all else goes on: whether pull requests merge that GitHub has only begun to work out. */
export class Decisions {
  /** Asks until each is worked out or was asked for often enough. */
  readonly run: SharedLook<void>
  readonly #options: DecideOptions
  readonly #pending = new Map<string, Pending>()

  constructor(options: DecideOptions) {
    this.#options = options
    this.run = shareLooks(async signal => this.#run(signal))
  }

  add(decider: Decider, questions: readonly PullQuestion[]): void {
    for (const question of questions) {
      const key = questionKey(question)
      if (!this.#pending.has(key)) this.#pending.set(key, { decider, question, tries: 0 })
    }
  }

  has(question: PullQuestion): boolean {
    return this.#pending.has(questionKey(question))
  }

  async #run(signal: AbortSignal): Promise<void> {
    try {
      while (this.#pending.size > 0) {
        await this.#options.wait(WAIT_MS, signal)
        await this.#turn(signal)
      }
    } catch (error) {
      if (toHouseError(error).code === 'Interrupted') throw error
      // It stays unknown, and the next look at its repository asks again.
    } finally {
      this.#pending.clear()
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    const all = [...this.#pending.values()]
    const questions = all.map(({ question }) => question)
    const { mergeable, open } = await readMergeable(this.#options.batches, questions, signal)
    const left = new Set(open.map(questionKey))
    for (const pending of all) {
      pending.tries += 1
      const key = questionKey(pending.question)
      if (!left.has(key) || pending.tries >= TRIES) this.#pending.delete(key)
    }
    for (const decider of new Set(all.map(pending => pending.decider))) {
      await decider.decide(mergeable)
    }
  }
}
