import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import type { RepositoryDriver } from './support/forge/driver.ts'
import { type Forge, startForge } from './support/forge/forge.ts'
import { graphqlFor, octokitFor, statusOf } from './support/forge/clients.ts'
import { runGit } from './support/forge/git.ts'
import { eventually } from './support/eventually.ts'

let forge: Forge
let repo: RepositoryDriver
let counter = 0

beforeAll(async () => {
  forge = await startForge()
})
afterAll(async () => {
  await forge.close()
})
beforeEach(async () => {
  counter += 1
  repo = await forge.createRepository({ owner: 'acme', name: `shop-${counter}` })
  forge.reset()
})

const api = () => octokitFor(forge)
const names = () => ({ owner: 'acme', repo: repo.name.split('/')[1] ?? '' })
const pullNumber = (number: number) => ({ ...names(), pull_number: number })

async function open(branch: string, files: Readonly<Record<string, string>> = { 'a.txt': 'a\n' }) {
  await repo.commit(branch, files)
  return repo.openPull({ head: branch, title: `Change by ${branch}` })
}

const git = async (args: readonly string[], cwd: string) =>
  (await runGit(args, { cwd })).stdout.trim()

/** Waits for the trial merge, as everybody must. */
async function mergeable(number: number): Promise<boolean | null> {
  const found = await eventually('the trial merge', async () => {
    const { data } = await api().pulls.get(pullNumber(number))
    return data.mergeable === null ? undefined : { is: data.mergeable }
  })
  return found.is
}

describe('merging', () => {
  it.each(['merge', 'squash', 'rebase'] as const)('really merges by %s', async method => {
    const pull = await open('feat/a', { 'a.txt': 'a\n' })
    await repo.commit('feat/a', { 'b.txt': 'b\n' }, 'Second')
    await repo.commit('main', { 'main.txt': 'm\n' })
    const head = pull.head
    const { data } = await api().pulls.merge({
      ...pullNumber(1),
      sha: repo.pull(1).head,
      merge_method: method,
    })
    expect(data).toMatchObject({ merged: true, sha: await repo.tip('main') })
    expect(repo.pull(1)).toMatchObject({ merged: true, state: 'closed', mergeSha: data.sha })
    const log = await git(['log', '--format=%s|%p', data.sha], repo.folder)
    const lines = log.split('\n')
    const parents = (lines[0] ?? '').split('|')[1]?.split(' ').length
    expect(parents).toBe(method === 'merge' ? 2 : 1)
    expect(lines).toHaveLength({ merge: 5, squash: 3, rebase: 4 }[method])
    for (const file of ['a.txt', 'b.txt', 'main.txt']) {
      await git(['cat-file', '-e', `${data.sha}:${file}`], repo.folder)
    }
    expect((await api().pulls.checkIfMerged(pullNumber(1))).status).toBe(204)
    expect(head).not.toBe(data.sha)
  })

  it('refuses a head that moved, twice the same, a draft and a method that is not allowed', async () => {
    const pull = await open('feat/a')
    const before = pull.head
    await repo.commit('feat/a', { 'b.txt': 'b\n' })
    const merge = async (options: object) =>
      statusOf(api().pulls.merge({ ...pullNumber(1), ...options }))
    expect(await merge({ sha: before })).toEqual([
      409,
      expect.stringContaining('Head branch was modified'),
    ])
    pull.setDraft(true)
    expect((await merge({}))[0]).toBe(405)
    pull.setDraft(false)
    expect((await merge({}))[0]).toBe(200)
    expect(await merge({})).toEqual([405, expect.stringContaining('already merged')])
  })

  it('holds to required checks and approvals, and tells them as a protection or as rules', async () => {
    repo.protect('main', { requiredChecks: ['build'], requiredApprovals: 1 })
    const pull = await open('feat/a')
    const merge = async () => statusOf(api().pulls.merge({ ...pullNumber(1), sha: pull.head }))
    expect(await merge()).toEqual([405, expect.stringContaining('"build" is expected')])
    await pull.check({ name: 'build', state: 'success' })
    expect(await merge()).toEqual([405, expect.stringContaining('approving review')])
    await mergeable(1)
    expect((await api().pulls.get(pullNumber(1))).data.mergeable_state).toBe('blocked')
    const main = { ...names(), branch: 'main' }
    const { data } = await api().repos.getBranchProtection(main)
    expect(data.required_status_checks?.contexts).toEqual(['build'])
    repo.protect('main', { requiredChecks: ['build'], asRules: true })
    expect((await statusOf(api().repos.getBranchProtection(main)))[0]).toBe(404)
    const rules = await api().repos.getBranchRules(main)
    expect(rules.data.map(rule => rule.type)).toEqual(['required_status_checks'])
    expect((await merge())[0]).toBe(200)
  })

  it('takes a pull request for merged whose commits were pushed to the base', async () => {
    const pull = await open('feat/a')
    await git(['update-ref', 'refs/heads/main', pull.head], repo.folder)
    expect((await api().pulls.get(pullNumber(1))).data).toMatchObject({
      merged: true,
      state: 'closed',
    })
  })

  it('lets the next of a stack follow, and closes the issues that a merge resolves', async () => {
    repo.issue({ title: 'Broken' })
    await repo.commit('feat/a', { 'a.txt': 'a' })
    await git(['update-ref', 'refs/heads/feat/b', (await repo.tip('feat/a')) ?? ''], repo.folder)
    await repo.commit('feat/b', { 'b.txt': 'b' })
    await repo.openPull({ head: 'feat/a', title: 'A', body: 'Fixes #1' })
    const next = await repo.openPull({ head: 'feat/b', base: 'feat/a', title: 'B' })
    const query = `query($owner: String!, $repo: String!) { repository(owner: $owner, name: $repo) { pullRequest(number: 2) {
      id closingIssuesReferences(first: 5) { nodes { number } } } } }`
    const { repository } = await graphqlFor(forge)<Readonly<Record<string, any>>>(query, names())
    expect(repository.pullRequest.closingIssuesReferences.nodes).toEqual([{ number: 1 }])
    const ids = [repository.pullRequest.id as string, 'PR_none']
    const nodes = graphqlFor(forge)('query($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }', {
      ids,
    })
    await expect(nodes).rejects.toMatchObject({
      data: { nodes: [{ id: ids[0], __typename: 'PullRequest' }, null] },
    })
    await api().pulls.merge({ ...pullNumber(2), merge_method: 'squash' })
    expect(repo.issueOf(1).state).toBe('closed')
    await api().git.deleteRef({ ...names(), ref: 'heads/feat/a' })
    const { data } = await api().pulls.get(pullNumber(next.number))
    expect([data.state, data.base.ref]).toEqual(['open', 'main'])
  })

  it('merges through a queue when it is told to', async () => {
    repo.protect('main', { mergeQueue: true })
    const pull = await open('feat/a')
    expect((await statusOf(api().pulls.merge(pullNumber(1))))[0]).toBe(405)
    const ask = graphqlFor(forge)
    const { data } = await api().pulls.get(pullNumber(1))
    const enqueue = `mutation($id: ID!, $head: GitObjectID) {
      enqueuePullRequest(input: {pullRequestId: $id, expectedHeadOid: $head}) { mergeQueueEntry { position state } }
    }`
    await expect(ask(enqueue, { id: data.node_id, head: '0'.repeat(40) })).rejects.toThrow(
      'modified',
    )
    const entered = await ask<{ readonly enqueuePullRequest: unknown }>(enqueue, {
      id: data.node_id,
      head: pull.head,
    })
    expect(entered.enqueuePullRequest).toEqual({
      mergeQueueEntry: { position: 1, state: 'QUEUED' },
    })
    expect(repo.queue()).toEqual([1])
    expect(await repo.runQueue()).toEqual({ merged: [1], removed: [] })
    expect(pull.merged).toBe(true)
  })
})
