import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import type { PullRequest } from '../src/plugins/scm.ts'
import type { Sight } from '../src/reconcile/merge-journal.ts'
import { beginJournal, settleUnfinishedMerges } from '../src/reconcile/merge-journal.ts'
import type { Journal } from '../src/store/journal.ts'
import { openJournal } from '../src/store/journal.ts'
import { homePaths } from '../src/store/paths.ts'
import type { NewEvent } from '../src/store/types.ts'
import { BASE_SHA, HEAD_SHA, NOW, record, worker } from './support/builders.ts'

const object = worker()
const view = { object, record: record(object) }
const due = {
  why: 'pull request #3 is approved and green',
  merge: { number: 3, headSha: HEAD_SHA },
}

let root: string
let journal: Journal
let told: NewEvent[]

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'ao-merge-journal-'))
  told = []
  const writer = { now: () => NOW, id: () => randomUUID(), bootId: 'boot-1' }
  journal = await openJournal(homePaths(root), { ...writer, fence: async () => undefined })
})
afterEach(async () => {
  await journal.close()
  rmSync(root, { recursive: true, force: true })
})

/** A look at that pull request, by a process that is not at it any more. */
async function look(
  seen: Partial<Pick<PullRequest, 'state' | 'queued' | 'mergeSha'>> & { readonly sha?: string },
  isSeen = true,
): Promise<void> {
  const { sha = HEAD_SHA, ...over } = seen
  const pull = { number: 3, state: 'open', queued: false, head: { sha }, ...over }
  const pullRequests = new Map([['app', { state: 'found', value: { items: [pull] } }]])
  const sight = {
    deps: { store: { journal, events: { append: async (event: NewEvent) => told.push(event) } } },
    jobs: { isSeen: () => isSeen },
    world: { snapshot: { pullRequests } },
    tick: 1,
  } as unknown as Sight
  await settleUnfinishedMerges(sight, view)
}

test('a merge that was begun and took is told with what decided it, once', async () => {
  await beginJournal({ journal }, view, due)
  await look({ state: 'merged', mergeSha: BASE_SHA })
  await look({ state: 'merged', mergeSha: BASE_SHA })
  expect(told).toMatchObject([
    {
      reason: 'Merged',
      object: 'Worker/app-1',
      cause: 'approved-and-green#3',
      message: `approved-and-green: ${due.why}; merged as ${BASE_SHA.slice(0, 7)}`,
    },
  ])
})

test('one that got as far as the merge queue is told as that', async () => {
  await beginJournal({ journal }, view, due)
  await look({ queued: true })
  expect(told).toMatchObject([{ reason: 'MergeQueued' }])
  expect(journal.open()).toEqual([])
})

test.each([{ state: 'closed' as const }, { sha: BASE_SHA }])(
  'one that came to nothing is told by nobody: %j',
  async seen => {
    await beginJournal({ journal }, view, due)
    await look(seen)
    await look({ state: 'merged', mergeSha: BASE_SHA })
    expect(told).toEqual([])
  },
)

test('what is seen as it was may be older than the merge, and whoever is still at it tells it himself', async () => {
  await beginJournal({ journal }, view, due)
  await look({})
  await look({ state: 'merged', mergeSha: BASE_SHA }, false)
  expect(told).toEqual([])
  expect(journal.open()).toHaveLength(1)
  await look({ state: 'merged', mergeSha: BASE_SHA })
  expect(told).toHaveLength(1)
})

test('a second try says of the first that it came to nothing, for it was seen open in between', async () => {
  await beginJournal({ journal }, view, due)
  const second = await beginJournal({ journal }, view, due)
  expect(journal.open()).toMatchObject([{ id: second }])
})
