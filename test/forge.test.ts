import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import type { RepositoryDriver } from './support/forge/driver.ts'
import { type Forge, startForge } from './support/forge/forge.ts'
import { octokitFor, statusOf } from './support/forge/clients.ts'
import { eventually } from './support/eventually.ts'

const run = promisify(execFile)

let forge: Forge
let repo: RepositoryDriver
let folder: string
let counter = 0

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ao-forge-test-'))
  forge = await startForge()
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
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

const git = async (args: readonly string[], cwd: string) => {
  const env = {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: folder,
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: 'Sam',
    GIT_AUTHOR_EMAIL: 'sam@example.org',
    GIT_COMMITTER_NAME: 'Sam',
    GIT_COMMITTER_EMAIL: 'sam@example.org',
  }
  return (await run('git', args, { cwd, env })).stdout.trim()
}

/** Waits for the trial merge, as everybody must. */
async function mergeable(number: number): Promise<boolean | null> {
  const found = await eventually('the trial merge', async () => {
    const { data } = await api().pulls.get(pullNumber(number))
    return data.mergeable === null ? undefined : { is: data.mergeable }
  })
  return found.is
}

describe('git and pull requests', () => {
  it('takes a branch that is pushed over HTTP and opens a pull request of it', async () => {
    const clone = join(folder, `clone-${counter}`)
    await git(['clone', '-q', repo.cloneUrl, clone], folder)
    await git(['checkout', '-q', '-b', 'feat/login'], clone)
    writeFileSync(join(clone, 'login.txt'), 'login\n')
    await git(['add', '.'], clone)
    await git(['commit', '-q', '-m', 'Add login'], clone)
    await git(['push', '-q', 'origin', 'feat/login'], clone)
    const head = await git(['rev-parse', 'HEAD'], clone)

    const made = await api().pulls.create({
      ...names(),
      title: 'Login',
      head: 'feat/login',
      base: 'main',
      draft: true,
    })
    expect(made.data).toMatchObject({
      number: 1,
      draft: true,
      head: { sha: head },
      changed_files: 1,
    })

    writeFileSync(join(clone, 'login.txt'), 'better\n')
    await git(['commit', '-q', '-am', 'Better'], clone)
    await git(['push', '-q', 'origin', 'feat/login'], clone)
    const { data } = await api().pulls.get(pullNumber(1))
    expect(data.head.sha).toBe(await git(['rev-parse', 'HEAD'], clone))
    expect(data.commits).toBe(2)
    await git(['push', '-q', 'origin', ':feat/login'], clone)
    expect((await api().pulls.get(pullNumber(1))).data.state).toBe('closed')
  })

  it('refuses a second pull request, one without commits and one of a branch that is not there', async () => {
    await open('feat/a')
    const create = async (head: string) =>
      statusOf(api().pulls.create({ ...names(), title: 'Again', head, base: 'main' }))
    expect(await create('feat/a')).toEqual([
      422,
      expect.stringContaining('already exists for acme:feat/a'),
    ])
    expect(await create('main')).toEqual([
      422,
      expect.stringContaining('No commits between main and main'),
    ])
    expect(await create('feat/none')).toEqual([422, expect.stringContaining('"field":"head"')])
    expect(await create('other:feat/a')).toEqual([422, expect.stringContaining('"field":"head"')])
  })

  it('knows forks by their head repository', async () => {
    const fork = await repo.fork('mallory')
    await fork.commit('feat/a', { 'a.txt': 'evil\n' })
    await open('feat/a')
    await repo.openPull({
      head: 'feat/a',
      from: fork.name,
      title: 'From outside',
      author: 'mallory',
    })
    const { data } = await api().pulls.list(names())
    expect(data.map(pull => [pull.number, pull.head.label, pull.head.repo.full_name])).toEqual([
      [2, 'mallory:feat/a', fork.name],
      [1, 'acme:feat/a', repo.name],
    ])
    const filtered = await api().pulls.list({ ...names(), head: 'mallory:feat/a' })
    expect(filtered.data.map(pull => pull.number)).toEqual([2])
  })

  it('works out mergeability only when it was asked for, and again after a push', async () => {
    const pull = await open('feat/a', { 'README.md': 'mine\n' })
    expect((await api().pulls.get(pullNumber(1))).data).toMatchObject({
      mergeable: null,
      mergeable_state: 'unknown',
    })
    expect(await mergeable(1)).toBe(true)
    expect((await api().pulls.get(pullNumber(1))).data.mergeable_state).toBe('clean')
    await repo.commit('main', { 'README.md': 'theirs\n' })
    expect((await api().pulls.get(pullNumber(1))).data.mergeable).toBeNull()
    expect(await mergeable(1)).toBe(false)
    expect((await api().pulls.get(pullNumber(1))).data.mergeable_state).toBe('dirty')
    expect(await statusOf(api().pulls.merge({ ...pullNumber(1), sha: pull.head }))).toEqual([
      405,
      expect.stringContaining('not mergeable'),
    ])
  })

  it('pages lists with links and keeps to what was asked for', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await open(`feat/${name}`, { [name]: name })
    repo.pull(2).close()
    const first = await api().pulls.list({ ...names(), state: 'all', per_page: 2 })
    expect(first.data.map(pull => pull.number)).toEqual([5, 4])
    expect(first.headers.link).toMatch(/page=2>; rel="next", <.*page=3>; rel="last"/)
    const all = await api().paginate(api().pulls.list, { ...names(), state: 'all', per_page: 2 })
    expect(all.map(pull => pull.number)).toEqual([5, 4, 3, 2, 1])
    const open_ = await api().pulls.list({ ...names(), sort: 'updated', direction: 'asc' })
    expect(open_.data.map(pull => pull.number)).toEqual([1, 3, 4, 5])
    // A name that is none of the words is refused rather than ignored.
    const wrong = api().request('GET /repos/{owner}/{repo}/pulls', {
      ...names(),
      state: 'sleepy' as 'open',
    })
    expect((await statusOf(wrong))[0]).toBe(422)
  })
})

describe('for measurements and for people', () => {
  it('opens many pull requests at once', async () => {
    const numbers = await repo.openPulls(Array.from({ length: 120 }, (_, at) => `agent/${at}`))
    expect(numbers).toHaveLength(120)
    const all = await api().paginate(api().pulls.list, { ...names(), per_page: 100 })
    expect(all).toHaveLength(120)
    expect(new Set(all.map(pull => pull.head.sha)).size).toBe(120)
    expect(forge.requests.filter(request => request.operation === 'pulls/list')).toHaveLength(2)
    expect((await api().pulls.listFiles(pullNumber(7))).data).toMatchObject([
      { filename: 'work/6.txt', status: 'added' },
    ])
  })

  it('starts with a sample repository by npm run dev:forge, and leaves nothing behind', async () => {
    const script = new URL('support/forge/dev.ts', import.meta.url).pathname
    const child = spawn(process.execPath, ['--import', 'tsx', script], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
    const ended = new Promise<number | null>(resolve => child.on('close', resolve))
    try {
      await eventually('what to try', () => said.includes('outside world') && said, 30_000)
    } finally {
      child.kill('SIGINT')
    }
    expect([await ended, said]).toEqual([0, expect.stringContaining('plugin: github')])
    const clone = /clone +(\S+)/.exec(said)?.[1] ?? ''
    expect([clone === '', existsSync(clone)]).toEqual([false, false])
  })
})
