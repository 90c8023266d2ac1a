import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { createLocalTracker } from '../../src/plugins/tracker/local.ts'
import type { Issue } from '../../src/plugins/tracker.ts'

const tracker = createLocalTracker()
const { signal } = new AbortController()

describe('local tracker', () => {
  let root: string
  let repository: string
  beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'ao-tracker-')))
    repository = join(root, 'repo')
    mkdirSync(join(repository, '.ao', 'issues'), { recursive: true })
  })
  afterEach(() => {
    rmSync(root, { recursive: true, force: true })
  })

  const write = (id: string, text: string): void => {
    writeFileSync(join(repository, '.ao', 'issues', `${id}.md`), text)
  }
  const get = async (id: string, path?: string): Promise<Issue | undefined> =>
    tracker.get(
      id,
      {
        project: 'shop',
        config: { plugin: 'local', ...(path === undefined ? {} : { path }) },
        baseDir: join(repository, '.ao'),
        repository,
      },
      signal,
    )

  test('an issue is its front matter and its text', async () => {
    write(
      'login-42',
      '---\ntitle: Fix the login\nstate: closed\nlabels: [bug, 2]\nowner: sam\n---\n\nIt fails.\n\n---\nLogs.\n',
    )
    expect(await get('login-42')).toEqual({
      id: 'login-42',
      title: 'Fix the login',
      body: 'It fails.\n\n---\nLogs.\n',
      state: 'closed',
      labels: ['bug', '2'],
    })
  })

  test('without front matter the first heading is the title and the state is open', async () => {
    write('7', 'Hello\r\n\r\n# Say hello\r\n')
    expect(await get('7')).toEqual({
      id: '7',
      title: 'Say hello',
      body: 'Hello\n\n# Say hello\n',
      state: 'open',
      labels: [],
    })
  })

  test('empty front matter is fine', async () => {
    write('7', '---\n---\nJust text\n')
    expect(await get('7')).toMatchObject({ title: '7', body: 'Just text\n' })
  })

  test('an issue that is not there is undefined, also without the directory', async () => {
    expect(await get('404')).toBeUndefined()
    expect(await get('404', './nowhere')).toBeUndefined()
  })

  test.each(['../secret', '.hidden', 'a/b', '', '..', 'a\0b', 'x'.repeat(200)])(
    'the id %j names no file',
    async id => {
      writeFileSync(join(repository, '.ao', 'secret.md'), 'secret')
      expect(await get(id)).toBeUndefined()
    },
  )

  test.each([
    ['---\ntitle: [open\n---\n', /login\.md:3:1: .*flow/i],
    ['---\ntitle: a\ntitle: b\n---\n', /login\.md:3:1: .*unique/i],
    [
      '---\ntitle: a\nstate: done\n---\n',
      /login\.md:3:8: state: "done" is neither open nor closed/,
    ],
    ['---\ntitle: {a: b}\n---\n', /login\.md:2:8: title: must be a text/],
    ['---\nlabels: [[a]]\n---\n', /login\.md:2:9: labels: must be a list of texts/],
    ['---\n- a\n---\n', /login\.md:2:1: .*keys and values/],
    ['---\ntitle: never ends\n', /login\.md:1:1: .*no end/],
  ])('broken front matter %j is refused with its position', async (text, message) => {
    write('login', text)
    await expect(get('login')).rejects.toMatchObject({ code: 'InvalidManifest' })
    await expect(get('login')).rejects.toThrow(message)
  })

  test('a path out of the repository is refused', async () => {
    mkdirSync(join(root, 'outside'))
    writeFileSync(join(root, 'outside', '1.md'), 'secret')
    await expect(get('1', '../../outside')).rejects.toMatchObject({ code: 'Refused' })
    await expect(get('1', join(root, 'outside'))).rejects.toMatchObject({ code: 'Refused' })
    symlinkSync(join(root, 'outside'), join(repository, '.ao', 'link'))
    await expect(get('1', './link')).rejects.toMatchObject({ code: 'Refused' })
  })

  test('a file that is a link out of the directory is refused', async () => {
    writeFileSync(join(repository, 'other.md'), 'secret')
    symlinkSync(join(repository, 'other.md'), join(repository, '.ao', 'issues', '1.md'))
    await expect(get('1')).rejects.toMatchObject({ code: 'Refused' })
  })

  test('the text is plain and bounded', async () => {
    write(
      '1',
      `---\ntitle: "a\\e[31m b\\u202e"\n---\n\u001b[31mred\u001b[0m\u0007\n${'é'.repeat(60_000)}`,
    )
    const issue = await get('1')
    expect(issue?.title).toBe('a b')
    expect(issue?.body.startsWith('red\né')).toBe(true)
    expect(Buffer.byteLength(issue?.body ?? '')).toBeLessThanOrEqual(64 * 1024)
    expect(issue?.body).not.toContain('\ufffd')
  })

  test('what cannot be read is not the same as what is not there', async () => {
    mkdirSync(join(repository, '.ao', 'issues', 'folder.md'))
    await expect(get('folder')).rejects.toMatchObject({ code: 'Unreachable', retryable: true })
    const gone = {
      project: 'shop',
      config: { plugin: 'local' },
      baseDir: root,
      repository: join(root, 'gone'),
    }
    await expect(tracker.get('1', gone, signal)).rejects.toMatchObject({ code: 'Unreachable' })
  })
})
