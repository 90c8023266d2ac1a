import { plainLine, plainTail, plainText } from '../resource/text.ts'
import type { PullRequestFact } from './facts.ts'

/** Bytes of one untrusted text in a message to an agent. */
const MAX_UNTRUSTED = 8 * 1024
/** Bytes of a name that somebody else chose. */
const MAX_NAME = 100
/** Logs or comments in one message. */
const MAX_ITEMS = 8

/** What an agent is told about its pull request: what happened, the evidence (fenced as untrusted), and what is expected. */
export function feedbackText(
  reaction: 'ci-failed' | 'changes-requested',
  preface: string | undefined,
  pullRequest: PullRequestFact,
): string {
  const body = reaction === 'ci-failed' ? ciText(pullRequest) : reviewText(pullRequest)
  return preface === undefined ? body : `${preface}\n\n${body}`
}

function ciText({ number, headSha, failed }: PullRequestFact): string {
  const names = failed.slice(0, MAX_ITEMS).map(check => plainLine(check.name, MAX_NAME))
  const logs = failed.map(
    check => `Check "${plainLine(check.name, MAX_NAME)}":\n${fenceTail(check.logTail)}`,
  )
  return [
    `CI failed on pull request #${number} at ${headSha.slice(0, 12)}: ${names.join(', ')}.`,
    ...someOf(logs, 'checks failed'),
    'Find the cause, fix it, and commit (and push) the fix to the same branch.',
  ].join('\n\n')
}

function reviewText({ number, requests }: PullRequestFact): string {
  const notes = requests.map(
    note => `${plainLine(note.author, MAX_NAME)} wrote:\n${fence(note.body)}`,
  )
  return [
    `Changes were requested on pull request #${number}.`,
    ...someOf(notes, 'reviews ask for changes'),
    'Address each point, and commit (and push) to the same branch.',
  ].join('\n\n')
}

function someOf(texts: readonly string[], what: string): readonly string[] {
  const more = texts.length - MAX_ITEMS
  const shown = texts.slice(0, MAX_ITEMS)
  return more > 0 ? [...shown, `(${more} more ${what}; see the pull request)`] : shown
}

/** Text that is not ours, as data: control characters gone, bounded, and unable to close its own fence. */
export function fence(text: string): string {
  const whole = plainText(text).trimEnd()
  const bounded = plainText(whole, MAX_UNTRUSTED)
  return fenced(bounded === whole ? whole : `${bounded}…`)
}

/** Like `fence`, but what is kept of a long text is its end, as one wants of a log. */
function fenceTail(text: string): string {
  const whole = plainText(text).trimEnd()
  const bounded = plainTail(whole, MAX_UNTRUSTED)
  return fenced(bounded === whole ? whole : `…${bounded}`)
}

function fenced(text: string): string {
  const runs = [...text.matchAll(/`+/g)].map(([run]) => run.length)
  const ticks = '`'.repeat(Math.max(2, ...runs) + 1)
  return `${ticks}untrusted\n${text}\n${ticks}`
}
