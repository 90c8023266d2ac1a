/**
 * A process of its own that uses the local scm, so that races are between real processes. Reads a JSON job from its first argument,
 * waits for the go file, does the call and prints the result as JSON.
 */
import { randomUUID } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'

import { createGit } from '../../src/plugins/git.ts'
import { createGitQueue } from '../../src/plugins/git-queue.ts'
import { createLocalScm } from '../../src/plugins/scm/local.ts'
import type { ScmProject } from '../../src/plugins/scm.ts'
import { HOME_ID, mergedSha } from './scm-wanted.ts'

export interface ScmJob {
  readonly project: ScmProject
  readonly env: Readonly<Record<string, string>>
  /** Written when ready; the call starts when `go` is there. */
  readonly ready: string
  readonly go: string
  readonly call:
    | { readonly type: 'create'; readonly head: string; readonly base: string }
    | { readonly type: 'review'; readonly number: number; readonly author: string }
    | { readonly type: 'merge'; readonly number: number; readonly expectedHead: string }
    | { readonly type: 'checks'; readonly number: number }
}

const job = JSON.parse(process.argv[2] ?? '') as ScmJob
const { signal } = new AbortController()
const scm = createLocalScm({
  git: createGit({ env: job.env }),
  queue: createGitQueue(),
  homeId: () => HOME_ID,
  now: () => new Date(),
  id: randomUUID,
  env: job.env,
  slots: 2,
})
writeFileSync(job.ready, '')
while (!existsSync(job.go)) await new Promise(resolve => setTimeout(resolve, 5))
try {
  console.log(JSON.stringify({ ok: true, value: (await perform()) ?? null }))
} catch (error) {
  const { code, message } = error as { code?: string; message?: string }
  console.log(JSON.stringify({ ok: false, code, message }))
}

async function perform(): Promise<unknown> {
  const { call, project } = job
  switch (call.type) {
    case 'create': {
      const request = {
        title: call.head,
        body: '',
        draft: false,
        author: 'sam',
        session: undefined,
      }
      const { head, base } = call
      return (await scm.create(project, { ...request, head, base }, signal)).number
    }
    case 'review': {
      const review = { verdict: 'comment', body: 'seen', author: call.author } as const
      return scm.review(project, call.number, { ...review, session: undefined }, signal)
    }
    case 'merge': {
      const options = { expectedHead: call.expectedHead, by: 'sam' }
      return mergedSha(await scm.merge(project, call.number, options, signal))
    }
    case 'checks': {
      const pull = await scm.get(project, call.number, { watchPaths: [] }, signal)
      if (pull !== undefined) await scm.runChecks?.(project, pull, signal)
      return undefined
    }
  }
}
