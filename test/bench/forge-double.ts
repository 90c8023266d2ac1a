/** The double of GitHub in a process of its own, so that its git and its answers are nobody else's cost. Asked by messages, see `forge.mjs`. */
import type { Recorded } from '../support/forge/inside.ts'
import { startForge } from '../support/forge/forge.ts'

interface Asked {
  readonly id: number
  readonly type: 'repository' | 'fill' | 'change' | 'take' | 'close'
  readonly name?: string
  readonly from?: string
  readonly branches?: readonly string[]
}

const forge = await startForge()
let closing: Promise<void> | undefined

process.on('message', (asked: Asked) => {
  answer(asked).then(
    value => process.send?.({ id: asked.id, value }),
    (error: unknown) => process.send?.({ id: asked.id, error: String(error) }),
  )
})
process.once('disconnect', () => {
  void close().finally(() => process.exit())
})
process.send?.({ id: 0, value: { apiUrl: forge.apiUrl, token: forge.token } })

async function answer({ type, name = '', from, branches = [] }: Asked): Promise<unknown> {
  switch (type) {
    case 'repository': {
      const at = { owner: 'acme', name, ...(from === undefined ? {} : { from }) }
      return { folder: (await forge.createRepository(at)).folder }
    }
    case 'fill':
      return fill(name, branches)
    case 'change':
      return change(name, branches)
    case 'take': {
      const seen = summary(forge.requests)
      forge.reset()
      return seen
    }
    case 'close':
      return close()
  }
}

/** Rejects when the double did what GitHub would not. */
async function close(): Promise<void> {
  closing ??= forge.close()
  return closing
}

/** A pull request for each branch, with a check that succeeded: all that is missing is a person's approval. */
async function fill(name: string, branches: readonly string[]): Promise<void> {
  const repo = forge.repo(`acme/${name}`)
  for (const number of await repo.openPulls(branches)) {
    await repo.pull(number).check({ name: 'build', state: 'success' })
  }
}

/** Somebody says something about the pull requests of these branches. */
async function change(name: string, branches: readonly string[]): Promise<void> {
  const pulls = forge.repo(`acme/${name}`).pulls()
  for (const branch of branches) {
    const pull = pulls.find(({ headBranch }) => headBranch === branch)
    if (pull === undefined) throw new Error(`${name} has no pull request of ${branch}`)
    await pull.requestChanges('ann', 'Please write a test.')
  }
}

function summary(requests: readonly Recorded[]): object {
  const asked = requests.filter(({ kind }) => kind === 'rest' || kind === 'graphql')
  const queries = asked.filter(({ kind }) => kind === 'graphql')
  const sum = (some: readonly Recorded[]): number =>
    some.reduce((total, { points }) => total + points, 0)
  return {
    requests: asked.length,
    unconditional: asked.filter(({ kind, conditional }) => kind === 'rest' && !conditional).length,
    paid: sum(asked.filter(({ kind }) => kind === 'rest')),
    queries: queries.length,
    points: sum(queries),
    failed: asked.filter(({ status }) => status === 0 || status >= 400).length,
    operations: Object.fromEntries(
      [...new Set(asked.map(({ operation = '?' }) => operation))].map(name => [
        name,
        asked.filter(({ operation = '?' }) => operation === name).length,
      ]),
    ),
  }
}
