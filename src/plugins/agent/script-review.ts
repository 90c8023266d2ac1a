import { setTimeout as sleep } from 'node:timers/promises'
import { Ajv2020 } from 'ajv/dist/2020.js'

import { runInWorkspace, StepFailed } from './script-session.ts'
import type { ReviewStep } from './script-schema.ts'
import type { Perform, Session } from './script-session.ts'

const LOOK_EVERY_MS = 400

/** What a reviewer has to know of a pull request; an item of `ao pr list -o json` holds more. */
export interface ListedPullRequest {
  readonly number: number
  readonly state: string
  readonly session?: string
  readonly head: { readonly sha: string }
  readonly checks: readonly { readonly state: string }[]
  readonly reviews: readonly {
    readonly session?: string
    readonly sha: string
    readonly verdict: string
    readonly body: string
  }[]
}

/** Waits for a session's pull request to have something new to look at, then reviews it. */
export const review: Perform<'review'> = async (step, session) => {
  session.screen.tell('wait', `for ${expectationOf(step)}`, 'quiet')
  session.reporter.activity('idle', `waiting for ${expectationOf(step)}`)
  let seen = judge([], step, session.name)
  for (;;) {
    seen = judge(await listPullRequests(session), step, session.name)
    if (seen.state !== 'wait') break
    await sleep(LOOK_EVERY_MS)
  }
  if (seen.state === 'reviewed') {
    session.screen.tell('review', `#${seen.number} has this review already`)
    return
  }
  await submit(session, seen.number, step)
}

export type Judgement =
  | { readonly state: 'wait' }
  | { readonly state: 'ready' | 'reviewed'; readonly number: number }

/**
 * What to do about the pull requests there are. A head is reviewed once: the same review again means that we were interrupted after writing it,
 * another one that the author has not answered yet.
 */
export function judge(
  pullRequests: readonly ListedPullRequest[],
  step: ReviewStep,
  reviewer: string,
): Judgement {
  const found = pullRequests.find(pr => pr.session === step['pr-of'] && pr.state === 'open')
  if (found === undefined) return { state: 'wait' }
  const mine = found.reviews.filter(one => one.session === reviewer && one.sha === found.head.sha)
  const last = mine.at(-1)
  if (last !== undefined) {
    const isSame = last.verdict === step.verdict && last.body.trim() === bodyOf(step)
    return isSame ? { state: 'reviewed', number: found.number } : { state: 'wait' }
  }
  const isGreen = found.checks.length > 0 && found.checks.every(one => one.state === 'success')
  if (step.checks === 'success' && !isGreen) return { state: 'wait' }
  return { state: 'ready', number: found.number }
}

const isList = new Ajv2020({ meta: false, validateSchema: false }).compile<{
  readonly items: readonly ListedPullRequest[]
}>({
  type: 'object',
  required: ['items'],
  properties: {
    items: {
      type: 'array',
      items: {
        type: 'object',
        required: ['number', 'state', 'head', 'checks', 'reviews'],
        properties: {
          number: { type: 'integer' },
          state: { type: 'string' },
          session: { type: 'string' },
          head: { type: 'object', required: ['sha'] },
          checks: { type: 'array', items: { type: 'object', required: ['state'] } },
          reviews: {
            type: 'array',
            items: { type: 'object', required: ['sha', 'verdict', 'body'] },
          },
        },
      },
    },
  },
})

/** A list that can't be had this time is looked for again. */
async function listPullRequests(session: Session): Promise<readonly ListedPullRequest[]> {
  const { exitCode, stdout } = await runInWorkspace(session, ['ao', 'pr', 'list', '-o', 'json'])
  if (exitCode !== 0) return []
  const list: unknown = JSON.parse(stdout)
  if (isList(list)) return list.items
  throw new StepFailed('`ao pr list -o json` did not print a list of pull requests')
}

async function submit(session: Session, number: number, step: ReviewStep): Promise<void> {
  session.reporter.activity('working', `reviewing #${number}`)
  const words = ['ao', 'pr', 'review', String(number), `--${step.verdict}`]
  const body = bodyOf(step)
  const argv = body === '' ? words : [...words, '--body', body]
  const { exitCode, output } = await runInWorkspace(session, argv)
  if (exitCode !== 0) throw new StepFailed(`${words.join(' ')} failed\n${output}`)
  session.screen.tell('review', `#${number} ${step.verdict}\n${body}`.trim(), 'good')
}

function bodyOf(step: ReviewStep): string {
  return (step.body ?? '').trim()
}

function expectationOf(step: ReviewStep): string {
  const what = `the pull request of ${step['pr-of']}`
  return step.checks === 'success' ? `${what} to be green` : what
}
