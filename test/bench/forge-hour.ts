/**
 * The engine over a home whose pull requests are on a forge, with a clock that is moved: an hour passes in seconds. Asked by messages, see
 * `forge.mjs`. Children are counted where Node makes them, requests where Node begins them.
 */
import diagnosticsChannel from 'node:diagnostics_channel'

import { createContext } from '../../src/cli/context.ts'
import { hold } from '../../src/cli/control.ts'
import type { Control } from '../../src/cli/control.ts'

interface Asked {
  readonly id: number
  readonly minutes: number
}

/** What one cycle cost. */
interface Cost {
  readonly requests: number
  readonly queries: number
  readonly children: readonly string[]
}

/** A watcher looks at least as often; what it looks at is the same. */
const STEP_MS = 10_000
const MINUTE_MS = 60_000

let offset = 0
let requests = 0
let queries = 0
const children: (() => string)[] = []
const { signal } = new AbortController()

diagnosticsChannel.subscribe('undici:request:create', message => {
  const { request } = message as { readonly request: { readonly path: string } }
  requests += 1
  if (request.path.endsWith('/graphql')) queries += 1
})
diagnosticsChannel.subscribe('child_process', message => {
  const { process: child } = message as { process: { spawnargs?: readonly string[] } }
  children.push(() => (child.spawnargs ?? []).join(' '))
})

const context = await createContext({ color: false, verbose: false, signal })
Object.assign(context, { now: () => new Date(Date.now() + offset) })
await hold(context, { mode: 'once', lockTimeoutMs: 5000 }, async control => {
  const pass = serve(control)
  process.send?.({ id: 0 })
  await pass
})

async function serve(control: Control): Promise<void> {
  let last: Promise<unknown> = Promise.resolve()
  process.on('message', ({ id, minutes }: Asked) => {
    last = last.then(async () => {
      try {
        process.send?.({ id, value: await spend(control, minutes) })
      } catch (error) {
        process.send?.({ id, error: String(error) })
      }
    })
  })
  await new Promise(resolve => {
    process.once('disconnect', resolve)
  })
  await last
}

/** Lets this much time pass, with a cycle at each step and more while there is something to do. */
async function spend(control: Control, minutes: number): Promise<object> {
  const costs: Cost[] = []
  for (let passed = 0; passed < minutes * MINUTE_MS; passed += STEP_MS) {
    offset += STEP_MS
    for (let again = true; again;) {
      const [cost, changed] = await cycle(control)
      costs.push(cost)
      again = changed
    }
  }
  const polls = costs.filter(cost => cost.requests > 0)
  const quiet = polls.filter(cost => cost.queries === 0)
  const others = costs.filter(cost => cost.requests === 0)
  const most = Math.max(0, ...others.map(lookedWith))
  return {
    cycles: costs.length,
    polls: polls.length,
    quietPolls: quiet.length,
    mostRequests: Math.max(0, ...quiet.map(cost => cost.requests)),
    /** Beyond what the same cycle starts when no forge is asked. */
    children: polls.reduce((sum, cost) => sum + Math.max(0, lookedWith(cost) - most), 0),
    programs: [...new Set(costs.flatMap(cost => cost.children))].slice(0, 20),
  }
}

/** Agents are told of what changed while the next look may have begun: what types it is their runtime's, whichever cycle it falls into. */
function lookedWith({ children: programs }: Cost): number {
  return programs.filter(program => !program.startsWith('tmux ')).length
}

async function cycle({ engine }: Control): Promise<readonly [Cost, boolean]> {
  requests = 0
  queries = 0
  children.length = 0
  const { changed } = await engine.cycle({ reacting: true }, signal)
  const started = children.map(child => child().slice(0, 200))
  return [{ requests, queries, children: started }, changed]
}
