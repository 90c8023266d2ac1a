import {
  chmodSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import type { WorkspaceRisk, WorkspaceTarget } from '../../src/plugins/workspace.ts'
import { uid8 } from '../../src/resource/refs.ts'
import { createWorktreeBench, type WorktreeBench } from '../support/worktree-bench.ts'

const BASES = ['refs/heads/main', 'refs/remotes/origin/main', 'refs/heads/not-there']

let bench: WorktreeBench
let target: WorkspaceTarget
beforeEach(async () => {
  bench = createWorktreeBench()
  target = bench.target('app-1')
  await bench.prepared(target)
})
afterEach(() => {
  try {
    bench.sentinel.check()
  } finally {
    bench.repo.remove()
  }
})

const at = (args: readonly string[]): string => bench.repo.run(args, target.path)
const write = (file: string, text: string): void => {
  bench.repo.write(file, text, target.path)
}
const show = (ref: string | undefined, file: string): string => at(['show', `${ref ?? ''}:${file}`])
const preserve = async (): Promise<readonly string[]> =>
  bench.workspace.preserve(target, BASES, bench.signal)
const refNumber = (n: number): string => `refs/ao/preserved/app-1/${uid8(target.uid)}-${n}`
const indexOf = (): Buffer => readFileSync(join(bench.repo.path, '.git/worktrees/app-1/index'))

async function inspect(): Promise<WorkspaceRisk> {
  const seen = await bench.workspace.inspect(target, BASES, bench.signal)
  if (seen.state !== 'found') throw new Error(JSON.stringify(seen))
  return seen.value
}

describe('inspect', () => {
  test('finds nothing in a fresh workspace', async () => {
    expect(await inspect()).toEqual({
      uncommitted: [],
      untracked: [],
      ignored: [],
      unpushed: 0,
      nested: [],
      busy: undefined,
    })
  })

  test('tells every kind of work apart', async () => {
    write('README.md', 'edited\n')
    write('with space.txt', 'new\n')
    write('deep/new.txt', 'new\n')
    write('node_modules/a/index.js', 'ignored\n')
    write('debug.log', 'ignored\n')
    bench.repo.commit('work.txt', 'work\n', target.path)
    mkdirSync(join(bench.repo.path, '.git/worktrees/app-1/rebase-apply'))
    expect(await inspect()).toEqual({
      uncommitted: ['README.md'],
      untracked: ['deep/new.txt', 'with space.txt'],
      ignored: ['debug.log', 'node_modules/'],
      unpushed: 1,
      nested: [],
      busy: 'rebase-apply',
    })
    rmSync(join(bench.repo.path, '.git/worktrees/app-1/rebase-apply'), { recursive: true })
  })

  test('names at most twenty, and counts what is on origin as saved, preserved or not', async () => {
    for (let index = 0; index < 30; index += 1) write(`new-${index}.txt`, 'new\n')
    expect((await inspect()).untracked).toHaveLength(20)
    bench.repo.commit('work.txt', 'work\n', target.path)
    at(['push', '-q', 'origin', 'ao/app-1'])
    expect((await inspect()).unpushed).toBe(0)
    bench.repo.commit('more.txt', 'work\n', target.path)
    expect((await inspect()).unpushed).toBe(1)
    await preserve()
    expect((await inspect()).unpushed).toBe(1)
  })

  test('finds repositories inside, ignored and unborn ones too, and not submodules', async () => {
    for (const folder of ['inner', 'node_modules/dep', 'src/deep']) {
      mkdirSync(join(target.path, folder), { recursive: true })
      bench.repo.run(['init', '-q'], join(target.path, folder))
    }
    const file = ['-c', 'protocol.file.allow=always']
    at([...file, 'submodule', 'add', '-q', bench.repo.origin, 'module'])
    expect(await inspect()).toMatchObject({ nested: ['inner', 'node_modules/dep', 'src/deep'] })
    bench.repo.write('module/own.txt', 'own\n', target.path)
    expect((await inspect()).nested).toContain('module')
    at(['reset', '-q', '--hard'])
    // `submodule add` writes a setting; that was the test's doing.
    bench.repo.run(['config', '--remove-section', 'submodule.module'])
  })

  test('is absent without a checkout, and unknown when it is not ours', async () => {
    unlinkSync(join(bench.repo.path, '.git/worktrees/app-1/ao.json'))
    expect(await bench.workspace.inspect(target, BASES, bench.signal)).toMatchObject({
      state: 'unknown',
      reason: expect.stringContaining('no owner file'),
    })
    rmSync(target.path, { recursive: true })
    expect(await bench.workspace.inspect(target, BASES, bench.signal)).toEqual({ state: 'absent' })
  })
})

describe('preserve', () => {
  test('makes nothing when there is nothing to save', async () => {
    write('debug.log', 'ignored\n')
    expect(await preserve()).toEqual([])
  })

  test('saves work beside a link to the main checkout, be it ignored or not', async () => {
    const linked = bench.target('app-2')
    bench.repo.write('shared.log', 'ignored\n')
    bench.repo.write('.env', 'TOKEN=1\n')
    await bench.prepared(linked, { symlinks: ['shared.log', '.env'] })
    bench.repo.write('new.txt', 'new\n', linked.path)
    const [ref = ''] = await bench.workspace.preserve(linked, BASES, bench.signal)
    expect(at(['diff', '--name-only', `${ref}^`, ref])).toBe('new.txt')
    for (const file of ['shared.log', '.env']) rmSync(join(bench.repo.path, file))
  })

  test('saves files, deletions, modes and symlinks, and leaves index and files alone', async () => {
    write('README.md', 'edited\n')
    write('new file.txt', 'new\n')
    write('run.sh', '#!/bin/sh\n')
    chmodSync(join(target.path, 'run.sh'), 0o755)
    symlinkSync('run.sh', join(target.path, 'link'))
    rmSync(join(target.path, 'src/part-1.txt'))
    write('debug.log', 'ignored\n')
    const before = { index: indexOf(), status: at(['status', '--porcelain']) }
    const stash = at(['rev-parse', 'refs/stash'])
    expect(await preserve()).toEqual([refNumber(1)])
    expect({ index: indexOf(), status: at(['status', '--porcelain']) }).toEqual(before)
    expect(at(['rev-parse', 'refs/stash'])).toBe(stash)
    const ref = refNumber(1)
    expect(show(ref, 'README.md')).toBe('edited')
    expect(show(ref, 'link')).toBe('run.sh')
    expect(at(['ls-tree', '--format=%(objectmode) %(path)', ref, 'run.sh', 'link'])).toBe(
      '120000 link\n100755 run.sh',
    )
    expect(at(['diff', '--name-only', `${ref}^`, ref]).split('\n')).toEqual([
      'README.md',
      'link',
      'new file.txt',
      'run.sh',
      'src/part-1.txt',
    ])
    expect(at(['log', '-1', '--format=%an %B', ref])).toContain(`Uid: ${target.uid}`)
    expect(at(['rev-parse', `${ref}^`])).toBe(at(['rev-parse', 'HEAD']))
  })

  test('finds the same ref again for the same work, and makes the next for other work', async () => {
    write('README.md', 'one\n')
    expect(await preserve()).toEqual([refNumber(1)])
    expect(await preserve()).toEqual([refNumber(1)])
    write('README.md', 'two\n')
    expect(await preserve()).toEqual([refNumber(2)])
    expect(show(refNumber(1), 'README.md')).toBe('one')
  })

  test('keeps what was staged and then edited', async () => {
    write('README.md', 'staged\n')
    at(['add', 'README.md'])
    write('README.md', 'edited\n')
    const [ref] = await preserve()
    expect(show(ref, 'README.md')).toBe('edited')
    expect(show(`${ref ?? ''}^2`, 'README.md')).toBe('staged')
  })

  test('keeps what was staged when the file went back to HEAD or away', async () => {
    write('only-staged.txt', 'staged\n')
    at(['add', 'only-staged.txt'])
    rmSync(join(target.path, 'only-staged.txt'))
    const [ref] = await preserve()
    expect(show(`${ref ?? ''}^2`, 'only-staged.txt')).toBe('staged')
  })

  test('sees changes that git was told to overlook', async () => {
    at(['update-index', '--assume-unchanged', 'README.md'])
    at(['update-index', '--skip-worktree', 'src/part-1.txt'])
    write('README.md', 'hidden one\n')
    write('src/part-1.txt', 'hidden two\n')
    expect(at(['status', '--porcelain'])).toBe('')
    const [ref] = await preserve()
    expect([show(ref, 'README.md'), show(ref, 'src/part-1.txt')]).toEqual([
      'hidden one',
      'hidden two',
    ])
  })

  test('points at the tip for commits that nobody has', async () => {
    const tip = bench.repo.commit('work.txt', 'work\n', target.path)
    expect(await preserve()).toEqual([refNumber(1)])
    expect(at(['rev-parse', refNumber(1)])).toBe(tip)
    expect(await preserve()).toEqual([refNumber(1)])
  })

  test('saves commits and files of one checkout in one ref', async () => {
    const tip = bench.repo.commit('work.txt', 'work\n', target.path)
    write('README.md', 'edited\n')
    expect(await preserve()).toEqual([refNumber(1)])
    expect(at(['rev-parse', `${refNumber(1)}^`])).toBe(tip)
  })

  test('saves the branch, a detached HEAD and what a hard reset left behind', async () => {
    const onBranch = bench.repo.commit('branch.txt', 'branch\n', target.path)
    at(['switch', '-q', '--detach', bench.base])
    const thrownAway = bench.repo.commit('thrown.txt', 'thrown away\n', target.path)
    at(['reset', '-q', '--hard', bench.base])
    const detached = bench.repo.commit('detached.txt', 'detached\n', target.path)
    const refs = await preserve()
    const saved = refs.map(ref => at(['rev-parse', ref]))
    expect(saved.toSorted()).toEqual([onBranch, thrownAway, detached].toSorted())
  })

  test('saves a rebase that stopped in a conflict', async () => {
    const first = bench.repo.commit('README.md', 'mine\n', target.path)
    at(['switch', '-q', '-c', 'side', bench.base])
    bench.repo.commit('README.md', 'theirs\n', target.path)
    at(['switch', '-q', 'ao/app-1'])
    expect(() => at(['rebase', '-q', 'side'])).toThrow()
    write('notes.txt', 'about the conflict\n')
    expect((await inspect()).busy).toBe('rebase-merge')
    const refs = await preserve()
    const graph = at(['rev-list', ...refs])
    expect(graph).toContain(first)
    expect(refs.some(ref => at(['ls-tree', '--name-only', ref]).includes('notes.txt'))).toBe(true)
  })

  test('saves the commits of a branch that was deleted under the checkout (B9)', async () => {
    const tip = bench.repo.commit('work.txt', 'work\n', target.path)
    write('README.md', 'edited\n')
    bench.repo.run(['update-ref', '-d', 'refs/heads/ao/app-1'])
    const refs = await preserve()
    expect(refs).toEqual([refNumber(1)])
    expect(at(['rev-parse', `${refNumber(1)}^`])).toBe(tip)
    expect(show(refNumber(1), 'README.md')).toBe('edited')
  })

  test('saves the branch when there is no checkout any more (B7)', async () => {
    const tip = bench.repo.commit('work.txt', 'work\n', target.path)
    rmSync(target.path, { recursive: true })
    bench.repo.run(['worktree', 'prune', '--expire=now'])
    expect(await preserve()).toEqual([refNumber(1)])
    expect(bench.repo.run(['rev-parse', refNumber(1)])).toBe(tip)
  })

  test('works whatever the person set for line endings, and leaves nested repositories out', async () => {
    writeFileSync(
      join(bench.repo.root, 'person', '.gitconfig'),
      '[core]\n autocrlf = input\n safecrlf = true\n[add]\n ignoreErrors = true\n[index]\n version = 4\n',
      { flag: 'a' },
    )
    write('mixed.txt', 'one\r\ntwo\n')
    mkdirSync(join(target.path, 'inner'))
    bench.repo.run(['init', '-q'], join(target.path, 'inner'))
    const [ref] = await preserve()
    expect(at(['ls-tree', '--name-only', ref ?? '']).split('\n')).toContain('mixed.txt')
    expect(at(['ls-tree', '--name-only', ref ?? ''])).not.toContain('inner')
  })

  test('fails rather than leaving a file out', async () => {
    const settings = join(bench.repo.root, 'person', '.gitconfig')
    writeFileSync(settings, '[filter "bad"]\n clean = false\n required = true\n', { flag: 'a' })
    write('.gitattributes', 'secret.txt filter=bad\n')
    write('secret.txt', 'what the filter refuses\n')
    await expect(preserve()).rejects.toMatchObject({ code: 'CommandFailed' })
    expect(bench.repo.run(['for-each-ref', 'refs/ao/preserved'])).toBe('')
  })
})
