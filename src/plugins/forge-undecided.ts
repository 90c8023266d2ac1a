import type { PullRequest } from './scm.ts'

/** What is merged into what. */
interface Merging extends Pick<PullRequest, 'number' | 'state' | 'mergeable'> {
  readonly headSha: string
  readonly baseTip?: string
}

const MAX_TRIES = 5

/** Pull requests of which their forge has not worked out yet whether they merge, each by head and base: how often that was asked in vain. */
export class Undecided {
  readonly #tries = new Map<string, number>()

  /** Takes in a read of all of them. */
  count(pulls: Iterable<Merging>): void {
    for (const pull of pulls) {
      const pair = pairOf(pull)
      if (pull.state !== 'open' || pull.mergeable !== 'unknown') this.#tries.delete(pair)
      else this.#tries.set(pair, (this.#tries.get(pair) ?? 0) + 1)
    }
  }

  /** Whether it was asked so often that only news make it worth asking again. */
  isGivenUp(pull: Merging): boolean {
    return (this.#tries.get(pairOf(pull)) ?? 0) >= MAX_TRIES
  }

  clear(): void {
    this.#tries.clear()
  }
}

function pairOf({ number, headSha, baseTip = '' }: Merging): string {
  return `${number} ${headSha}..${baseTip}`
}
