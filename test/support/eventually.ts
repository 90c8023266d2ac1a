import { setTimeout as sleep } from 'node:timers/promises'

const SHORTEST_MS = 20
const LONGEST_MS = 250

/**
 * Asks again and again until the answer is neither undefined nor false; fails naming what was waited for. Between two questions it rests twice as long as one takes: one that starts a process
 * would otherwise keep a processor from those it waits for.
 */
export async function eventually<T>(
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = 10_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const began = performance.now()
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (performance.now() > deadline) throw new Error(`Not within ${timeoutMs} ms: ${what}`)
    const rest = 2 * (performance.now() - began)
    await sleep(Math.min(Math.max(rest, SHORTEST_MS), LONGEST_MS))
  }
}
