import { spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  watch,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import type { WorkspaceTarget } from '../../src/plugins/workspace.ts'
import { ownerRef, uid8 } from '../../src/resource/refs.ts'
import { eventually } from '../support/eventually.ts'
import { createWorktreeBench, type WorktreeBench } from '../support/worktree-bench.ts'

let bench: WorktreeBench
let target: WorkspaceTarget
let admin: string
beforeEach(async () => {
  bench = createWorktreeBench()
  target = bench.target('app-1')
  admin = join(bench.repo.path, '.git/worktrees/app-1')
  await bench.prepared(target)
})
afterEach(() => {
  try {
    bench.sentinel.check()
  } finally {
    bench.repo.remove()
  }
})

const remove = async (): Promise<void> => bench.workspace.remove(target, bench.signal)
const refs = (): string =>
  bench.repo.run(['for-each-ref', '--format=%(refname)', 'refs/ao', 'refs/heads/ao'])

function expectGone(): void {
  expect(existsSync(admin)).toBe(false)
  expect(readdirSync(join(bench.repo.home, 'worktrees', 'shop'))).toEqual([])
  expect(bench.repo.run(['worktree', 'list'])).not.toContain('app-1')
}

/** What is deleted of the administrative directory, in order. */
async function namesInOrder(work: () => Promise<void>): Promise<readonly string[]> {
  const names = new Set(readdirSync(admin))
  const order = new Set<string>()
  const watcher = watch(admin, (_event, name) => {
    if (name === null || !names.has(name)) return
    order.delete(name)
    order.add(name)
  })
  try {
    await work()
    await eventually('all deletions are told', () => [...names].every(name => order.has(name)))
    return [...order]
  } finally {
    watcher.close()
  }
}

/** As a removal leaves it that was killed after it deleted these names. */
function cutShort(names: readonly string[]): void {
  rmSync(target.path, { recursive: true, force: true })
  for (const name of names) rmSync(join(admin, name), { recursive: true, force: true })
}

describe('remove', () => {
  test('takes checkout and metadata away, keeps the branch, and is done the second time', async () => {
    bench.repo.write('node_modules/a/b.js', 'x\n', target.path)
    await remove()
    expectGone()
    await remove()
    expect(refs()).toContain('refs/heads/ao/app-1')
  })

  test('deletes what proves whose a worktree is last, and finishes whatever was cut short (A12)', async () => {
    const deleted = await namesInOrder(remove)
    expect(deleted.slice(-2)).toEqual(['ao.json', 'gitdir'])
    expectGone()
    const next = [remove, async () => bench.prepared(target)]
    for (let count = 1; count < deleted.length; count += 1) {
      for (const finish of next) {
        await bench.prepared(target)
        cutShort(deleted.slice(0, count))
        await finish()
      }
    }
    await remove()
    expectGone()
  })

  test.each<[string, () => void]>([
    [
      'a directory that is half deleted',
      () => {
        rmSync(join(target.path, '.git'))
        rmSync(join(target.path, 'src'), { recursive: true })
      },
    ],
    [
      'a directory that is gone',
      () => {
        rmSync(target.path, { recursive: true })
      },
    ],
    [
      'metadata that is gone and an empty directory',
      () => {
        rmSync(admin, { recursive: true })
        rmSync(target.path, { recursive: true })
        mkdirSync(target.path)
      },
    ],
    [
      'a checkout that was moved aside already',
      () => {
        const aside = join(target.path, '..', `.app-1.removing-${uid8(target.uid)}`)
        renameSync(target.path, aside)
      },
    ],
    [
      'read-only folders',
      () => {
        bench.repo.write('cache/x/file', 'x\n', target.path)
        chmodSync(join(target.path, 'cache/x'), 0o555)
      },
    ],
  ])('finishes %s (A12)', async (_what, spoil) => {
    spoil()
    await remove()
    expectGone()
  })

  test('copes with a child that still writes (A4)', async () => {
    const writer = spawn(
      'sh',
      ['-c', 'i=0; while [ $i -lt 400 ]; do i=$((i+1)); mkdir -p d$i && : > d$i/f; done'],
      { cwd: target.path, stdio: 'ignore' },
    )
    const ended = new Promise(resolve => writer.once('exit', resolve))
    try {
      await eventually('it writes', () => existsSync(join(target.path, 'd3')))
      await eventually('it is removed', async () => {
        try {
          await remove()
          return true
        } catch (error) {
          if ((error as { retryable?: boolean }).retryable === true) return false
          throw error
        }
      })
    } finally {
      writer.kill('SIGKILL')
      await ended
    }
    expectGone()
  })

  test('leaves a nested repository alone', async () => {
    mkdirSync(join(target.path, 'inner'))
    bench.repo.run(['init', '-q'], join(target.path, 'inner'))
    await expect(remove()).rejects.toMatchObject({
      code: 'Conflict',
      message: expect.stringMatching(/NestedRepository: .* in inner/),
    })
    expect(existsSync(join(target.path, 'inner', '.git'))).toBe(true)
  })

  test('leaves a checkout alone that became a repository of its own', async () => {
    rmSync(join(target.path, '.git'))
    bench.repo.run(['init', '-q'], target.path)
    await expect(remove()).rejects.toMatchObject({ code: 'Conflict' })
    expect(existsSync(join(target.path, '.git', 'HEAD'))).toBe(true)
  })

  test('leaves a worktree alone that a person locked', async () => {
    bench.repo.run(['worktree', 'lock', '--reason', 'mine now', target.path])
    await expect(remove()).rejects.toMatchObject({
      code: 'Conflict',
      message: expect.stringContaining('mine now'),
      next: expect.stringContaining('worktree unlock'),
    })
    expect(existsSync(target.path)).toBe(true)
  })

  test('leaves files alone that nothing proves to be ours', async () => {
    rmSync(admin, { recursive: true })
    await expect(remove()).rejects.toMatchObject({ code: 'Conflict' })
    expect(existsSync(join(target.path, 'README.md'))).toBe(true)
  })

  test('never removes a worktree of another home', async () => {
    writeFileSync(
      join(admin, 'ao.json'),
      JSON.stringify({
        uid: target.uid,
        session: 'app-1',
        home: '/another/home',
        stage: 'prepared',
        purpose: 'session',
      }),
    )
    await expect(remove()).rejects.toMatchObject({ code: 'Conflict' })
    expect(existsSync(target.path)).toBe(true)
  })
})

describe('deleteBranch', () => {
  const deleteAt = async (expectedSha: string | undefined, keepBranch = false): Promise<void> =>
    bench.workspace.deleteBranch(target, { expectedSha, keepBranch }, bench.signal)

  test('deletes branch and owner ref together, and is done the second time (A13)', async () => {
    await remove()
    await deleteAt(bench.base)
    expect(refs()).toBe('')
    await deleteAt(bench.base)
  })

  test('leaves a branch alone that moved meanwhile', async () => {
    bench.repo.commit('work.txt', 'work\n', target.path)
    await remove()
    await expect(deleteAt(bench.base)).rejects.toMatchObject({ code: 'Conflict', retryable: true })
    await expect(deleteAt(undefined)).rejects.toMatchObject({ code: 'Conflict' })
    expect(refs()).toContain('refs/heads/ao/app-1')
    expect(refs()).toContain(ownerRef('app-1', target.uid))
  })

  test('leaves a branch alone that is checked out or being rebased somewhere', async () => {
    await expect(deleteAt(bench.base)).rejects.toMatchObject({
      code: 'Conflict',
      message: expect.stringContaining(target.path),
    })
    expect(refs()).toContain('refs/heads/ao/app-1')
  })

  test('remembers whose a kept branch was', async () => {
    await remove()
    await deleteAt(undefined, true)
    expect(refs().split('\n')).toEqual([
      `refs/ao/kept/app-1/${uid8(target.uid)}`,
      'refs/heads/ao/app-1',
    ])
    await deleteAt(bench.base)
    expect(refs()).toContain('refs/heads/ao/app-1')
  })

  test('never deletes a branch without our owner ref', async () => {
    bench.repo.run(['branch', 'somebodys'])
    const other = { ...target, branch: 'somebodys', session: 'app-2' }
    const choice = { expectedSha: bench.base, keepBranch: false }
    await bench.workspace.deleteBranch(other, choice, bench.signal)
    expect(bench.repo.run(['branch', '--list', 'somebodys'])).toContain('somebodys')
  })

  test('removes 16 workspaces and branches side by side', async () => {
    const targets = Array.from({ length: 16 }, (_, index) => bench.target(`w${index}`))
    await Promise.all(targets.map(async one => bench.make(one)))
    await Promise.all(
      targets.map(async one => {
        await bench.workspace.inspect(one, ['refs/heads/main'], bench.signal)
        expect(await bench.workspace.preserve(one, ['refs/heads/main'], bench.signal)).toEqual([])
        await bench.workspace.remove(one, bench.signal)
        const choice = { expectedSha: bench.base, keepBranch: false }
        await bench.workspace.deleteBranch(one, choice, bench.signal)
      }),
    )
    await remove()
    expectGone()
  })
})
