import { existsSync } from 'node:fs'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { eventually } from '../support/eventually.ts'
import type { PullDriver } from '../support/forge/driver-pull.ts'
import { createForgeStage } from '../support/forge-stage.ts'
import type { ForgeStage } from '../support/forge-stage.ts'

const PATIENCE_MS = 30_000

let stage: ForgeStage
let workers = ''
const pulls = new Map<string, PullDriver>()

beforeAll(async () => {
  stage = await createForgeStage()
  workers = [
    stage.worker('shop-closed', 'reactions: { approved-and-green: { auto: true } }'),
    stage.worker('shop-gone'),
    stage.worker('shop-kept', 'onPullRequestClosed: keep'),
    stage.worker('shop-says', 'doneWhen: reported'),
    stage.worker('shop-after', 'dependsOn: [shop-closed]'),
  ].join('')
  await declare('5m')
  stage.watch()
  for (const name of ['shop-closed', 'shop-gone', 'shop-kept', 'shop-says']) {
    pulls.set(name, await stage.open(name))
    await stage.becomes(name, 'PullRequestOpen', 'Open')
  }
}, 90_000)

afterAll(async () => {
  try {
    await stage.check()
  } finally {
    await stage.close()
  }
})

async function declare(grace: string): Promise<void> {
  const project = `${stage.project}  cleanup: { grace: ${grace} }\n`
  const { code, stderr } = await stage.declare(`${project}${workers}`)
  expect([0, 6], stderr).toContain(code)
}

function pullOf(name: string): PullDriver {
  const pull = pulls.get(name)
  if (pull === undefined) throw new Error(`${name} has none`)
  return pull
}

async function ready(name: string): Promise<string> {
  return (await stage.condition(name, 'Ready'))?.message ?? ''
}

interface Skipped {
  readonly key: string
  readonly code: string
  readonly reason: string
  readonly next: string
}

async function skipped(name: string): Promise<Skipped | undefined> {
  const report = await stage.json<{ readonly skipped: readonly Skipped[] }>([
    'cleanup',
    '--dry-run',
  ])
  return report.skipped.find(({ key }) => key === `Worker/${name}`)
}

test('one that is closed by mistake and opened again within the grace is as it was', async () => {
  const name = 'shop-closed'
  const pull = pullOf(name)
  pull.close()
  await stage.becomes(name, 'Stalled', 'ClosedByUser')
  const message = await ready(name)
  expect(message).toMatch(
    /^pull request #1 was closed unmerged; cleaned up at 20[-\dT:]+Z unless it is reopened$/,
  )
  const until = message.replace(/^.*; /, '')
  expect(await stage.told(name)).toMatchObject({ status: { attempt: 1, display: 'Stalled' } })
  expect(await stage.condition(name, 'SessionRunning')).toMatchObject({ status: 'True' })
  expect(await skipped(name)).toMatchObject({ code: 'Grace', reason: message })
  await stage.happens(name, 'Notified', until)
  const why = await stage.ao(['why', name])
  expect(why.stdout.replaceAll(/\s+/g, ' ')).toContain(`next ${until}`)
  expect((await stage.ao(['describe', name])).stdout).toContain(`#1; ${until}`)

  pull.reopen()
  await stage.happens(name, 'PullRequestReopened', '#1 is open again')
  await stage.becomes(name, 'Ready', 'Running')
  expect(await stage.told(name)).toMatchObject({ status: { attempt: 1 } })
  expect(existsSync(stage.worktree(name))).toBe(true)
  expect(await stage.events('Closed')).toEqual([])
}, 90_000)

test('one that stays closed ends its worker: nothing is lost, nothing is done, and origin keeps the branch', async () => {
  const name = 'shop-closed'
  const pull = pullOf(name)
  stage.write('late.txt', 'not committed\n', stage.worktree(name))
  stage.commit('unpushed.txt', 'not pushed\n', stage.worktree(name))
  for (const each of pulls.values()) each.close()
  for (const each of pulls.keys()) await stage.becomes(each, 'Stalled', 'ClosedByUser')
  await declare('1s')
  await stage.happens(name, 'Closed', '#1 was not opened again')
  await stage.happens('shop-gone', 'CleanedUp', 'closed; cleaning up')
  await stage.happens(name, 'CleanedUp', 'closed; cleaning up')

  expect(existsSync(stage.worktree(name))).toBe(false)
  expect(stage.run(['for-each-ref', `refs/heads/${pull.headBranch}`])).toBe('')
  expect(await stage.hub.tip(pull.headBranch)).toBe(pull.head)
  const refs = stage.run(['for-each-ref', '--format=%(refname)', `refs/ao/preserved/${name}`])
  const [ref = ''] = refs.split('\n').slice(-1)
  expect(stage.run(['show', `${ref}:late.txt`])).toBe('not committed')
  expect(stage.run(['show', `${ref}:unpushed.txt`])).toBe('not pushed')

  expect(await stage.told(name)).toMatchObject({ status: { display: 'Closed' } })
  expect(await stage.condition(name, 'Stalled')).toMatchObject({ reason: 'ClosedByUser' })
  expect(await ready(name)).toBe(
    'pull request #1 was closed unmerged; reopen it to go on, or ao delete Worker/shop-closed',
  )
  const waited = await stage.ao(['wait', name, '--for=done', '--timeout', '60s'])
  expect(waited).toMatchObject({ code: 6 })
  expect(waited.stderr).toContain('is not done: it is closed (pull request #1 was not merged)')
  expect(await stage.condition('shop-after', 'Ready')).toMatchObject({
    reason: 'Waiting',
    message: expect.stringContaining(`the pull request of Worker/${name} was closed unmerged`),
  })
  expect((await stage.ao(['restart', name])).code).toBe(3)
  expect((await stage.ao(['describe', name])).stdout).toMatch(/Outcome +Closed, #1/)
}, 90_000)

test('the policy keep, and what its pull request does not end, keep everything', async () => {
  for (const name of ['shop-kept', 'shop-says']) {
    expect(existsSync(stage.worktree(name))).toBe(true)
    expect(await stage.condition(name, 'SessionRunning')).toMatchObject({ status: 'True' })
    expect(await ready(name)).toMatch(/^pull request #\d was closed unmerged; ao delete Worker/)
    expect(await skipped(name)).toMatchObject({ code: 'Closed', next: `ao delete Worker/${name}` })
  }
}, 60_000)

test('one that is opened again after that goes on from where its branch is by then, and can be merged', async () => {
  const name = 'shop-closed'
  const pull = pullOf(name)
  const tip = await stage.hub.commit(pull.headBranch, { 'theirs.txt': 'by a person\n' })
  pull.reopen()
  await eventually(
    'it runs again',
    async () => (await stage.told(name)).status.attempt === 2,
    PATIENCE_MS,
  )
  await stage.becomes(name, 'SessionRunning', 'Running')
  expect(stage.run(['rev-parse', 'HEAD'], stage.worktree(name))).toBe(tip)
  expect(await stage.hub.tip(pull.headBranch)).toBe(tip)
  expect(await stage.events('UnexpectedTransition')).toEqual([])
  await pull.check({ name: 'test', state: 'success' })
  await pull.approve('ann')
  await stage.becomes(name, 'Ready', 'Done')
  await eventually('its workspace is gone', () => !existsSync(stage.worktree(name)), PATIENCE_MS)
  await stage.becomes('shop-after', 'SessionRunning', 'Running')
}, 90_000)

test('one whose branch is somebody else’s by then is blocked, and goes on when that is gone', async () => {
  const name = 'shop-gone'
  const pull = pullOf(name)
  stage.run(['branch', pull.headBranch, 'main'])
  pull.reopen()
  await stage.becomes(name, 'Stalled', 'BranchTaken')
  expect(await ready(name)).toContain(`branch ${pull.headBranch} exists at`)
  expect(existsSync(stage.worktree(name))).toBe(false)
  stage.run(['branch', '-D', pull.headBranch])
  await stage.becomes(name, 'SessionRunning', 'Running')
  expect(stage.run(['rev-parse', 'HEAD'], stage.worktree(name))).toBe(pull.head)
  expect(await stage.hub.tip(pull.headBranch)).toBe(pull.head)
}, 90_000)

test('what is opened again while nobody looks is seen before its worker ends', async () => {
  const own = await createForgeStage()
  try {
    const name = 'shop-late'
    const rarely = own.project.replace('interval: 50ms', 'interval: 1h')
    expect(rarely).not.toBe(own.project)
    await own.declare(`${rarely}  cleanup: { grace: 4s }\n${own.worker(name)}`)
    own.watch()
    const pull = await own.open(name)
    await own.becomes(name, 'PullRequestOpen', 'Open')
    expect(await own.ao(['pr', 'close', '1', '--project', 'shop'])).toMatchObject({ code: 0 })
    await own.becomes(name, 'Stalled', 'ClosedByUser')
    pull.reopen()
    await own.happens(name, 'PullRequestReopened', '#1 is open again')
    expect(await own.events('Closed')).toEqual([])
    expect(existsSync(own.worktree(name))).toBe(true)
    await own.check()
  } finally {
    await own.close()
  }
}, 90_000)
