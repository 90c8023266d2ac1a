import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { compileSchema } from '../../src/manifest/compile-schema.ts'
import type { Notifier } from '../../src/plugins/notifier.ts'
import type { Notification } from '../../src/resource/notification.ts'
import { NOTIFICATION_PRIORITIES } from '../../src/resource/notification.ts'
import { eventually } from '../support/eventually.ts'

export const NOW = new Date('2026-01-02T03:04:05.000Z')

/** A notification with everything in it. */
export const FULL: Notification = {
  id: 'n-1',
  priority: 'action',
  title: 'shop-login: ci-failed',
  message: 'check test failed on 4f1c2a9: “ünit”',
  project: 'shop',
  session: 'shop-login',
  uid: '4f1c2a9b-0000-4000-8000-000000000000',
  reaction: 'ci-failed',
  cause: 'shop/shop-login/4f1c2a9b/ci-failed#3',
  pullRequestUrl: 'https://forge.example/acme/shop/pull/3',
  pullRequestNumber: 3,
  next: 'ao attach shop-login',
  createdAt: NOW.toISOString(),
}

const BARE: Notification = {
  id: 'n-2',
  priority: 'info',
  title: 'all-complete',
  message: 'all workers are done',
  project: 'shop',
  createdAt: NOW.toISOString(),
}

/** How the other side can be: how it takes things, and how it fails. */
export type Mood = 'fine' | 'refusing' | 'busy' | 'failing' | 'silent' | 'cut' | 'away'

/** A channel and the other side of it. */
export interface NotifierStage {
  readonly notifier: Notifier
  readonly config: Readonly<Record<string, unknown>>
  /** Texts that no error and no message may hold. */
  readonly secrets: readonly string[]
  /** Everything that people were shown, each as one text without the channel's own escapes. */
  shown(): readonly string[]
  /** What arrived and broke the rules of the service. */
  violations(): readonly string[]
  /** How many tries arrived at the other side, taken or not. */
  arrived(): number
  become(mood: Mood): Promise<void>
  close(): Promise<void>
}

export interface NotifierSuite {
  readonly open: () => Promise<NotifierStage>
  /** The moods that this other side can be in. */
  readonly moods: readonly Exclude<Mood, 'fine'>[]
  /** Settings that the schema takes, and that it refuses. */
  readonly good: readonly Readonly<Record<string, unknown>>[]
  readonly bad: readonly Readonly<Record<string, unknown>>[]
  /** How much of a long message a person sees at least. */
  readonly atLeast: number
}

/** What every channel must do; each adapter's own test calls it with a real other side. */
export function notifierConformance(name: string, suite: NotifierSuite): void {
  describe(`the notifier ${name}, as every other`, () => {
    let stage: NotifierStage
    beforeEach(async () => {
      stage = await suite.open()
    })
    afterEach(async () => {
      await stage.close()
    })

    const { signal } = new AbortController()
    const send = async (
      notification: Notification = FULL,
      config: Readonly<Record<string, unknown>> = {},
    ): Promise<unknown> => stage.notifier.send(notification, { ...stage.config, ...config }, signal)
    const failure = async (config: Readonly<Record<string, unknown>> = {}): Promise<unknown> =>
      send(FULL, config).then(
        () => 'it was sent',
        (error: unknown) => error,
      )

    test('shows the session, the pull request with its link, why, and the next command', async () => {
      await send()
      expect(stage.shown()).toHaveLength(1)
      for (const part of [
        'shop-login',
        '#3',
        'https://forge.example/acme/shop/pull/3',
        'check test failed on 4f1c2a9: “ünit”',
        'ao attach shop-login',
      ]) {
        expect(stage.shown()[0]).toContain(part)
      }
      expect(stage.violations()).toEqual([])
    })

    test.each(NOTIFICATION_PRIORITIES)('takes what is %s', async priority => {
      await send({ ...FULL, priority })
      expect([stage.shown().length, stage.violations()]).toEqual([1, []])
    })

    test('shows what is about no session and no pull request', async () => {
      await send(BARE)
      expect(stage.shown()[0]).toContain('all workers are done')
      expect([stage.shown().length, stage.violations()]).toEqual([1, []])
    })

    test('shows a digest of many', async () => {
      const items = Array.from({ length: 20 }, (_, index) => ({ ...FULL, id: `n-${index}` }))
      const message = items.map(({ title, message: why }) => `• ${title}: ${why}`).join('\n')
      await send({ ...BARE, title: '20 notifications', message, items })
      expect(stage.shown()[0]).toContain('shop-login: ci-failed')
      expect([stage.shown().length, stage.violations()]).toEqual([1, []])
    })

    test('shortens what is longer than the service takes', async () => {
      const long = '<&>"\'`*_|'.repeat(11_000)
      await send({
        ...FULL,
        title: long,
        message: `${'x'.repeat(suite.atLeast)}${long}`,
        next: long,
      })
      expect([stage.shown().length, stage.violations()]).toEqual([1, []])
      expect(stage.shown()[0]).toContain('x'.repeat(suite.atLeast))
    })

    test('lets no control characters of others through', async () => {
      await send({ ...FULL, title: 'a\u001b[31mb\u0007', message: 'c\u202ed\u0000\r\ne' })
      // oxlint-disable-next-line no-control-regex
      expect(stage.shown()[0]).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f\u202e]/)
      expect(stage.violations()).toEqual([])
    })

    test('can send the same again, and several at a time', async () => {
      await send()
      await Promise.all([send(), send({ ...FULL, id: 'n-3' })])
      expect([stage.shown().length, stage.violations()]).toEqual([3, []])
    })

    const may = (
      mood: Exclude<Mood, 'fine'>,
    ): ((title: string, run: () => Promise<void>) => void) =>
      suite.moods.includes(mood) ? test : nothing

    may('refusing')('says that it will never be taken', async () => {
      await stage.become('refusing')
      expect(await failure()).toMatchObject({ code: 'Refused', retryable: false })
    })

    may('busy')('says how long the service asks to wait', async () => {
      await stage.become('busy')
      expect(await failure()).toMatchObject({
        code: 'RateLimited',
        retryable: true,
        retryAfterMs: 7000,
      })
    })

    may('failing')('says that a failure of the service may pass', async () => {
      await stage.become('failing')
      expect(await failure()).toMatchObject({ code: 'Unreachable', retryable: true })
      await stage.become('fine')
      await send()
      expect(stage.shown()).toHaveLength(1)
    })

    may('silent')('waits no longer than it was told to', async () => {
      await stage.become('silent')
      expect(await failure({ timeout: '150ms' })).toMatchObject({
        code: 'Unreachable',
        retryable: true,
      })
    })

    may('silent')('ends at once when it is interrupted', async () => {
      await stage.become('silent')
      const controller = new AbortController()
      const sending = stage.notifier
        .send(FULL, stage.config, controller.signal)
        .catch((error: unknown) => error)
      await eventually('it arrived', () => stage.arrived() > 0)
      controller.abort()
      expect(await sending).toMatchObject({ code: 'Interrupted' })
    })

    may('cut')('says that a broken connection may be mended', async () => {
      await stage.become('cut')
      expect(await failure()).toMatchObject({ code: 'Unreachable', retryable: true })
    })

    may('away')('says that nobody is there now', async () => {
      await stage.become('away')
      expect(await failure()).toMatchObject({ code: 'Unreachable', retryable: true })
    })

    for (const mood of suite.moods) {
      test(`keeps its secrets to itself when the other side is ${mood}`, async () => {
        await stage.become(mood)
        const error = await failure({ timeout: '150ms' })
        const told =
          error instanceof Error ? `${error.message} ${String(error.stack)}` : String(error)
        for (const secret of stage.secrets) expect(told).not.toContain(secret)
      })
    }

    test('takes the settings it describes, and no others', () => {
      const validate = compileSchema(stage.notifier.configSchema)
      for (const config of suite.good) expect([config, validate(config)]).toEqual([config, true])
      for (const config of [...suite.bad, ...suite.good.map(one => ({ ...one, colour: 'red' }))]) {
        expect([config, validate(config)]).toEqual([config, false])
      }
    })
  })
}

/** A mood that this other side does not have is no test. */
function nothing(): void {
  // Not registered: there is nothing to skip.
}
