import { inspect } from 'node:util'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { compileSchema } from '../../src/manifest/compile-schema.ts'
import type {
  IssueComment,
  IssueQuery,
  Tracker,
  TrackerProject,
} from '../../src/plugins/tracker.ts'
import type { GivenIssue, ShownIssue } from '../support/trackers/world.ts'

export type Trouble =
  | 'refused'
  | 'forbidden'
  | 'limited'
  | 'broken'
  | 'slow'
  | 'lost-answer'
  | 'nonsense'

export interface TrackerStage {
  /** As a process that has just started has it. */
  tracker(): Tracker
  readonly about: TrackerProject
  add(issue: GivenIssue): Promise<string> | string
  show(id: string): ShownIssue
  /** Somebody outside says something. */
  say(id: string, text: string): void
  readonly words: {
    /** The state of a closed issue as settings name it, and as its page shows it. */
    readonly closed: string
    /** A query for the word `coupon`. */
    readonly query: string
    readonly missing: string
    /** Labels that the tracker knows. */
    readonly labels: readonly [string, string, string]
  }
  /** Of a tracker that is asked over the network. */
  readonly remote?: {
    readonly token: string
    trouble(kind: Trouble): void
    heal(): void
    requests(): number
  }
  close(): Promise<void>
}

const signal = (): AbortSignal => new AbortController().signal
const ALL: IssueQuery = { state: 'all', labels: [], limit: 50 }
const said = (key: string, text = 'Taken by shop-login'): IssueComment => ({
  key,
  text,
  since: new Date(Date.now() - 7_200_000).toISOString(),
})

/** What every tracker does the same; `start` makes a fresh one for each test. */
export function describeTracker(name: string, start: () => Promise<TrackerStage>): void {
  describe(`${name} tracker`, () => {
    let stage: TrackerStage
    let tracker: Tracker
    let about: TrackerProject
    beforeEach(async () => {
      stage = await start()
      tracker = stage.tracker()
      about = stage.about
    })
    afterEach(async () => {
      await stage.close()
    })

    reads()
    lists()
    changes()
    if (name !== 'local') fails()

    function reads(): void {
      test('an issue is read with its text, its labels and its state', async () => {
        const [bug, small] = stage.words.labels
        const id = await stage.add({
          title: 'Log in',
          body: 'It fails.\n\nAlways.',
          labels: [bug, small],
        })
        const closed = await stage.add({ title: 'Done', isClosed: true })
        const issue = await tracker.get(id, about, signal())
        expect(issue).toMatchObject({ id, title: 'Log in', state: 'open', labels: [bug, small] })
        expect(issue?.body.trim()).toBe('It fails.\n\nAlways.')
        expect(await tracker.get(closed, about, signal())).toMatchObject({
          body: '',
          state: 'closed',
        })
      })

      test('an issue that is not there is undefined, and so is what can be no id', async () => {
        for (const id of [stage.words.missing, '../1', '', 'a b', '1/comments', '-1', '\0']) {
          expect(await tracker.get(id, about, signal()), id).toBeUndefined()
        }
      })

      test('its text is plain and bounded, whoever wrote it', async () => {
        const long = `\u001b[31mred\u001b[0m\u0007\u202e${'é'.repeat(60_000)}`
        const id = await stage.add({ title: `a\u001b[31m b\u202e${'x'.repeat(400)}`, body: long })
        const issue = await tracker.get(id, about, signal())
        expect(issue?.title).toMatch(/^a bx+$/)
        expect(issue?.title.length).toBeLessThanOrEqual(256)
        expect(issue?.body.startsWith('redé')).toBe(true)
        expect(Buffer.byteLength(issue?.body ?? '')).toBeLessThanOrEqual(64 * 1024)
      })

      test('many are read at once, by the names they were asked for, without those that are not there', async () => {
        if (tracker.getMany === undefined) return
        const ids = [
          await stage.add({ title: 'One' }),
          await stage.add({ title: 'Two', isClosed: true }),
        ]
        const asked = [...ids, stage.words.missing, '../x']
        const found = await tracker.getMany(asked, about, signal())
        expect([...found.keys()]).toEqual(ids)
        expect(found.get(ids[1] ?? '')).toMatchObject({ title: 'Two', state: 'closed' })
        expect(await tracker.getMany([], about, signal())).toEqual(new Map())
      })

      test('what changed since is seen', async () => {
        const id = await stage.add({ title: 'One' })
        const state = async (): Promise<string | undefined> => {
          const many = await tracker.getMany?.([id], about, signal())
          return (many === undefined ? await tracker.get(id, about, signal()) : many.get(id))?.state
        }
        expect(await state()).toBe('open')
        await stage.tracker().setState?.(id, stage.words.closed, about, signal())
        expect(await state()).toBe('closed')
        expect(await tracker.get(id, about, signal())).toMatchObject({ state: 'closed' })
      })
    }

    function lists(): void {
      test('a list is the newest first, of the asked state and with all asked labels', async () => {
        const [bug, small] = stage.words.labels
        await stage.add({ title: 'One', labels: [bug] })
        await stage.add({ title: 'Two', labels: [small, bug] })
        await stage.add({ title: 'Three', labels: [bug, small], isClosed: true })
        const titles = async (query: Partial<IssueQuery>): Promise<readonly string[]> =>
          (await tracker.list({ ...ALL, ...query }, about, signal())).map(({ title }) => title)
        expect(await titles({})).toEqual(['Three', 'Two', 'One'])
        expect(await titles({ limit: 1 })).toEqual(['Three'])
        expect(await titles({ state: 'open' })).toEqual(['Two', 'One'])
        expect(await titles({ state: 'closed' })).toEqual(['Three'])
        expect(await titles({ labels: [small, bug] })).toEqual(['Three', 'Two'])
        expect(await titles({ state: 'closed', labels: [stage.words.labels[2]] })).toEqual([])
      })

      test('a list is found over its pages, each issue once', async () => {
        for (let n = 1; n <= 130; n += 1) await stage.add({ title: `Issue ${n}` })
        const found = await tracker.list({ ...ALL, limit: 120 }, about, signal())
        expect(found).toHaveLength(120)
        expect(new Set(found.map(({ id }) => id)).size).toBe(120)
        expect(found[0]?.title).toBe('Issue 130')
        expect(await tracker.list({ ...ALL, limit: 500 }, about, signal())).toHaveLength(130)
      })

      test('a query is in the tracker’s own words', async () => {
        await stage.add({ title: 'Redeem a coupon' })
        await stage.add({ title: 'Log in' })
        const found = await tracker.list({ ...ALL, query: stage.words.query }, about, signal())
        expect(found.map(({ title }) => title)).toEqual(['Redeem a coupon'])
      })
    }

    function changes(): void {
      test('a comment is posted once for each key, also by a process that knows of nothing', async () => {
        const id = await stage.add({ title: 'One' })
        expect(await tracker.comment?.(id, said('u1.start'), about, signal())).toBe(true)
        expect(await tracker.comment?.(id, said('u1.start'), about, signal())).toBe(false)
        expect(await stage.tracker().comment?.(id, said('u1.start', 'Else'), about, signal())).toBe(
          false,
        )
        expect(
          await tracker.comment?.(id, said('u1.merge', 'Merged\n\nas abc'), about, signal()),
        ).toBe(true)
        expect(stage.show(id).comments).toEqual(['Taken by shop-login', 'Merged\n\nas abc'])
        const issue = await tracker.get(id, about, signal())
        expect(issue?.body).toBe('')
      })

      test('a comment of ours is found behind those of others', async () => {
        const id = await stage.add({ title: 'One' })
        await tracker.comment?.(id, said('u1.start'), about, signal())
        for (let n = 0; n < 210; n += 1) stage.say(id, `Me too, ${n}`)
        expect(await tracker.comment?.(id, said('u1.start'), about, signal())).toBe(false)
        expect(await tracker.comment?.(id, said('u1.merge'), about, signal())).toBe(true)
      })

      test('a state is set once; one that the tracker does not know is refused by name', async () => {
        const id = await stage.add({ title: 'One' })
        const { closed } = stage.words
        expect(await tracker.setState?.(id, closed, about, signal())).toBe(true)
        expect(stage.show(id).state).toBe(closed)
        expect(await tracker.setState?.(id, closed, about, signal())).toBe(false)
        if (name === 'local') return
        const refused = await failure(async () =>
          tracker.setState?.(id, 'Nowhere', about, signal()),
        )
        expect(refused).toMatchObject({ code: 'Refused', retryable: false })
        expect(refused).toMatchObject({ message: expect.stringContaining('"Nowhere"') })
      })

      test('labels are added to those that are there', async () => {
        const [bug, small, doing] = stage.words.labels
        const id = await stage.add({ title: 'One', labels: [bug] })
        await tracker.addLabels?.(id, [small, bug], about, signal())
        await tracker.addLabels?.(id, [doing], about, signal())
        await tracker.addLabels?.(id, [doing], about, signal())
        expect(stage.show(id).labels).toEqual([bug, small, doing])
      })

      test('an issue that is not there can not be changed', async () => {
        for (const id of [stage.words.missing, '../1']) {
          const missing = {
            code: 'NotFound',
            message: expect.stringMatching(/issue.*\d|issue \.\.\/1/),
          }
          expect(
            await failure(async () => tracker.comment?.(id, said('k'), about, signal())),
          ).toMatchObject(missing)
          expect(
            await failure(async () => tracker.setState?.(id, stage.words.closed, about, signal())),
          ).toMatchObject(missing)
          expect(
            await failure(async () => tracker.addLabels?.(id, ['bug'], about, signal())),
          ).toMatchObject(missing)
        }
      })

      test('what an abort cut short is interrupted', async () => {
        const id = await stage.add({ title: 'One' })
        const aborted = AbortSignal.abort()
        const interrupted = { code: 'Interrupted' }
        expect(await failure(async () => tracker.get(id, about, aborted))).toMatchObject(
          interrupted,
        )
        expect(
          await failure(async () => tracker.comment?.(id, said('k'), about, aborted)),
        ).toMatchObject(interrupted)
        expect(stage.show(id).comments).toEqual([])
      })

      test('settings that it does not know are refused', () => {
        const validate = compileSchema(tracker.configSchema)
        const { plugin: _plugin, ...settings } = about.config
        expect(validate(settings)).toBe(true)
        expect(validate({ ...settings, tokn: 'x' })).toBe(false)
        expect(validate({ ...settings, onStart: { coment: 'x' } })).toBe(false)
        expect(
          validate({ ...settings, onStart: { comment: 'x' }, onMerge: { comment: 'y' } }),
        ).toBe(true)
      })
    }

    function fails(): void {
      const remote = (): NonNullable<TrackerStage['remote']> => {
        if (stage.remote === undefined) throw new Error(`${name} is asked over the network`)
        return stage.remote
      }
      const everything = async (id: string): Promise<readonly unknown[]> =>
        Promise.all([
          failure(async () => tracker.get(id, about, signal())),
          failure(async () => tracker.getMany?.([id], about, signal())),
          failure(async () => tracker.list(ALL, about, signal())),
          failure(async () => tracker.comment?.(id, said('k'), about, signal())),
          failure(async () => tracker.setState?.(id, stage.words.closed, about, signal())),
          failure(async () => tracker.addLabels?.(id, [stage.words.labels[2]], about, signal())),
        ])

      test.each([
        ['refused', { code: 'Refused', retryable: false }],
        ['forbidden', { code: 'Refused', retryable: false }],
        ['limited', { code: 'RateLimited', retryable: true }],
        ['broken', { code: 'Unreachable', retryable: true }],
        ['nonsense', { code: 'Unreachable', retryable: true }],
      ] as const)(
        'every call that is %s says so, and whose setting it is',
        async (kind, expected) => {
          const id = await stage.add({ title: 'One' })
          remote().trouble(kind)
          for (const error of await everything(id)) {
            expect(error).toMatchObject(expected)
            expect(error).toMatchObject({ message: expect.stringContaining('Project/shop') })
            expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(remote().token)
            const told = error as {
              readonly message: string
              readonly next?: string
              readonly retryAfterMs?: number
            }
            if (kind === 'refused') {
              expect(told.message).toContain('spec.tracker.token')
              expect(told.next).toMatch(/^(ao|gh) /)
            }
            if (kind === 'limited') expect(told.retryAfterMs).toBeGreaterThan(5000)
          }
          remote().heal()
          expect(await tracker.get(id, about, signal())).toMatchObject({ title: 'One' })
        },
      )

      test('an answer that does not come in time is no answer', async () => {
        const id = await stage.add({ title: 'One' })
        remote().trouble('slow')
        const hasty = { ...about, config: { ...about.config, timeout: '150ms' } }
        const error = await failure(async () => tracker.get(id, hasty, signal()))
        expect(error).toMatchObject({ code: 'Unreachable', retryable: true })
        expect(error).toMatchObject({ message: expect.stringContaining('150 ms') })
      })

      test('a comment whose answer was lost is not posted again', async () => {
        const id = await stage.add({ title: 'One' })
        remote().trouble('lost-answer')
        const error = await failure(async () =>
          tracker.comment?.(id, said('u1.start'), about, signal()),
        )
        expect(error).toMatchObject({ code: 'Unreachable', retryable: true })
        remote().heal()
        expect(stage.show(id).comments).toEqual(['Taken by shop-login'])
        expect(await tracker.comment?.(id, said('u1.start'), about, signal())).toBe(false)
        expect(stage.show(id).comments).toHaveLength(1)
      })

      test('without a token nobody is asked', async () => {
        const { token: _token, ...config } = about.config
        const before = remote().requests()
        const error = await failure(async () => tracker.get('1', { ...about, config }, signal()))
        expect(error).toMatchObject({
          code: 'EnvironmentMissing',
          message: expect.stringContaining('Project/shop: spec.tracker.token is not set'),
        })
        expect(remote().requests()).toBe(before)
      })
    }
  })
}

/** What a call throws; fails when it does not. */
async function failure(call: () => Promise<unknown>): Promise<unknown> {
  try {
    await call()
  } catch (error) {
    return error
  }
  throw new Error('It did not fail')
}
