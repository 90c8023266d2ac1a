import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { checkConditions } from '../src/status/invariants.ts'
import { eventually } from './support/eventually.ts'
import type { PullDriver } from './support/forge/driver-pull.ts'
import type { Forge } from './support/forge/forge.ts'
import { createForgeStage } from './support/forge-stage.ts'
import type { ForgeStage } from './support/forge-stage.ts'
import { plantSentinel } from './support/sentinel.ts'

const EXAMPLES = join(import.meta.dirname, '..', 'examples')
const PATIENCE_MS = 30_000

const { makeSampleRepo } = (await import(join(EXAMPLES, 'sample-repo.mjs'))) as {
  readonly makeSampleRepo: (
    directory: string,
    example: string,
    edit: (folder: string) => void,
  ) => { readonly repository: string; readonly origin: string }
}

let stage: ForgeStage

/** What a person changes who copies the example, and shorter waits. */
function adapt(folder: string, { apiUrl }: Forge): void {
  for (const name of readdirSync(folder).filter(each => each.endsWith('.yaml'))) {
    const file = join(folder, name)
    const text = readFileSync(file, 'utf8')
      .replaceAll(/# apiUrl: \S+/g, `apiUrl: ${apiUrl}`)
      .replaceAll('    interval: 15s', '    interval: 100ms')
      .replace('  # path: the', '  interval: 300ms\n  # path: the')
    writeFileSync(file, text)
  }
}

async function take(example: string): Promise<void> {
  stage = await createForgeStage({
    checkout: (root, forge) => {
      const folder = join(root, 'sample')
      const made = makeSampleRepo(folder, example, ao => {
        adapt(ao, forge)
      })
      return { path: made.repository, origin: made.origin }
    },
  })
  stage.hub.issue({ title: 'Say more', body: 'Please.' })
}

afterEach(async () => {
  await stage.close()
})

async function apply(): Promise<void> {
  const { code, stdout, stderr } = await stage.ao(['apply', '--yes'])
  expect(code, `${stdout}${stderr}`).toBe(0)
}

async function opened(branch: string): Promise<PullDriver> {
  return eventually(
    `a pull request of ${branch}`,
    () => stage.hub.pulls().find(pull => pull.headBranch === branch),
    PATIENCE_MS,
  )
}

async function movedFrom(pull: PullDriver, head: string): Promise<void> {
  await eventually('the fix is pushed', async () => (await tip(pull)) !== head, PATIENCE_MS)
}

const tip = async (pull: PullDriver): Promise<string | undefined> => stage.hub.tip(pull.headBranch)

async function isSound(session: string): Promise<void> {
  const { metadata, status } = await stage.told(session)
  const { conditions, observedGeneration } = status
  expect(checkConditions(conditions, metadata.generation, observedGeneration)).toEqual([])
}

describe('Pull requests on GitHub', () => {
  beforeEach(async () => take('02-github-pull-requests'))

  test('a red check and a comment on a line reach the agent with their places, and their fixes come back', async () => {
    const sentinel = plantSentinel(stage)
    await apply()
    stage.watch()
    const pull = await opened('ao/shop-login')
    const log = 'a stranger gets in without a password\n##[error]Process completed with exit code 1'
    const first = (await tip(pull)) ?? ''
    await pull.check({ name: 'test', state: 'failure', log })
    await movedFrom(pull, first)
    await pull.check({ name: 'test', state: 'success' })

    const second = (await tip(pull)) ?? ''
    const [thread = 0] = await pull.review({
      author: 'ann',
      verdict: 'comment',
      comments: [{ path: 'lib/login.sh', line: 2, body: 'What does it answer?' }],
    })
    await movedFrom(pull, second)
    pull.resolveThread(thread, 'ann')
    await pull.check({ name: 'test', state: 'success' })
    await pull.approve('ann')

    await eventually(
      'a person is told that it can be merged',
      async () => (await stage.events('Notified')).length === 1,
      PATIENCE_MS,
    )
    const { stdout } = await stage.ao(['why', 'shop-login'])
    for (const said of ['check test failed', 'ann asked for changes', 'is approved and green']) {
      expect(stdout.replaceAll(/\s+/g, ' ')).toContain(said)
    }
    expect(await stage.ao(['pr', 'merge', String(pull.number)])).toMatchObject({ code: 0 })
    await eventually(
      'the worker is done',
      async () => (await stage.condition('shop-login', 'Ready'))?.reason === 'Done',
      PATIENCE_MS,
    )
    await eventually('its workspace is gone', () => !existsSync(stage.worktree('shop-login')))
    expect(await tip(pull)).toBeUndefined()
    const issue = stage.hub.issueOf(1)
    expect(issue.state).toBe('closed')
    expect(issue.comments.map(({ body }) => body.split('\n')[0])).toEqual([
      'shop-login works on this, on ao/shop-login.',
    ])
    expect((await stage.events('CIFailureSent')).length).toBe(1)
    expect((await stage.events('ReviewSent')).length).toBe(1)
    await isSound('shop-login')
    sentinel.check()
  }, 90_000)
})

describe('Merging by itself', () => {
  beforeEach(async () => take('03-auto-merge'))

  test('what is approved, or labelled, and green is merged as it was seen, and all that was for it goes', async () => {
    const sentinel = plantSentinel(stage)
    await apply()
    stage.watch()
    const hours = await opened('ao/shop-hours')
    const prices = await opened('ao/shop-prices')
    for (const pull of [hours, prices]) await pull.check({ name: 'test', state: 'success' })
    await hours.review({ author: 'lint[bot]', type: 'Bot', verdict: 'comment', body: 'Nice.' })
    const seen = await tip(hours)
    expect([hours.merged, prices.merged]).toEqual([false, false])
    await hours.approve('ann')
    prices.label('automerge')
    await eventually('both are merged', () => hours.merged && prices.merged, PATIENCE_MS)
    await Promise.all(
      ['shop-hours', 'shop-prices'].map(async name =>
        eventually(
          `${name} is done`,
          async () => (await stage.condition(name, 'Ready'))?.reason === 'Done',
          PATIENCE_MS,
        ),
      ),
    )
    const merges = stage.forge.requests.filter(({ path }) => path.endsWith('/merge'))
    expect(merges).toHaveLength(2)
    expect(hours.head).toBe(seen)
    const issue = stage.hub.issueOf(1)
    await eventually('the issue is told', () => issue.state === 'closed', PATIENCE_MS)
    expect(issue.labels).toEqual(['in progress'])
    await eventually('the issue is told', () => issue.comments.length === 1)
    expect(issue.comments[0]?.body).toContain(`Done by ${stage.forge.url}/acme/shop/pull/`)
    for (const pull of [hours, prices]) {
      await eventually('the branch is gone', async () => (await tip(pull)) === undefined)
    }
    await eventually('the workspaces are gone', () =>
      ['shop-hours', 'shop-prices'].every(name => !existsSync(stage.worktree(name))),
    )
    for (const name of ['shop-hours', 'shop-prices']) await isSound(name)
    sentinel.check()
  }, 90_000)

  test('what changes the manifests waits for a person, whoever labelled it', async () => {
    await apply()
    stage.watch()
    const pull = await opened('ao/shop-prices')
    await stage.hub.commit(pull.headBranch, { '.ao/more.yaml': '# more\n' })
    await pull.check({ name: 'test', state: 'success' })
    pull.label('automerge')
    await stage.happens('shop-prices', 'Notified', 'a person merges what changes the manifests')
    expect(pull.merged).toBe(false)
  }, 60_000)
})
