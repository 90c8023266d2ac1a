import { spawn } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import type { WorkspaceTarget } from '../../src/plugins/workspace.ts'
import { keptRef, ownerRef } from '../../src/resource/refs.ts'
import { eventually } from '../support/eventually.ts'
import { createWorktreeBench, type WorktreeBench } from '../support/worktree-bench.ts'

let bench: WorktreeBench
beforeEach(() => {
  bench = createWorktreeBench()
})
afterEach(() => {
  try {
    bench.sentinel.check()
  } finally {
    bench.repo.remove()
  }
})

const adminDir = (session: string): string => join(bench.repo.path, '.git', 'worktrees', session)
const stageOf = (session: string): unknown =>
  JSON.parse(readFileSync(join(adminDir(session), 'ao.json'), 'utf8')).stage

describe('createBranch', () => {
  test('makes the branch and our owner ref, and finds both again (A3)', async () => {
    const target = bench.target('app-1')
    await bench.workspace.createBranch(target, bench.base, bench.signal)
    await bench.workspace.createBranch(target, bench.base, bench.signal)
    expect(bench.repo.run(['rev-parse', 'ao/app-1', ownerRef('app-1', target.uid)])).toBe(
      `${bench.base}\n${bench.base}`,
    )
  })

  test('keeps a branch of ours that has moved on', async () => {
    const target = bench.target('app-1')
    await bench.make(target)
    const tip = bench.repo.commit('work.txt', 'work\n', target.path)
    await bench.workspace.createBranch(target, bench.base, bench.signal)
    expect(bench.repo.run(['rev-parse', 'ao/app-1'])).toBe(tip)
  })

  test.each([
    ['a local branch', ['branch', 'ao/app-1']],
    ['a branch on origin', ['update-ref', 'refs/remotes/origin/ao/app-1', 'HEAD']],
    ['a branch that is a folder of ours', ['branch', 'ao']],
  ])('leaves %s of somebody else alone', async (_what, command) => {
    bench.repo.run(command)
    const target = bench.target('app-1')
    await expect(
      bench.workspace.createBranch(target, bench.base, bench.signal),
    ).rejects.toMatchObject({ code: 'BranchTaken', next: expect.stringContaining('git ') })
    expect(bench.repo.run(['for-each-ref', 'refs/ao'])).toBe('')
  })

  test('makes again what it let go of where origin has it, and only where that was expected', async () => {
    const { repo, workspace, signal, base } = bench
    const target = bench.target('app-1')
    await bench.make(target)
    const pushed = repo.commit('work.txt', 'work\n', target.path)
    repo.run(['push', '-q', 'origin', 'ao/app-1'], target.path)
    await workspace.remove(target, signal)
    const gone = { keepBranch: false, expectedSha: pushed } as const
    await workspace.deleteBranch(target, gone, signal)
    // A person goes on there, and it was never fetched.
    const tree = `${pushed}^{tree}`
    const theirs = repo.run(['commit-tree', '-p', pushed, '-m', 'Theirs', tree])
    repo.run(['push', '-q', repo.origin, `${theirs}:refs/heads/ao/app-1`])
    const left = { where: 'reopened', ref: keptRef('app-1', target.uid) } as const
    const make = async (sha: string): Promise<void> =>
      workspace.createBranch(target, base, signal, { ...left, sha })
    await expect(make(pushed)).rejects.toMatchObject({ code: 'Conflict', retryable: true })
    expect(repo.run(['for-each-ref', 'refs/heads/ao'])).toBe('')
    await make(theirs)
    await make(theirs)
    expect(repo.run(['rev-parse', 'ao/app-1', ownerRef('app-1', target.uid)])).toBe(
      `${theirs}\n${base}`,
    )
    expect(repo.run(['ls-remote', 'origin', 'refs/heads/ao/app-1'])).toContain(theirs)
  })

  test('does not make again what is gone from origin', async () => {
    const target = bench.target('app-1')
    const left = { where: 'reopened', sha: bench.base, ref: keptRef('app-1', target.uid) } as const
    await expect(
      bench.workspace.createBranch(target, bench.base, bench.signal, left),
    ).rejects.toMatchObject({ code: 'BranchMissing', next: expect.stringContaining('git -C') })
    expect(bench.repo.run(['for-each-ref', 'refs/heads/ao', 'refs/ao'])).toBe('')
  })

  test('does not make a deleted branch again (B9)', async () => {
    const target = bench.target('app-1')
    await bench.workspace.createBranch(target, bench.base, bench.signal)
    bench.repo.run(['branch', '-D', 'ao/app-1'])
    await expect(
      bench.workspace.createBranch(target, bench.base, bench.signal),
    ).rejects.toMatchObject({ code: 'BranchMissing' })
    await expect(bench.workspace.add(target, bench.base, bench.signal)).rejects.toMatchObject({
      code: 'BranchMissing',
    })
  })

  test('writes no configuration whatever branch.autoSetupMerge says', async () => {
    const repo = bench.repo
    writeFileSync(join(repo.root, 'person', '.gitconfig'), '[branch]\n autoSetupMerge = always\n', {
      flag: 'a',
    })
    await bench.prepared(bench.target('app-1'))
  })
})

describe('add and populate', () => {
  test('stand on the branch, own themselves and can be called again', async () => {
    const target = bench.target('app-1')
    await bench.workspace.createBranch(target, bench.base, bench.signal)
    await bench.workspace.add(target, bench.base, bench.signal)
    expect(stageOf('app-1')).toBe('added')
    await bench.workspace.add(target, bench.base, bench.signal)
    await bench.workspace.populate(target, bench.signal)
    expect(stageOf('app-1')).toBe('populated')
    expect(bench.repo.run(['status', '--porcelain', '--branch'], target.path)).toBe('## ao/app-1')
    bench.repo.write('README.md', 'edited\n', target.path)
    await bench.workspace.add(target, bench.base, bench.signal)
    await bench.workspace.populate(target, bench.signal)
    expect(readFileSync(join(target.path, 'README.md'), 'utf8')).toBe('edited\n')
  })

  test('stand on no branch for an orchestrator', async () => {
    const target = bench.target('app-orchestrator', { branch: undefined })
    await bench.make(target)
    expect(bench.repo.run(['status', '--porcelain', '--branch'], target.path)).toBe(
      '## HEAD (no branch)',
    )
  })

  test.each<[string, (target: WorkspaceTarget) => void]>([
    [
      'metadata that a killed git left locked',
      target => {
        rmSync(target.path, { recursive: true })
        unlinkSync(join(adminDir('app-1'), 'ao.json'))
        writeFileSync(join(adminDir('app-1'), 'locked'), 'initializing')
        utimesSync(join(adminDir('app-1'), 'locked'), 1, 1)
      },
    ],
    [
      'a locked one whose checkout is begun',
      () => {
        unlinkSync(join(adminDir('app-1'), 'ao.json'))
        writeFileSync(join(adminDir('app-1'), 'locked'), 'initializing')
        utimesSync(join(adminDir('app-1'), 'locked'), 1, 1)
      },
    ],
    [
      'a whole one without owner file',
      () => {
        unlinkSync(join(adminDir('app-1'), 'ao.json'))
      },
    ],
    [
      'a directory whose metadata is gone',
      () => {
        rmSync(adminDir('app-1'), { recursive: true })
      },
    ],
    [
      'metadata whose directory is gone',
      target => {
        rmSync(target.path, { recursive: true })
      },
    ],
    [
      'an empty directory',
      target => {
        rmSync(adminDir('app-1'), { recursive: true })
        rmSync(target.path, { recursive: true })
        mkdirSync(target.path)
      },
    ],
  ])('recover from %s (A4)', async (_what, spoil) => {
    const target = bench.target('app-1')
    await bench.workspace.createBranch(target, bench.base, bench.signal)
    await bench.workspace.add(target, bench.base, bench.signal)
    spoil(target)
    await bench.make(target)
    expect(stageOf('app-1')).toBe('populated')
    expect(bench.repo.run(['status', '--porcelain', '--branch'], target.path)).toBe('## ao/app-1')
    expect(bench.repo.run(['worktree', 'list'])).not.toContain('prunable')
    expect(bench.repo.run(['for-each-ref', 'refs/ao/preserved'])).toBe('')
  })

  test('wait for a git that is still adding (A4)', async () => {
    const target = bench.target('app-1')
    await bench.workspace.createBranch(target, bench.base, bench.signal)
    await bench.workspace.add(target, bench.base, bench.signal)
    const lock = join(adminDir('app-1'), 'locked')
    writeFileSync(lock, 'initializing')
    const again = bench.workspace.add(target, bench.base, bench.signal)
    setTimeout(() => {
      unlinkSync(lock)
    }, 100)
    await again
    expect(existsSync(join(adminDir('app-1'), 'ao.json'))).toBe(true)
  })

  test('make a checkout again that was deleted by hand, and save commits only it had (B7)', async () => {
    const target = bench.target('app-1')
    await bench.prepared(target)
    bench.repo.run(['switch', '-q', '--detach'], target.path)
    const lost = bench.repo.commit('lost.txt', 'lost\n', target.path)
    bench.repo.write('staged.txt', 'staged only\n', target.path)
    bench.repo.run(['add', 'staged.txt'], target.path)
    rmSync(target.path, { recursive: true })
    await bench.make(target)
    const refs = bench.repo.run(['for-each-ref', '--format=%(refname)', 'refs/ao/preserved'])
    expect(refs.split('\n')).toHaveLength(1)
    expect(bench.repo.run(['rev-parse', `${refs}^`])).toBe(lost)
    expect(bench.repo.run(['show', `${refs}:staged.txt`])).toBe('staged only')
  })

  test('refuse a path that holds something else (A5)', async () => {
    const target = bench.target('app-1')
    await bench.workspace.createBranch(target, bench.base, bench.signal)
    bench.repo.write('theirs.txt', 'theirs\n', target.path)
    await expect(bench.workspace.add(target, bench.base, bench.signal)).rejects.toMatchObject({
      code: 'Conflict',
      message: expect.stringMatching(/PathTaken: .*theirs\.txt/),
    })
    expect(readFileSync(join(target.path, 'theirs.txt'), 'utf8')).toBe('theirs\n')
  })

  test('refuse the workspace of another uid or home', async () => {
    await bench.make(bench.target('app-1'))
    const other = bench.target('app-1', { uid: 'another-uid-of-somebody' })
    for (const call of [
      bench.workspace.add(other, bench.base, bench.signal),
      bench.workspace.populate(other, bench.signal),
      bench.workspace.remove(other, bench.signal),
      bench.workspace.preserve(other, [], bench.signal),
    ]) {
      await expect(call).rejects.toMatchObject({ code: 'Conflict' })
    }
    expect(await bench.workspace.inspect(other, [], bench.signal)).toMatchObject({
      state: 'unknown',
    })
  })

  test('refuse a path outside of the home, also by way of a symlink', async () => {
    const outside = join(bench.repo.root, 'outside')
    mkdirSync(outside)
    mkdirSync(join(bench.repo.home, 'worktrees'), { recursive: true })
    symlinkSync(outside, join(bench.repo.home, 'worktrees', 'shop'))
    for (const path of [
      join(outside, 'app-1'),
      join(bench.repo.home, 'worktrees', 'shop', 'app-1'),
      join(bench.repo.home, 'worktrees', '..', 'app-1'),
    ]) {
      const target = bench.target('app-1', { path })
      await expect(bench.workspace.add(target, bench.base, bench.signal)).rejects.toMatchObject({
        code: 'Refused',
      })
      await expect(bench.workspace.remove(target, bench.signal)).rejects.toMatchObject({
        code: 'Refused',
      })
    }
  })

  test('name the place where the branch is checked out already', async () => {
    const target = bench.target('app-1')
    await bench.workspace.createBranch(target, bench.base, bench.signal)
    const elsewhere = join(bench.repo.root, 'elsewhere')
    bench.repo.run(['worktree', 'add', '-q', elsewhere, 'ao/app-1'])
    await expect(bench.workspace.add(target, bench.base, bench.signal)).rejects.toMatchObject({
      code: 'Conflict',
      message: expect.stringContaining(elsewhere),
    })
  })

  test('finish a checkout that was killed half-way, and not while it still runs (A4, B16)', async () => {
    const target = bench.target('app-1')
    await bench.workspace.createBranch(target, bench.base, bench.signal)
    await bench.workspace.add(target, bench.base, bench.signal)
    bench.repo.write('README.md', '# Sam', target.path)
    const lock = join(adminDir('app-1'), 'index.lock')
    writeFileSync(lock, '')
    const holder = spawn('sh', ['-c', 'sleep 60; true', target.path], { stdio: 'ignore' })
    try {
      await eventually('the holder runs', () => holder.pid !== undefined)
      await expect(bench.workspace.populate(target, bench.signal)).rejects.toMatchObject({
        code: 'Locked',
        retryable: true,
      })
      expect(existsSync(lock)).toBe(true)
    } finally {
      const ended = new Promise(resolve => holder.once('exit', resolve))
      holder.kill('SIGKILL')
      await ended
    }
    await bench.workspace.populate(target, bench.signal)
    expect(readFileSync(join(target.path, 'README.md'), 'utf8')).toBe('# Sample\n')
  })

  test('make 16 workspaces side by side, three times, without one failure', async () => {
    for (let round = 0; round < 3; round += 1) {
      const targets = Array.from({ length: 16 }, (_, index) => bench.target(`w${round}x${index}`))
      await Promise.all(targets.map(async one => bench.make(one)))
      for (const target of targets) {
        expect(existsSync(join(target.path, 'README.md'))).toBe(true)
      }
    }
    expect(bench.repo.run(['fsck', '--connectivity-only'])).not.toContain('error')
  })
})

describe('prepare', () => {
  test('links from the main checkout, then runs commands in order, then says so (A6)', async () => {
    const target = bench.target('app-1')
    bench.repo.write('.env', 'TOKEN=1\n')
    bench.repo.write('config/local.json', '{}\n')
    await bench.prepared(target, {
      symlinks: ['.env', 'config/local.json', 'README.md', 'nowhere'],
      postCreate: ['echo one >> order', 'cat order; echo two >> order'],
    })
    expect(readlinkSync(join(target.path, '.env'))).toBe(join(bench.repo.path, '.env'))
    expect(lstatSync(join(target.path, 'README.md')).isSymbolicLink()).toBe(false)
    expect(readFileSync(join(target.path, 'order'), 'utf8')).toBe('one\ntwo\n')
    expect(stageOf('app-1')).toBe('prepared')
    const log = readFileSync(bench.setup().logFile, 'utf8')
    expect(log).toMatch(/symlink nowhere: .* is not there/)
    expect(log).toContain('ao: postCreate: cat order; echo two >> order\none\n')
    await bench.workspace.prepare(target, bench.setup({ postCreate: ['exit 1'] }), bench.signal)
    rmSync(join(bench.repo.path, '.env'))
    rmSync(join(bench.repo.path, 'config'), { recursive: true })
  })

  test('does not count its own links as work, but counts what replaced them', async () => {
    const target = bench.target('app-1')
    bench.repo.write('node_modules/x.js', 'x\n')
    await bench.prepared(target, { symlinks: ['node_modules'] })
    const risk = async (): Promise<unknown> => bench.workspace.inspect(target, [], bench.signal)
    expect(await risk()).toMatchObject({ value: { untracked: [], ignored: [], uncommitted: [] } })
    expect(await bench.workspace.preserve(target, [], bench.signal)).toEqual([])
    unlinkSync(join(target.path, 'node_modules'))
    writeFileSync(join(target.path, 'node_modules'), 'a file now\n')
    expect(await risk()).toMatchObject({ value: { untracked: ['node_modules'] } })
    rmSync(join(bench.repo.path, 'node_modules'), { recursive: true })
  })

  test.each(['../outside', '/etc/passwd', 'a/../../outside'])('refuses the link %s', async link => {
    const target = bench.target('app-1')
    await bench.make(target)
    await expect(
      bench.workspace.prepare(target, bench.setup({ symlinks: [link] }), bench.signal),
    ).rejects.toMatchObject({
      code: 'CommandFailed',
      message: expect.stringContaining('leads out'),
    })
  })

  test('fails with the end of the log, and starts over the next time', async () => {
    const target = bench.target('app-1')
    await bench.make(target)
    const failing = bench.setup({ postCreate: ['echo broken; exit 3'] })
    await expect(bench.workspace.prepare(target, failing, bench.signal)).rejects.toMatchObject({
      code: 'CommandFailed',
      message: 'postCreate "echo broken; exit 3" of app-1 ended with 3: broken',
    })
    expect(stageOf('app-1')).toBe('populated')
    await bench.workspace.prepare(target, bench.setup({ postCreate: ['true'] }), bench.signal)
    expect(stageOf('app-1')).toBe('prepared')
  })

  test('kills everything a command started when its time is over or it is interrupted', async () => {
    const target = bench.target('app-1')
    await bench.make(target)
    const pidFile = join(bench.repo.root, 'pid')
    const setup = bench.setup({ postCreate: [`sh -c 'echo $$ > ${pidFile}; sleep 600'; true`] })
    const pid = (): number => Number(readFileSync(pidFile, 'utf8'))
    await expect(
      bench.workspace.prepare(target, { ...setup, timeoutMs: 500 }, bench.signal),
    ).rejects.toMatchObject({ code: 'Timeout' })
    await eventually('the first is gone', () => isDead(pid()))
    rmSync(pidFile)
    const stop = new AbortController()
    const running = bench.workspace.prepare(target, setup, stop.signal)
    const caught = expect(running).rejects.toMatchObject({ code: 'Interrupted' })
    await eventually('it runs', () => existsSync(pidFile) && pid() > 0)
    stop.abort()
    await caught
    await eventually('the second is gone', () => isDead(pid()))
    expect(existsSync(dirname(setup.logFile))).toBe(true)
  })
})

function isDead(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return false
  } catch {
    return true
  }
}
