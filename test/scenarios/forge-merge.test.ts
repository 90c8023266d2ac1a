import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'

import type { HttpChannel } from '../support/channels/http-channel.ts'
import { startHttpChannel } from '../support/channels/http-channel.ts'
import { eventually } from '../support/eventually.ts'
import type { PullDriver } from '../support/forge/driver-pull.ts'
import { createForgeStage } from '../support/forge-stage.ts'
import type { ForgeStage } from '../support/forge-stage.ts'

const PATIENCE_MS = 30_000

let stage: ForgeStage
let hook: HttpChannel

const merges = (settings = ''): string =>
  `reactions: { approved-and-green: { auto: true, settle: 1s, ${settings} } }`

const WORKERS: Readonly<Record<string, string>> = {
  'shop-bot': merges(),
  'shop-words': merges('require: none'),
  'shop-heard': merges(),
  'shop-label': merges('require: label'),
  'shop-told': 'reactions: { approved-and-green: { auto: false } }',
  'shop-wish': merges(),
  'shop-refused': merges(),
  'shop-skipped': merges(),
  'shop-neutral': merges(),
  'shop-optional': merges(),
  'shop-silent': merges('escalateAfter: 2s'),
  'shop-unknown': merges('escalateAfter: 2s'),
  'shop-rests': merges(),
  'shop-cut': merges(),
}

beforeAll(async () => {
  hook = await startHttpChannel({ fine: { status: 204 } })
  stage = await createForgeStage()
  stage.hub.protect('main', { requiredChecks: ['test'], resolvedThreads: true })
  const notifier = { plugin: 'webhook', config: { url: hook.url }, routes: ['action'] }
  const channel = { apiVersion: 'ao.dev/v1alpha1', kind: 'Notifier', metadata: { name: 'hook' } }
  const folder = join(stage.path, '.ao')
  mkdirSync(folder, { recursive: true })
  stage.write(
    join('.ao', 'shop.yaml'),
    [
      stage.project.replace('path: ../repo', 'path: ..'),
      ...Object.entries(WORKERS).map(([name, more]) => stage.worker(name, more)),
      `---\n${JSON.stringify({ ...channel, spec: notifier })}\n`,
    ].join(''),
  )
  const applied = await stage.ao(['apply', '-f', folder, '--yes'])
  expect(applied.code, `${applied.stdout}${applied.stderr}`).toBe(0)
  stage.watch()
}, 60_000)
afterEach(() => {
  stage.forge.faults.clear()
})
afterAll(async () => {
  try {
    await stage.check()
  } finally {
    await stage.close()
    await hook.close()
  }
})

const green = { name: 'test', state: 'success' } as const

async function isMerged(pull: PullDriver): Promise<void> {
  await eventually(`#${pull.number} is merged`, () => pull.merged, PATIENCE_MS)
}

async function says(name: string, words: string): Promise<void> {
  await eventually(
    `${name} says ${words}`,
    async () => (await stage.condition(name, 'Ready'))?.message.includes(words) === true,
    PATIENCE_MS,
  )
}

/** After this what was so before is judged. */
async function isLookedAt(name: string, pull: PullDriver): Promise<void> {
  const author = `passer-by-${pull.number}`
  pull.comment({ author, association: 'NONE', body: 'What is this?' })
  await stage.happens(name, 'ReactionHeld', author)
}

function asked({ number }: PullDriver): number {
  const path = `/repos/acme/shop/pulls/${number}/merge`
  return stage.forge.requests.filter(each => each.path.endsWith(path)).length
}

function told(name: string, words: string): number {
  return hook.received.filter(({ body }) => body.includes(name) && body.includes(words)).length
}

test('the approval of an application merges nothing, that of a person does', async () => {
  const pull = await stage.open('shop-bot')
  await pull.check(green)
  await pull.review({ author: 'reviewbot', type: 'Bot', verdict: 'approve', body: 'LGTM' })
  await isLookedAt('shop-bot', pull)
  await says('shop-bot', '#1: waiting for review')
  expect(asked(pull)).toBe(0)
  await pull.approve('ann')
  await isMerged(pull)
}, 60_000)

test('what a person said and got no answer to holds the merge, also where nothing is asked for', async () => {
  const pull = await stage.open('shop-words')
  const [thread = 0] = await pull.review({
    author: 'ann',
    verdict: 'comment',
    comments: [{ path: 'shop-words.txt', line: 1, body: 'Not before the fix, please.' }],
  })
  await pull.check(green)
  await stage.happens('shop-words', 'ReactionHeld', 'green, but 1 comment waits for an answer')
  await says('shop-words', `#${pull.number}: 1 comment waits for an answer`)
  expect(asked(pull)).toBe(0)
  pull.resolveThread(thread, 'ann')
  // GitHub's lists don't tell that: it is heard of with the next thing that happens. What an application says holds nothing up.
  pull.comment({ author: 'helper', type: 'Bot', body: 'Coverage rose.' })
  await isMerged(pull)
}, 60_000)

test('what a person said since the last look is heard in the read just before the merge', async () => {
  const name = 'shop-heard'
  const pull = await stage.open(name)
  expect(await stage.ao(['suspend', name])).toMatchObject({ code: 0 })
  await pull.check(green)
  await pull.approve('ben')
  await stage.happens(name, 'ReactionHeld', `${name} is suspended`)
  // From here on looks show nothing new.
  stage.forge.faults.set('stale-list')
  const before = stage.forge.requests.length
  // What was seen to move is read until the forge has said whether it merges.
  const listsAfterLastRead = (): number => {
    const since = stage.forge.requests.slice(before)
    const read = since.findLastIndex(({ path }) => path.includes('graphql'))
    return since.slice(read + 1).filter(({ path }) => /\/pulls(\?|$)/.test(path)).length
  }
  await eventually('looks read nothing more of it', () => listsAfterLastRead() > 2, PATIENCE_MS)
  const [thread = 0] = await pull.review({
    author: 'ann',
    verdict: 'comment',
    comments: [{ path: `${name}.txt`, line: 1, body: 'Wait!' }],
  })
  expect(await stage.ao(['resume', name])).toMatchObject({ code: 0 })
  await stage.happens(name, 'Conflict', 'is not what it was when it was judged')
  expect(asked(pull)).toBe(0)
  stage.forge.faults.clear()
  await says(name, `#${pull.number}: 1 comment waits for an answer`)
  pull.resolveThread(thread, 'ann')
  pull.comment({ author: 'helper', type: 'Bot', body: 'Coverage rose.' })
  await isMerged(pull)
}, 90_000)

test('a session merges what would be merged without it, and nothing that only a person may', async () => {
  const put = async (name: string, pull: PullDriver) =>
    stage.ao(['pr', 'merge', String(pull.number)], stage.inside(name))
  const label = await stage.open('shop-label')
  await label.check(green)
  await label.approve('ann')
  await says('shop-label', 'waiting for the label automerge')
  const unlabelled = await put('shop-label', label)
  expect(unlabelled).toMatchObject({ code: 3 })
  expect(unlabelled.stderr).toContain('waiting for the label automerge; a person may')

  const ready = await stage.open('shop-told')
  await ready.check(green)
  await ready.approve('ann')
  await stage.happens('shop-told', 'Notified', 'approved-and-green.auto is false')
  const manual = await put('shop-told', ready)
  expect(manual).toMatchObject({ code: 3 })
  expect(manual.stderr).toContain('approved-and-green.auto is false')
  const others = await put('shop-label', ready)
  expect(others).toMatchObject({ code: 3 })
  expect(others.stderr).toContain("is shop-told's")

  mkdirSync(join(stage.worktree('shop-wish'), '.ao'), { recursive: true })
  await stage.work('shop-wish', '.ao/more.yaml', 'kind: Worker\n')
  const wish = await stage.open('shop-wish')
  await wish.check(green)
  await wish.approve('ann')
  await stage.happens('shop-wish', 'Notified', 'a person merges what changes the manifests')
  const changing = await put('shop-wish', wish)
  expect(changing).toMatchObject({ code: 3 })
  expect(changing.stderr).toContain('a person merges what changes the manifests')
  expect([label, ready, wish].map(asked)).toEqual([0, 0, 0])

  await stage.unwatch()
  label.label('automerge')
  expect(await put('shop-label', label)).toMatchObject({ code: 0 })
  expect(label.merged).toBe(true)
  expect(await stage.ao(['pr', 'merge', String(wish.number)])).toMatchObject({ code: 0 })
  stage.watch()
  await stage.becomes('shop-wish', 'Ready', 'Done')
}, 120_000)

test('a merge that the forge refuses is told once with its reason, and another head is tried at once', async () => {
  const name = 'shop-refused'
  const pull = await stage.open(name)
  await pull.check(green)
  const [thread = 0] = await pull.review({
    author: 'reviewbot',
    type: 'Bot',
    verdict: 'comment',
    comments: [{ path: `${name}.txt`, line: 1, body: 'Nit.' }],
  })
  await pull.approve('ann')
  await stage.becomes(name, 'Merged', 'MergeFailed')
  await says(name, `#${pull.number}: merge refused: `)
  await says(name, 'All comments must be resolved')
  await eventually('a person is told', () => told(name, 'All comments') > 0, PATIENCE_MS)
  const why = await stage.ao(['why', name, '--cause', 'approved-and-green'])
  expect(why.stdout).toMatch(/merging #\d+ failed/)
  expect(why.stdout).toContain('was refused')
  // Tried again by whoever comes next, it is no news.
  const before = asked(pull)
  await stage.unwatch()
  stage.watch()
  await eventually('it is tried again', () => asked(pull) > before, PATIENCE_MS)
  await isLookedAt(name, pull)
  expect(told(name, 'All comments')).toBe(1)

  pull.resolveThread(thread, 'ann')
  await stage.work(name, 'more.txt', 'more\n')
  await pull.check(green)
  await pull.approve('ann')
  await isMerged(pull)
  await stage.happens(name, 'Merged', 'merged as')
  await stage.becomes(name, 'Merged', 'Merged')
}, 120_000)

test.each(['skipped', 'neutral'] as const)(
  'a required check that is %s is as good as passed, as it is to the forge',
  async state => {
    const name = `shop-${state}`
    const pull = await stage.open(name)
    await pull.check({ name: 'test', state })
    await pull.approve('ann')
    await isMerged(pull)
  },
  60_000,
)

test('a check that nobody requires and that runs on and on holds nothing up', async () => {
  const pull = await stage.open('shop-optional')
  await pull.check({ name: 'soak', state: 'running' })
  await pull.approve('ann')
  await pull.check(green)
  await isMerged(pull)
}, 60_000)

test('a required check that never reports is named, and a person is called once for each head', async () => {
  const name = 'shop-silent'
  const words = 'waits for required check test, which has not reported yet'
  const pull = await stage.open(name)
  await pull.check({ name: 'other', state: 'success' })
  await says(name, `#${pull.number}: ${words}`)
  expect((await stage.condition(name, 'ChecksPassing'))?.message).toBe(words)
  await eventually('a person is called', () => told(name, words) > 0, PATIENCE_MS)
  await stage.unwatch()
  stage.watch()
  await isLookedAt(name, pull)
  expect(told(name, words)).toBe(1)
  await stage.work(name, 'more.txt', 'more\n')
  await eventually('and of the next head', () => told(name, words) === 2, PATIENCE_MS)
  await pull.approve('ann')
  await pull.check(green)
  await isMerged(pull)
}, 90_000)

test('that the forge never says whether it merges is told, and a person is called', async () => {
  const name = 'shop-unknown'
  // Nobody is called for a draft, however long its checks take to report.
  const pull = await stage.open(name, '--draft')
  await pull.check(green)
  await pull.approve('ann')
  await stage.becomes(name, 'ChecksPassing', 'ChecksPassing')
  stage.forge.faults.set('mergeable-unknown')
  pull.setDraft(false)
  const words = 'not known yet whether it merges cleanly'
  try {
    await says(name, `#${pull.number}: ${words}`)
    await eventually('a person is called', () => told(name, words) === 1, PATIENCE_MS)
  } finally {
    stage.forge.faults.clear()
  }
  await isMerged(pull)
}, 90_000)

test('what a suspended worker made rests with it', async () => {
  const name = 'shop-rests'
  const pull = await stage.open(name)
  expect(await stage.ao(['suspend', name])).toMatchObject({ code: 0 })
  await pull.check(green)
  await pull.approve('ann')
  await stage.happens(name, 'ReactionHeld', 'shop-rests is suspended, and what it made rests')
  await says(name, `#${pull.number} is not merged by itself meanwhile`)
  expect(asked(pull)).toBe(0)
  expect(await stage.ao(['resume', name])).toMatchObject({ code: 0 })
  await isMerged(pull)
}, 60_000)

test('killed in the middle of merging, it is told what was decided', async () => {
  const name = 'shop-cut'
  const pull = await stage.open(name)
  await pull.check(green)
  await says(name, 'waiting for review')
  stage.forge.faults.set('slow', { ms: 2000, only: /^PUT .*\/merge$/ })
  await stage.unwatch()
  const watcher = stage.start(['reconcile', '--watch'])
  await pull.approve('ann')
  await eventually('it is asked to merge', () => asked(pull) > 0, PATIENCE_MS)
  watcher.signal('SIGKILL')
  await watcher.exit
  await isMerged(pull)
  stage.forge.faults.clear()
  expect(await stage.events('Merged', name)).toEqual([])
  stage.watch()
  await stage.becomes(name, 'Ready', 'Done')
  await stage.happens(
    name,
    'Merged',
    `pull request #${pull.number} is approved and green; merged as`,
  )
  expect(await stage.events('Merged', name)).toMatchObject([
    { cause: `approved-and-green#${pull.number}` },
  ])
}, 90_000)
