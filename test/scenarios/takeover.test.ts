import { afterEach, expect, test } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { conditionOf } from '../support/world.ts'
import { expectOrder } from './order.ts'
import { resting, succeed } from './routes.ts'
import { createStage, project, worker } from './stage.ts'
import type { Stage } from './stage.ts'

let stage: Stage | undefined

afterEach(async () => {
  await stage?.remove()
  stage = undefined
})

/** A worker that has committed, and the same one with another task. */
async function working(): Promise<Stage> {
  const one = createStage()
  stage = one
  one.declare('project.yaml', project())
  one.declare('workers.yaml', worker('app-one', 'work'))
  await succeed(one, ['apply', '-f', one.manifests])
  await resting(one)
  return one
}

function changeTask(one: Stage): void {
  one.declare('workers.yaml', worker('app-one', 'work').replace('Do the work', 'Do other work'))
}

function tip(one: Stage, ref: string): string {
  return one.repo.run(['for-each-ref', '--format=%(objectname)', ref])
}

function originTip(one: Stage): string {
  return one.repo.run(['ls-remote', 'origin', 'refs/heads/ao/app-one']).split('\t')[0] ?? ''
}

test('replacing a worker that pushed its branch starts the new one, and keeps what the old one pushed', async () => {
  const one = await working()
  one.repo.run(['push', '-q', 'origin', 'HEAD'], one.worktree('app-one'))
  const pushed = originTip(one)
  // Commits that were not pushed come on top: what origin has is still ours.
  one.repo.commit('more.txt', 'more\n', one.worktree('app-one'))
  const last = tip(one, 'refs/heads/ao/app-one')
  changeTask(one)

  const diff = await one.ao(['diff', '-f', one.manifests, '--replace', '-o', 'json'])
  const { actions } = JSON.parse(diff.stdout) as {
    readonly actions: readonly {
      readonly action: string
      readonly details: readonly { readonly label: string }[]
      readonly loses: readonly string[]
    }[]
  }
  const action = actions.find(each => each.action === 'replace')
  expect(action?.details.map(({ label }) => label)).toEqual([
    'new branch',
    'new session',
    'new agent',
  ])
  expect(action?.loses.join('\n')).toContain('branch ao/app-one on origin')

  await succeed(one, ['apply', '-f', one.manifests, '--replace', '--yes'])
  expect(conditionOf(one, 'Worker/app-one', 'Ready')).toBe('True:Running')
  expect(one.starts('app-one')).toHaveLength(2)
  expect(originTip(one)).toBe('')
  expect(tip(one, 'refs/ao/kept/app-one')).toBe(pushed)
  one.repo.run(['merge-base', '--is-ancestor', last, tip(one, 'refs/ao/preserved/app-one')])
  expect((await one.ao(['diff', '-f', one.manifests])).code).toBe(0)
  // What the new one does can be pushed, which is what all this is for.
  await resting(one)
  one.repo.run(['push', '-q', 'origin', 'HEAD'], one.worktree('app-one'))
  expectOrder(one, ['app-one'])
})

test('commits of somebody else on origin are never overwritten: both ways out are offered instead', async () => {
  const one = await working()
  one.repo.run(['push', '-q', 'origin', 'HEAD'], one.worktree('app-one'))
  const clone = `${one.repo.root}/clone`
  one.repo.run(['clone', '-q', '-b', 'ao/app-one', one.repo.origin, clone])
  one.repo.commit('foreign.txt', 'foreign\n', clone)
  one.repo.run(['push', '-q', 'origin', 'HEAD'], clone)
  const foreign = originTip(one)
  changeTask(one)

  // Nobody has fetched: only origin itself knows.
  const blind = await one.ao(['apply', '-f', one.manifests, '--replace', '--yes'])
  expect(blind.code).toBe(6)
  expect(conditionOf(one, 'Worker/app-one', 'Stalled')).toBe('True:BranchTaken')
  expect(originTip(one)).toBe(foreign)

  one.repo.run(['fetch', '-q', 'origin'])
  const { code, stdout } = await one.ao(['diff', '-f', one.manifests])
  expect(code).toBe(1)
  expect(stdout).toContain('git push origin --delete ao/app-one')
  expect(stdout).toContain('set spec.branch of app-one to another name')
  one.repo.run(['push', '-q', 'origin', '--delete', 'ao/app-one'])
  await succeed(one, ['apply', '-f', one.manifests])
  expectOrder(one, ['app-one'])
})

test('a branch that somebody else’s worker of the same name pushed is theirs, also before anybody fetched it', async () => {
  const one = (stage = createStage())
  const clone = `${one.repo.root}/clone`
  one.repo.run(['clone', '-q', one.repo.origin, clone])
  one.repo.run(['switch', '-q', '-c', 'ao/app-one'], clone)
  const theirs = one.repo.commit('theirs.txt', 'theirs\n', clone)
  one.repo.run(['push', '-q', 'origin', 'HEAD'], clone)
  one.declare('project.yaml', project())
  one.declare('workers.yaml', [worker('app-one'), worker('app-two')].join('---\n'))
  expect((await one.ao(['apply', '-f', one.manifests])).code).toBe(6)
  expect(conditionOf(one, 'Worker/app-one', 'Stalled')).toBe('True:BranchTaken')
  expect(originTip(one)).toBe(theirs)
  expectOrder(one, ['app-two'])
})

test('a worker declared again goes on with the branch that was kept of it, unless somebody moved that', async () => {
  const one = await working()
  const before = tip(one, 'refs/heads/ao/app-one')
  const base = tip(one, 'refs/ao/owned/app-one')
  await succeed(one, ['delete', 'app-one', '--force'])
  expect(tip(one, 'refs/heads/ao/app-one')).toBe(before)
  const diff = await one.ao(['diff', '-f', one.manifests])
  expect(diff.stdout).toContain('kept from the session of this name before')
  await succeed(one, ['apply', '-f', one.manifests])
  expect(tip(one, 'refs/heads/ao/app-one')).toBe(before)
  expect(tip(one, 'refs/ao/owned/app-one')).toBe(base)
  await resting(one)

  await succeed(one, ['delete', 'app-one', '--force'])
  const person = `${one.repo.root}/person-at-it`
  one.repo.run(['worktree', 'add', '-q', person, 'ao/app-one'])
  one.repo.commit('mine.txt', 'mine\n', person)
  one.repo.run(['worktree', 'remove', person])
  const blocked = await one.ao(['diff', '-f', one.manifests])
  expect(blocked.stdout).toContain('git branch -m ao/app-one ao/app-one-old')
  expect(blocked.stdout).toContain('set spec.branch of app-one to another name')
  expectOrder(one, [])
})

test('a worker with an open pull request is not replaced before that is closed', async () => {
  const one = createStage()
  stage = one
  one.declare('project.yaml', project())
  one.declare('workers.yaml', worker('app-one', 'open'))
  await succeed(one, ['apply', '-f', one.manifests])
  await resting(one)
  one.declare('workers.yaml', worker('app-one', 'open').replace('Do the work', 'Do other work'))
  const blocked = await one.ao(['diff', '-f', one.manifests, '--replace'])
  expect(blocked.stdout).toContain('replace (blocked)')
  expect(blocked.stdout).toContain('ao pr close 1')
  await succeed(one, ['pr', 'close', '1', '--project', 'app'])
  await succeed(one, ['apply', '-f', one.manifests, '--replace', '--yes'])
  // Its attempts count from one again, so that the rest of the one before says nothing of this one's.
  await eventually('the new one to have its own pull request', async () => {
    await succeed(one, ['reconcile', '--once'])
    const { stdout } = await one.ao(['get', 'worker/app-one', '-o', 'json'])
    const { status } = JSON.parse(stdout) as { status: { pullRequest?: { number: number } } }
    return status.pullRequest?.number === 2
  })
  expectOrder(one, ['app-one'])
})
