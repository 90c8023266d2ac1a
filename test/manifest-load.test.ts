import { execFileSync } from 'node:child_process'
import { appendFile, mkdir, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { findGitRoot } from '../src/manifest/load-git.ts'
import { loadManifests, MAX_FILE_BYTES } from '../src/manifest/load.ts'
import { load, temporaryFolder } from './support/manifest-context.ts'

const WORKER = 'apiVersion: ao.dev/v1alpha1\nkind: Worker\n'
let folder = ''

beforeEach(async () => {
  folder = await temporaryFolder()
})

afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

async function put(path: string, text = WORKER): Promise<string> {
  const full = join(folder, path)
  await mkdir(join(full, '..'), { recursive: true })
  await writeFile(full, text)
  return full
}

const shown = (files: readonly { readonly path: string }[]) =>
  files.map(file => file.path.slice(folder.length + 1))

describe('a directory', () => {
  test('gives its manifests and those of its folders, in the order of their paths', async () => {
    for (const path of ['.ao/b.yaml', '.ao/a/z.yml', '.ao/c.json', '.ao/notes.md']) await put(path)
    const { files, problems } = await load([join(folder, '.ao')])
    expect(problems).toEqual([])
    expect(shown(files)).toEqual(['.ao/a/z.yml', '.ao/b.yaml', '.ao/c.json'])
    expect(files[0]?.dir).toBe(join(folder, '.ao/a'))
  })

  test('leaves out names that start with a dot or an underscore, but not the one asked for', async () => {
    for (const path of [
      '.ao/a.yaml',
      '.ao/_b.yaml',
      '.ao/.c.yaml',
      '.ao/.schema/x.json',
      '.ao/_d/y.yaml',
    ]) {
      await put(path)
    }
    expect(shown((await load([join(folder, '.ao')])).files)).toEqual(['.ao/a.yaml'])
    expect(shown((await load([join(folder, '.ao/_b.yaml')])).files)).toEqual(['.ao/_b.yaml'])
  })

  test.each([
    ['is empty', 'empty', 'AO1010'],
    ['is missing', 'nowhere', 'AO1010'],
  ])('that %s is a problem and not an empty set (F5)', async (_why, name, code) => {
    await mkdir(join(folder, 'empty'))
    const { files, problems } = await load([name], folder)
    expect(files).toEqual([])
    expect(problems).toMatchObject([{ code, file: join(folder, name), line: 0 }])
  })

  test('follows links that stay inside and refuses those that lead out (F10)', async () => {
    await put('outside/secret.yaml')
    await put('root/real/a.yaml')
    await symlink(join(folder, 'root/real'), join(folder, 'root/inside'))
    await symlink(join(folder, 'outside'), join(folder, 'root/escape'))
    await symlink(join(folder, 'outside/secret.yaml'), join(folder, 'root/file.yaml'))
    await symlink(join(folder, 'gone'), join(folder, 'root/broken.yaml'))
    const { files, problems } = await load([join(folder, 'root')])
    expect(shown(files)).toEqual(['root/inside/a.yaml'])
    expect(problems.map(({ code, file }) => [code, file.slice(folder.length)])).toEqual([
      ['AO1011', '/root/broken.yaml'],
      ['AO1205', '/root/escape'],
      ['AO1205', '/root/file.yaml'],
    ])
  })

  test('ends although a link leads back up', async () => {
    await put('root/a.yaml')
    await symlink(join(folder, 'root'), join(folder, 'root/again'))
    expect((await load([join(folder, 'root')])).files).toHaveLength(1)
  })
})

describe('a file', () => {
  test('that two inputs name is read once', async () => {
    const path = await put('.ao/a.yaml')
    expect((await load([join(folder, '.ao'), path])).files).toHaveLength(1)
  })

  test.each([
    ['larger than the limit', Buffer.alloc(MAX_FILE_BYTES + 1, 'a'), 'AO1012'],
    ['not UTF-8', Buffer.from([0x6b, 0xff, 0xfe]), 'AO1011'],
  ])('%s is a problem', async (_what, bytes, code) => {
    await put('good.yaml')
    await writeFile(join(folder, 'odd.yaml'), bytes)
    const { files, problems } = await load([folder])
    expect(shown(files)).toEqual(['good.yaml'])
    expect(problems).toMatchObject([{ code, file: join(folder, 'odd.yaml') }])
  })

  test('may start with a byte order mark', async () => {
    const { files } = await load([await put('a.yaml', `\uFEFF${WORKER}`)])
    expect(files[0]?.text).toBe(WORKER)
  })

  test('may be a pipe when it is asked for, and is passed over when it lies in a directory', async () => {
    await put('a.yaml')
    const pipe = join(folder, 'pipe.yaml')
    execFileSync('mkfifo', [pipe])
    expect(shown((await load([folder])).files)).toEqual(['a.yaml'])
    const [loaded] = await Promise.all([load([pipe], folder), appendFile(pipe, WORKER)])
    expect(loaded.files).toMatchObject([{ text: WORKER, dir: folder }])
  })
})

describe('standard input', () => {
  test('is a file whose relative paths start where the person stands', async () => {
    const io = { cwd: folder, readStdin: () => Promise.resolve(WORKER) }
    expect((await loadManifests(['-'], io)).files).toMatchObject([
      { path: '<stdin>', dir: folder, text: WORKER },
    ])
  })

  test('that is empty is a problem (F5)', async () => {
    const io = { cwd: folder, readStdin: () => Promise.resolve('\n') }
    expect((await loadManifests(['-'], io)).problems).toMatchObject([{ code: 'AO1010' }])
  })
})

describe('the digest', () => {
  test('follows the contents and not the times, the place or where one stands', async () => {
    await put('one/.ao/a.yaml')
    await put('two/.ao/a.yaml')
    const first = await load([join(folder, 'one/.ao')])
    await utimes(join(folder, 'one/.ao/a.yaml'), 1, 1)
    expect((await load(['.ao'], join(folder, 'one'))).digest).toBe(first.digest)
    expect((await load([join(folder, 'two/.ao')])).digest).toBe(first.digest)
    await put('two/.ao/a.yaml', `${WORKER}# more\n`)
    expect((await load([join(folder, 'two/.ao')])).digest).not.toBe(first.digest)
  })

  test('changes when a file gets another name', async () => {
    await put('one/a.yaml')
    await put('two/b.yaml')
    const digests = await Promise.all([load([join(folder, 'one')]), load([join(folder, 'two')])])
    expect(digests[0].digest).not.toBe(digests[1].digest)
  })
})

describe('the repository that holds a manifest', () => {
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: folder })

  test('is found from below, and from a linked worktree it is the main checkout', () => {
    git('init', '-q', 'main')
    git('-C', 'main', 'commit', '-q', '--allow-empty', '-m', 'x')
    git('-C', 'main', 'worktree', 'add', '-q', '../linked', '-b', 'other')
    git('init', '-q', '--bare', 'bare.git')
    git('-C', 'main', 'push', '-q', '../bare.git', 'HEAD:refs/heads/main')
    git('-C', 'bare.git', 'worktree', 'add', '-q', '../of-bare', 'main')
    const main = join(folder, 'main')
    expect(findGitRoot(join(main, '.ao'))).toBe(main)
    expect(findGitRoot(join(folder, 'linked'))).toBe(main)
    expect(findGitRoot(join(folder, 'of-bare'))).toBe(join(folder, 'of-bare'))
    expect(findGitRoot(folder)).toBeUndefined()
  })
})
