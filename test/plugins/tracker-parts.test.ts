import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { HouseError } from '../../src/errors.ts'
import { createGit } from '../../src/plugins/git.ts'
import { githubHost, githubToken } from '../../src/plugins/github-auth.ts'
import { httpFailure } from '../../src/plugins/http-failure.ts'
import { branchNameOf, markerOf } from '../../src/plugins/issue.ts'
import { parseRepoName, repoName } from '../../src/plugins/repo-name.ts'
import type { TrackerProject } from '../../src/plugins/tracker.ts'
import { createGithubTracker } from '../../src/plugins/tracker/github.ts'
import { adfToText, textToAdf } from '../../src/plugins/tracker/jira-text.ts'
import { createLinearTracker } from '../../src/plugins/tracker/linear.ts'
import {
  withComment,
  withLabels,
  withoutComments,
  withState,
} from '../../src/plugins/tracker/local-edit.ts'
import { startForge } from '../support/forge/forge.ts'
import type { Forge } from '../support/forge/forge.ts'
import { createGitRepo } from '../support/git-repo.ts'
import { law } from '../support/law.ts'
import { LINEAR_TOKEN, startLinear } from '../support/trackers/linear-double.ts'
import { shapesOf } from '../support/trackers/shapes.ts'

const { signal } = new AbortController()
const git = createGit({ env: { PATH: process.env['PATH'] ?? '' } })

describe('a token for GitHub', () => {
  const ask = async (
    config: Readonly<Record<string, unknown>>,
    env: Readonly<Record<string, string>>,
    gh?: { readonly exitCode: number; readonly stdout: string },
  ): Promise<{ readonly token: string; readonly started: readonly (readonly string[])[] }> => {
    const started: (readonly string[])[] = []
    const run = async (program: string, args: readonly string[]) => {
      started.push([program, ...args])
      if (gh === undefined) throw new HouseError('EnvironmentMissing', 'gh is not installed')
      return { ...gh, stderr: '' }
    }
    const setting = 'Project/shop: spec.tracker.token'
    return { token: await githubToken({ config, env, run, setting }), started }
  }
  const ENV = { GITHUB_TOKEN: 'from-env', GH_TOKEN: 'other' }

  test('is the setting, then the environment, then what gh knows for that host', async () => {
    const gh = { exitCode: 0, stdout: 'from-gh\n' }
    expect(await ask({ token: 'given' }, ENV, gh)).toEqual({ token: 'given', started: [] })
    expect(await ask({}, ENV, gh)).toEqual({ token: 'from-env', started: [] })
    expect(await ask({}, { GITHUB_TOKEN: '', GH_TOKEN: 'other' }, gh)).toMatchObject({
      token: 'other',
    })
    expect(await ask({}, {}, gh)).toEqual({
      token: 'from-gh',
      started: [['gh', 'auth', 'token', '--hostname', 'github.com']],
    })
    const enterprise = { apiUrl: 'https://git.example.org/api/v3/' }
    expect((await ask(enterprise, {}, gh)).started[0]).toContain('git.example.org')
  })

  test('that nobody has is missing, with the setting and the command that helps', async () => {
    for (const gh of [undefined, { exitCode: 1, stdout: '' }]) {
      await expect(ask({}, {}, gh)).rejects.toMatchObject({
        code: 'EnvironmentMissing',
        message:
          'Project/shop: spec.tracker.token is not set, neither is GITHUB_TOKEN, and gh has no login for github.com',
        next: 'gh auth login',
      })
    }
  })

  test('a failure to ask gh is none of being without a login', async () => {
    const run = async (): Promise<never> => {
      throw new HouseError('Timeout', 'gh took too long', { retryable: true })
    }
    const asked = githubToken({ config: {}, env: {}, run, setting: 'x' })
    await expect(asked).rejects.toMatchObject({ code: 'Timeout' })
  })

  test('the host of an API is what people call it', () => {
    expect(githubHost('https://api.github.com')).toBe('github.com')
    expect(githubHost('https://git.example.org/api/v3')).toBe('git.example.org')
  })
})

describe('the name of a repository', () => {
  test.each([
    ['acme/shop', 'acme/shop'],
    ['acme/shop.git', 'acme/shop'],
    ['https://github.com/acme/shop.git', 'acme/shop'],
    ['https://sam@gitlab.com/group/sub/shop/', 'group/sub/shop'],
    ['git@github.com:acme/shop.git', 'acme/shop'],
    ['ssh://git@github.com:22/acme/shop', 'acme/shop'],
    ['host:acme/shop', 'acme/shop'],
    ['http://127.0.0.1:8080/acme/shop.git', 'acme/shop'],
    ['/home/sam/shop', undefined],
    ['../acme/shop', undefined],
    ['file:///home/sam/shop', undefined],
    ['shop', undefined],
    ['acme/sh op', undefined],
    ['', undefined],
  ])('of %j is %j', (text, name) => {
    expect(parseRepoName(text)).toBe(name)
  })

  test('is what settings say, else what origin says, else missing by the setting’s name', async () => {
    const repo = createGitRepo()
    try {
      const about = {
        repository: repo.path,
        git,
        setting: 'Project/shop: spec.tracker.repo',
        signal,
      }
      expect(await repoName({ ...about, given: [undefined, 'acme/shop'] })).toBe('acme/shop')
      repo.run(['remote', 'set-url', 'origin', 'git@github.com:acme/other.git'])
      expect(await repoName({ ...about, given: [undefined] })).toBe('acme/other')
      repo.run(['remote', 'remove', 'origin'])
      await expect(repoName({ ...about, given: [] })).rejects.toThrow(
        'Project/shop: spec.tracker.repo: no repository is given, and there is no remote called origin',
      )
      await expect(repoName({ ...about, given: ['shop'] })).rejects.toThrow('names no repository')
    } finally {
      repo.remove()
    }
  })
})

describe('what an answer means', () => {
  const service = { what: 'Project/shop: host', setting: 'spec.tracker.token', next: 'ao x' }
  const now = new Date('2026-01-01T00:00:00Z')
  const at = String(now.getTime() / 1000 + 90)
  test.each([
    [403, {}, 'Refused', false, undefined],
    [403, { 'retry-after': '30' }, 'RateLimited', true, 30_000],
    [403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': at }, 'RateLimited', true, 90_000],
    [403, { 'x-ratelimit-remaining': '12', 'x-ratelimit-reset': at }, 'Refused', false, undefined],
    [429, { 'ratelimit-remaining': '0', 'ratelimit-reset': at }, 'RateLimited', true, 90_000],
    [429, { 'retry-after': 'Thu, 01 Jan 2026 00:01:00 GMT' }, 'RateLimited', true, 60_000],
    [429, { 'retry-after': '999999' }, 'RateLimited', true, 3_660_000],
    [503, {}, 'Unreachable', true, undefined],
    [404, {}, 'NotFound', false, undefined],
    [422, {}, 'Refused', false, undefined],
  ] as const)('%d with %j is %s', (status, headers, code, retryable, retryAfterMs) => {
    const header = (name: string): string | undefined =>
      (headers as Readonly<Record<string, string>>)[name]
    const error = httpFailure(service, { status, said: 'a\u001b[31mb', header }, now)
    expect(error).toMatchObject({ code, retryable, retryAfterMs })
    expect(error.message).toContain(`Project/shop: host answered ${status}: ab`)
  })

  test('a secondary limit is one also where nothing says when it ends', () => {
    const said = 'You have exceeded a secondary rate limit. Please wait a few minutes.'
    const error = httpFailure(service, { status: 403, said, header: () => undefined }, now)
    expect(error).toMatchObject({ code: 'RateLimited', retryable: true, retryAfterMs: undefined })
  })
})

describe('the branch for an issue', () => {
  const issue = {
    id: '42',
    title: 'Ärger: log in (again!)',
    body: '',
    state: 'open',
    labels: [],
  } as const
  test('is the tracker’s own suggestion, else made of its name', () => {
    expect(branchNameOf({ ...issue, branchName: 'sam/eng-42' })).toBe('sam/eng-42')
    expect(branchNameOf(issue)).toBe('42-arger-log-in-again')
    expect(branchNameOf({ ...issue, title: '日本' })).toBe('42')
    expect(branchNameOf({ ...issue, title: 'x'.repeat(300) }).length).toBeLessThan(60)
  })

  test('a marker can not be broken out of', () => {
    expect(markerOf('u1.start')).toBe('<!-- ao:u1.start -->')
    expect(markerOf('a --> b\n<!-- c')).not.toMatch(/-->.*-->|\n/)
  })
})

describe('documents of Jira', () => {
  const check = shapesOf('jira')

  test('what people write in them is read as Markdown', () => {
    const text = (words: string, ...marks: readonly string[]): object => ({
      type: 'text',
      text: words,
      ...(marks.length === 0 ? {} : { marks: marks.map(type => ({ type })) }),
    })
    const p = (...content: readonly object[]): object => ({ type: 'paragraph', content })
    const item = (...content: readonly object[]): object => ({ type: 'listItem', content })
    const doc = {
      type: 'doc',
      version: 1,
      content: [
        { type: 'heading', attrs: { level: 2 }, content: [text('Steps')] },
        p(
          text('Use '),
          text('npm ci', 'code'),
          text(' now'),
          { type: 'hardBreak' },
          text('please', 'strong'),
        ),
        {
          type: 'orderedList',
          content: [
            item(p(text('one'))),
            item(p(text('two')), { type: 'bulletList', content: [item(p(text('deep')))] }),
          ],
        },
        { type: 'codeBlock', attrs: { language: 'ts' }, content: [text('const a = 1\nrun(a)')] },
        { type: 'panel', content: [p(text('Careful')), p(text('really'))] },
        p({ type: 'mention', attrs: { text: '@sam' } }, text(' see '), {
          type: 'inlineCard',
          attrs: { url: 'https://x.example' },
        }),
        p({
          type: 'text',
          text: 'docs',
          marks: [{ type: 'link', attrs: { href: 'https://d.example' } }],
        }),
        { type: 'rule' },
        {
          type: 'table',
          content: [
            {
              type: 'tableRow',
              content: [
                { type: 'tableCell', content: [p(text('a'))] },
                { type: 'tableCell', content: [p(text('b'))] },
              ],
            },
          ],
        },
        { type: 'mediaSingle', content: [{ type: 'media', attrs: {} }] },
        { type: 'somethingNew', content: [p(text('still read'))] },
      ],
    }
    expect(adfToText(doc)).toBe(
      [
        '## Steps',
        'Use `npm ci` now\nplease',
        '1. one\n2. two\n   - deep',
        '```ts\nconst a = 1\nrun(a)\n```',
        '> Careful\n> \n> really',
        '@sam see https://x.example',
        '[docs](https://d.example)',
        '---',
        '| a | b |',
        '[attachment]',
        'still read',
      ].join('\n\n'),
    )
  })

  test('what is no document says nothing, however deep it goes', () => {
    for (const value of [null, undefined, 5, [], {}, { type: 1 }]) expect(adfToText(value)).toBe('')
    let deep: object = { type: 'paragraph', content: [{ type: 'text', text: 'x' }] }
    for (let n = 0; n < 5000; n += 1) deep = { type: 'blockquote', content: [deep] }
    expect(adfToText({ type: 'doc', version: 1, content: [deep] })).not.toContain('x')
  })

  const lines = fc.array(
    fc.oneof(
      fc.constantFrom('', 'See https://x.example/a?b=1, please.', '```', '```ts', '- a', '#'),
      fc.string({ minLength: 1, maxLength: 12 }).filter(line => !/\s/.test(line)),
    ),
    { maxLength: 12 },
  )
  law('what we write is a valid document that reads as it was written', lines, all => {
    const text = all.join('\n').trim()
    const document = textToAdf(text)
    check('doc', document)
    // Blank lines make paragraphs, however many there are.
    const plain = (words: string): string => words.replaceAll(/\n+/g, '\n')
    expect(plain(adfToText(document))).toBe(plain(text))
  })
})

describe('issues in Markdown', () => {
  test('a comment goes to the end, once, and is no part of what people wrote', () => {
    const text = 'Hello'
    const said = withComment(text, 'k', 'a <!-- b --> c') ?? ''
    expect(said).toBe('Hello\n\n<!-- ao:k -->\na &lt;!-- b --> c\n<!-- /ao -->\n')
    expect(withComment(said, 'k', 'again')).toBeUndefined()
    const more = `${withComment(said, 'k2', 'two') ?? ''}\nAnd a person.\n`
    expect(withoutComments(more)).toBe('Hello\n\nAnd a person.\n')
    expect(withoutComments(said)).toBe('Hello\n')
    expect(withoutComments('Just text\n\n')).toBe('Just text\n\n')
  })

  test.each([
    ['text\n', '---\nstate: closed\n---\n\ntext\n'],
    ['---\ntitle: a # b\n---\ntext', '---\ntitle: a # b\nstate: closed\n---\ntext'],
    ['---\nstate:   "open" # now\ntitle: a\n---\n', '---\nstate:   closed # now\ntitle: a\n---\n'],
    ['---\r\nstate: open\r\n---\r\nx', '---\r\nstate: closed\r\n---\r\nx'],
    ['---\n---\nx', '---\nstate: closed\n---\nx'],
  ])('the state of %j is changed and nothing else', (before, after) => {
    expect(withState(before, 'closed')).toBe(after)
  })

  test.each([
    ['x', '---\nlabels: ["a", "b"]\n---\n\nx'],
    ['---\nlabels: [ a ]  # two\n---\n', '---\nlabels: [ a, "b" ]  # two\n---\n'],
    ['---\nlabels: []\n---\n', '---\nlabels: ["a", "b"]\n---\n'],
    ['---\nlabels: a\n---\n', '---\nlabels: ["a", "b"]\n---\n'],
    ['---\nlabels:\n  - a\ntitle: t\n---\n', '---\nlabels:\n  - a\n  - "b"\ntitle: t\n---\n'],
    ['---\nlabels:\n- a\n---\n', '---\nlabels:\n- a\n- "b"\n---\n'],
    ['---\nlabels: [a, b]\n---\n', '---\nlabels: [a, b]\n---\n'],
  ])('labels are added to %j', (before, after) => {
    expect(withLabels(before, ['a', 'b'])).toBe(after)
  })
})

describe('asking GitHub often', () => {
  const start = async (): Promise<{ readonly forge: Forge; readonly about: TrackerProject }> => {
    const forge = await startForge()
    const config = { plugin: 'github', apiUrl: forge.apiUrl, token: forge.token }
    return {
      forge,
      about: { project: 'shop', repo: 'acme/shop', config, baseDir: '/', repository: '/' },
    }
  }

  test('costs one conditional request for all issues of a repository while nothing changes', async () => {
    const { forge, about } = await start()
    try {
      const shop = await forge.createRepository({ owner: 'acme', name: 'shop' })
      const ids = Array.from({ length: 12 }, (_, n) =>
        String(shop.issue({ title: `Issue ${n}` }).number),
      )
      const tracker = createGithubTracker({ git, env: {}, now: () => new Date() })
      const states = async (): Promise<readonly (string | undefined)[]> => {
        const found = await tracker.getMany?.(ids, about, signal)
        return ids.map(id => found?.get(id)?.state)
      }
      expect(new Set(await states())).toEqual(new Set(['open']))
      await states()
      forge.reset()
      for (let n = 0; n < 5; n += 1) await states()
      expect(forge.requests).toHaveLength(5)
      expect(forge.requests.every(({ conditional, status }) => conditional && status === 304)).toBe(
        true,
      )
      shop.issueOf(Number(ids[3])).close()
      const closed = (await states()).flatMap((state, n) => (state === 'closed' ? [n] : []))
      expect(closed).toEqual([3])
      shop.issueOf(Number(ids[3])).reopen()
      expect(new Set(await states())).toEqual(new Set(['open']))
      expect(forge.requests).toHaveLength(7)
    } finally {
      await forge.close()
    }
  })

  test('a repository that was renamed is found under its new name, for reading and for writing (D8)', async () => {
    const { forge, about } = await start()
    try {
      const shop = await forge.createRepository({ owner: 'acme', name: 'shop' })
      const issue = shop.issue({ title: 'Log in' })
      shop.rename('store')
      const tracker = createGithubTracker({ git, env: {}, now: () => new Date() })
      const id = String(issue.number)
      expect(await tracker.get(id, about, signal)).toMatchObject({ title: 'Log in' })
      const comment = { key: 'u.start', text: 'Taken', since: '2020-01-01T00:00:00Z' }
      expect(await tracker.comment?.(id, comment, about, signal)).toBe(true)
      expect(await tracker.setState?.(id, 'closed', about, signal)).toBe(true)
      await tracker.addLabels?.(id, ['doing'], about, signal)
      expect(issue.comments).toHaveLength(1)
      expect(issue).toMatchObject({ state: 'closed', labels: ['doing'] })
    } finally {
      await forge.close()
    }
  })

  test('a pull request is no issue, though GitHub counts it among them', async () => {
    const { forge, about } = await start()
    try {
      const shop = await forge.createRepository({ owner: 'acme', name: 'shop' })
      await shop.commit('side', { 'a.txt': 'a' })
      const { number } = await shop.openPull({ head: 'side', title: 'Side' })
      const tracker = createGithubTracker({ git, env: {}, now: () => new Date() })
      expect(await tracker.get(String(number), about, signal)).toBeUndefined()
      const all = { state: 'all', labels: [], limit: 10 } as const
      expect(await tracker.list(all, about, signal)).toEqual([])
    } finally {
      await forge.close()
    }
  })
})

describe('Linear', () => {
  test('an issue may be named by its number in the team, and suggests its branch', async () => {
    const double = await startLinear()
    try {
      const id = double.add({ title: 'Log in' })
      const tracker = createLinearTracker({
        env: { LINEAR_API_KEY: LINEAR_TOKEN },
        now: () => new Date(),
      })
      const about = (team?: string): TrackerProject => ({
        project: 'shop',
        config: { plugin: 'linear', apiUrl: double.url, ...(team === undefined ? {} : { team }) },
        baseDir: '/',
        repository: '/',
      })
      const issue = await tracker.get('1', about('eng'), signal)
      expect(issue).toMatchObject({ id, status: 'Todo', branchName: 'sam/eng-1' })
      expect(await tracker.get('eng-1', about(), signal)).toMatchObject({ id })
      expect(await tracker.get('1', about(), signal)).toBeUndefined()
      expect(await tracker.setState?.('1', 'in progress', about('ENG'), signal)).toBe(true)
      expect(double.show(id).state).toBe('In Progress')
      await expect(tracker.addLabels?.('1', ['nolabel'], about('ENG'), signal)).rejects.toThrow(
        'team ENG has no label "nolabel"',
      )
    } finally {
      await double.close()
    }
  })
})
