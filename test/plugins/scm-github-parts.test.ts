import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { schedule, type ScheduleInput } from '../../src/plugins/forge-pacing.ts'
import {
  readMarker,
  withMarker,
  withMarkerOf,
  withoutMarker,
} from '../../src/plugins/hidden-marker.ts'
import { isSettled } from '../../src/plugins/scm/github-checks.ts'
import type { Context } from '../../src/plugins/scm/github-facts.ts'
import { judge } from '../../src/plugins/scm/github-limits.ts'
import { GITHUB_SCM_SCHEMA, readSettings } from '../../src/plugins/scm/github-settings.ts'
import { openForgeFiles } from '../../src/store/forge.ts'

const hasNoFence = (text: string): boolean => !/^ {0,3}(```|~~~)/m.test(text)

describe('the marker in what we write', () => {
  const name = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,20}$/)

  test('is there exactly once, at the end, and gives the text back (P16)', () => {
    fc.assert(
      fc.property(fc.string().filter(hasNoFence), name, name, (text, first, second) => {
        const before = withMarker(text, { session: first, home: undefined })
        const marked = withMarker(before, { session: second, home: 'h-1' }, { verdict: 'approve' })
        expect(marked.split('<!-- ao:session=')).toHaveLength(2)
        expect(readMarker(marked)).toEqual({
          session: second,
          home: 'h-1',
          fields: { verdict: 'approve' },
        })
        expect(withoutMarker(marked)).toBe(withoutMarker(text))
      }),
    )
  })

  const line = '<!-- ao:session=app-1 home=h-1 -->'

  test.each([
    ['as we write it', `Done.\n\n${line}`],
    ['with a browser’s line ends', `Done.\r\n\r\n${line}\r\n`],
    ['alone', line],
    ['after a block of code', `\`\`\`\nlog\n\`\`\`\n\n${line}`],
    [
      'before another hidden line of ours',
      `Done.\n\n${line}\n<!-- ao:review=approve head=abcdef0 -->`,
    ],
  ])('is read where we put it: %s', (_, text) => {
    expect(readMarker(text)).toEqual({ session: 'app-1', home: 'h-1', fields: {} })
  })

  test.each([
    ['in a quote', `> Done.\n>\n> ${line}`],
    ['before other words', `> Done.\n${line}\n\nNo, it is not.`],
    ['within a line', `Why does it say ${line}`],
    ['in a block of code', `\`\`\`html\n${line}\n\`\`\``],
    ['in a block of code that was left open', `~~~\n${line}`],
    ['in an indented block', `Look:\n\n    ${line}`],
    ['as something else', '<!-- something else -->'],
  ])('is not believed where it was copied to: %s', (_, text) => {
    expect(readMarker(text)).toBeUndefined()
    expect(withMarkerOf('New words', text)).toBe('New words')
  })

  test('is no part of a block of code that its author left open', () => {
    const open = 'It says:\n````\n```\nred'
    const marked = withMarker(open, { session: 'app-1', home: 'h-1' })
    expect(marked).toBe(`${open}\n\`\`\`\`\n\n${line}`)
    expect(readMarker(marked)?.session).toBe('app-1')
    expect(withMarker(marked, { session: 'app-1', home: 'h-1' })).toBe(marked)
  })
})

describe('when GitHub is looked at again', () => {
  const input: ScheduleInput = {
    pace: 'checks',
    intervalMs: 15_000,
    before: undefined,
    hasMoved: false,
    budgets: [],
    now: 0,
    random: 0.5,
  }
  const waits = (pace: ScheduleInput['pace'], turns: number): readonly number[] => {
    const seen: number[] = []
    let before: ReturnType<typeof schedule> | undefined
    for (let n = 0; n < turns; n += 1) {
      before = schedule({ ...input, pace, before })
      seen.push(before.nextAt / 1000)
    }
    return seen
  }

  test.each([
    ['checks', [15, 22.5, 33.75, 50.625, 75.938, 113.906, 120, 120]],
    ['review', [60, 90, 135, 202.5, 303.75, 455.625, 600, 600]],
    ['idle', [300, 300]],
  ] as const)('at the pace of %s the waits grow to their limit', (pace, expected) => {
    const seen = waits(pace, expected.length)
    for (const [n, wait] of expected.entries()) expect(seen[n]).toBeCloseTo(wait, 2)
  })

  test('a change makes it soon again', () => {
    const before = { intervalMs: 120_000, nextAt: 0 }
    expect(schedule({ ...input, before, hasMoved: true }).nextAt).toBe(15_000)
  })

  test('not everybody comes at once', () => {
    expect(schedule({ ...input, random: 0 }).nextAt).toBe(13_500)
    expect(schedule({ ...input, random: 1 }).nextAt).toBe(16_500)
  })

  test('what is asked lasts until the allowance is renewed, less what is left to others', () => {
    const resetAt = 3_600_000
    const paid = (remaining: number, cost: number): number =>
      schedule({ ...input, budgets: [{ remaining, resetAt, cost }] }).nextAt
    expect(paid(5000, 1)).toBe(15_000)
    expect(paid(860, 10)).toBe(100_000)
    expect(paid(500, 1)).toBe(resetAt)
    expect(paid(0, 0)).toBe(15_000)
  })
})

describe('what an answer means for everything else', () => {
  const state = { failures: 0, now: 1_000_000, random: 0.5 }
  const until = (
    status: number,
    headers: Record<string, string>,
    message = '',
  ): number | undefined => judge('github.com', { status, headers, message }, state).pause?.until

  test.each([
    [403, { 'retry-after': '30' }, '', 30_000],
    [429, { 'retry-after': '30' }, '', 30_000],
    [503, { 'retry-after': '30' }, '', 30_000],
    [403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1600' }, '', 601_000],
    [429, {}, '', 60_000],
    [403, {}, 'You have exceeded a secondary rate limit', 60_000],
    [502, {}, '', 5000],
  ] as const)('%i %o is waited for %s%i ms', (status, headers, message, ms) => {
    expect(until(status, headers, message)).toBe(state.now + ms)
  })

  test.each([403, 404, 422])('a %i about one thing stops nothing else', status => {
    expect(until(status, { 'x-ratelimit-remaining': '4000' })).toBeUndefined()
  })

  test('nothing is waited for longer than an hour and a minute', () => {
    expect(until(403, { 'retry-after': '999999' })).toBe(state.now + 3_660_000)
  })
})

describe('when checks need no more looking at', () => {
  const done: Context = {
    name: 'build',
    origin: 'github-actions',
    isJob: true,
    state: 'success',
    required: false,
    at: new Date(0).toISOString(),
  }
  const settled = (
    contexts: readonly Context[],
    now: number,
    checks: readonly string[] = [],
  ): boolean => isSettled(contexts, { rules: { checks, approvals: 0 }, headSince: 0, now })

  test('once all succeeded, and for a while none was added', () => {
    expect(settled([done], 60_000)).toBe(false)
    expect(settled([done], 121_000)).toBe(true)
  })

  test('not while one runs, failed or is missing', () => {
    expect(settled([{ ...done, state: 'in_progress' }], 1e9)).toBe(false)
    expect(settled([{ ...done, state: 'failure' }], 1e9)).toBe(false)
    expect(settled([done], 1e9, ['lint'])).toBe(false)
  })

  test('a head that nothing is reported of is expected to get some for ten minutes', () => {
    expect(settled([], 599_000)).toBe(false)
    expect(settled([], 601_000)).toBe(true)
  })
})

describe('settings', () => {
  test('have safe defaults', () => {
    expect(readSettings('app', { plugin: 'github' })).toEqual({
      repo: undefined,
      apiUrl: 'https://api.github.com',
      merge: 'squash',
      deleteBranch: true,
      approvals: 1,
      requiredChecks: undefined,
      trust: new Set(['OWNER', 'MEMBER', 'COLLABORATOR']),
      maxAgeMs: 900_000,
      intervalMs: 15_000,
    })
  })

  test.each(['http://github.example/api/v3', 'ftp://127.0.0.1', 'nonsense'])(
    'the token is not carried to %s',
    apiUrl => {
      expect(() => readSettings('app', { apiUrl })).toThrow(/Project\/app: spec\.scm\.apiUrl/)
    },
  )

  test('refuse what they do not know', () => {
    expect(GITHUB_SCM_SCHEMA).toMatchObject({ additionalProperties: false })
  })
})

describe('what a forge is remembered by', () => {
  let root: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'ao-memory-'))
  })
  afterEach(() => {
    rmSync(root, { recursive: true, force: true })
  })

  test('is one private file for each key, and nothing when it is damaged', async () => {
    const forge = join(root, 'forge')
    const files = openForgeFiles({ forge })
    expect(await files.read('github/github.com/0/octo/shop')).toBeUndefined()
    await files.write('github/github.com/0/octo/shop', { a: 1 })
    await files.write('github/github.com/0/octo/Shop', { a: 2 })
    await files.write('github/github.com/0/octo/shop', { a: 3 })
    expect(await files.read('github/github.com/0/octo/shop')).toEqual({ a: 3 })
    expect(await files.read('github/github.com/0/octo/Shop')).toEqual({ a: 2 })
    const names = readdirSync(forge)
    expect(names).toHaveLength(2)
    for (const name of names) expect(statSync(join(forge, name)).mode & 0o777).toBe(0o600)
    expect(statSync(forge).mode & 0o777).toBe(0o700)
    for (const name of names) writeFileSync(join(forge, name), '{"a":')
    expect(await files.read('github/github.com/0/octo/shop')).toBeUndefined()
  })
})
