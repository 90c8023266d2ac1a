import { afterAll, beforeAll, expect, test } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { octokitFor } from '../support/forge/clients.ts'
import type { PullDriver } from '../support/forge/driver-pull.ts'
import { createForgeStage } from '../support/forge-stage.ts'
import type { ForgeStage } from '../support/forge-stage.ts'

const AUTO = 'reactions: { approved-and-green: { auto: true, settle: 1s } }'
const WORKERS = ['shop-theirs', 'shop-moved', 'shop-late', 'shop-blind', 'shop-stopped']

let stage: ForgeStage

/** The manifests lie in the repository, as people have them: what changes them is a person's to merge. */
beforeAll(async () => {
  stage = await createForgeStage()
  const workers = WORKERS.map(name => stage.worker(name, AUTO)).join('')
  stage.write('.ao/shop.yaml', `${stage.project.replace('path: ../repo', 'path: ..')}${workers}`)
  const { code, stdout, stderr } = await stage.ao(['apply', '--yes'])
  expect(code, `${stdout}${stderr}`).toBe(0)
  stage.watch()
}, 60_000)

afterAll(async () => {
  try {
    await stage.check()
  } finally {
    await stage.close()
  }
})

/** Whatever happens while the read just before a merge lasts. */
async function whileReading(pull: PullDriver, happens: () => Promise<unknown>): Promise<void> {
  const files = new RegExp(`^GET .*/pulls/${pull.number}/files`)
  const reads = (): number =>
    stage.forge.requests.filter(({ method, path }) => files.test(`${method} ${path}`)).length
  const tries = (): number =>
    stage.forge.requests.filter(({ operation }) => operation === 'pulls/merge').length
  const [read, tried] = [reads(), tries()]
  stage.forge.faults.set('slow', { ms: 3000, only: files })
  await pull.approve('ann')
  await eventually('it is about to be merged', () => stage.forge.faults.struck('slow') > 0, 30_000)
  await happens()
  await eventually('it was read', () => reads() > read, 30_000)
  stage.forge.faults.clear('slow')
  expect(tries()).toBe(tried)
}

test('what a namesake of another operator opened is never merged nor followed, until a person claims it', async () => {
  const name = 'shop-theirs'
  const theirs = `${stage.root}/theirs`
  stage.run(['clone', '-q', stage.hub.folder, theirs], stage.root)
  stage.run(['switch', '-q', '-c', `ao/${name}`], theirs)
  stage.commit('theirs.txt', 'theirs\n', theirs)
  stage.run(['push', '-q', stage.hub.folder, 'HEAD'], theirs)
  stage.write('.ao/shop.yaml', stage.project.replace('path: ../repo', 'path: ..'), theirs)
  const elsewhere = { cwd: theirs, env: { AO_HOME: `${stage.root}/their-home` } }
  expect(await stage.ao(['apply', '--yes'], elsewhere)).toMatchObject({ code: 0 })
  const asWorker = { ...elsewhere.env, AO_SESSION_ID: name, AO_PROJECT_ID: 'shop' }
  const head = ['--head', `ao/${name}`, '--title', 'Theirs']
  const opened = await stage.ao(['pr', 'create', ...head], {
    cwd: stage.root,
    env: { ...asWorker },
  })
  expect(opened, opened.stderr).toMatchObject({ code: 0 })
  const pull = stage.hub.pull(Number(/^#(\d+)/.exec(opened.stdout)?.[1]))
  await pull.check({ name: 'test', state: 'success' })
  await pull.approve('ann')
  // Looked at since, it is still nobody's here.
  const since = stage.forge.requests.length
  await eventually(
    'the repository was looked at again',
    () => stage.forge.requests.slice(since).filter(({ kind }) => kind === 'rest').length > 20,
    30_000,
  )
  expect((await stage.told(name)).status.pullRequest).toBeUndefined()
  expect(pull.merged).toBe(false)
  expect((await stage.condition(name, 'Ready'))?.message).toBe(
    `running; another operator's session opened #${pull.number} of its branch: ao pr claim ${pull.number} ${name}, or ao delete Worker/${name}`,
  )

  const claimed = await stage.ao(['pr', 'claim', String(pull.number), name])
  expect(claimed).toMatchObject({ code: 0 })
  expect(claimed.stderr).toContain(`opened by ${name} of another home`)
  await eventually('it is merged', () => pull.merged, 30_000)
  await stage.becomes(name, 'Ready', 'Done')
  // The word was about the pull request: the branch is still theirs.
  expect(await stage.hub.tip(pull.headBranch)).toBe(pull.head)
}, 90_000)

test('what is turned to another branch while it is about to be merged is judged anew by what that branch asks for', async () => {
  const name = 'shop-moved'
  await stage.hub.commit('next', { 'next.txt': 'next\n' })
  stage.hub.protect('next', { requiredApprovals: 2 })
  const pull = await stage.open(name)
  await pull.check({ name: 'test', state: 'success' })
  await stage.becomes(name, 'ChecksPassing', 'ChecksPassing')
  const person = octokitFor(stage.forge)
  const where = { owner: 'acme', repo: 'shop', pull_number: pull.number }
  await whileReading(pull, async () => person.rest.pulls.update({ ...where, base: 'next' }))
  await stage.happens(name, 'Conflict', 'goes into next now, not into main')
  expect(pull.merged).toBe(false)
  await pull.approve('bob')
  await eventually('it is merged', () => pull.merged, 30_000)
  await stage.becomes(name, 'Ready', 'Done')
}, 90_000)

test('what changes a manifest with its last push, made while it is about to be merged, is a person’s to merge', async () => {
  const name = 'shop-late'
  const pull = await stage.open(name)
  await pull.check({ name: 'test', state: 'success' })
  await stage.becomes(name, 'ChecksPassing', 'ChecksPassing')
  await whileReading(pull, async () => stage.work(name, '.ao/more.yaml', 'kind: Worker\n'))
  await pull.check({ name: 'test', state: 'success' })
  await pull.approve('ann')
  await stage.happens(name, 'Notified', 'a person merges what changes the manifests')
  expect(pull.merged).toBe(false)
}, 90_000)

test('where the token may not see what a branch requires, the forge itself holds a merge back, and a person sees why', async () => {
  const name = 'shop-blind'
  stage.hub.protect('main', { requiredChecks: ['unit'] })
  stage.forge.faults.set('forbidden', { only: /\/branches\/main\/protection|\/rules\/branches\// })
  const pull = await stage.open(name)
  await pull.check({ name: 'test', state: 'success' })
  await pull.approve('ann')
  await stage.becomes(name, 'Merged', 'MergeFailed')
  expect((await stage.condition(name, 'Merged'))?.message).toContain('"unit" is expected')
  expect(pull.merged).toBe(false)
  // What the forge refused is tried again after a while, and by whoever looks afresh.
  await stage.unwatch()
  await pull.check({ name: 'unit', state: 'success' })
  await stage.ao(['reconcile', '--once'])
  expect(pull.merged).toBe(true)
  stage.forge.faults.clear('forbidden')
  stage.watch()
  await stage.becomes(name, 'Ready', 'Done')
}, 90_000)

test('runs that were cancelled are no failure and not green, also where nothing is required', async () => {
  const name = 'shop-stopped'
  stage.hub.protect('main', { requiredChecks: [] })
  const pull = await stage.open(name)
  await pull.check({ name: 'test', state: 'cancelled' })
  await pull.approve('ann')
  await stage.becomes(name, 'ChecksPassing', 'ChecksPending')
  // Longer than a head without checks would have to stand.
  const since = Date.now()
  await eventually('it stood for long', () => Date.now() - since > 2500, 30_000)
  expect(pull.merged).toBe(false)
  expect(stage.heard(name)).toEqual([])
  await pull.check({ name: 'test', state: 'success' })
  await eventually('it is merged', () => pull.merged, 30_000)
  await stage.becomes(name, 'Ready', 'Done')
}, 90_000)
