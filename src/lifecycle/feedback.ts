import type { PullRequestFact } from './facts.ts'

/** Bytes of untrusted text in one message to an agent. */
const MAX_UNTRUSTED = 8 * 1024

/** What an agent is told about its pull request: what happened, the evidence (fenced as untrusted), and what is expected. */
export function feedbackText(
  reaction: 'ci-failed' | 'changes-requested',
  preface: string | undefined,
  pullRequest: PullRequestFact,
): string {
  const body = reaction === 'ci-failed' ? ciText(pullRequest) : reviewText(pullRequest)
  return preface === undefined ? body : `${preface}\n\n${body}`
}

function ciText(pullRequest: PullRequestFact): string {
  const names = pullRequest.failed.map(check => check.name).join(', ')
  const logs = pullRequest.failed.map(check => `Check "${check.name}":\n${fence(check.logTail)}`)
  return [
    `CI failed on pull request #${pullRequest.number} at ${pullRequest.headSha.slice(0, 12)}: ${names}.`,
    ...logs,
    'Find the cause, fix it, and commit (and push) the fix to the same branch.',
  ].join('\n\n')
}

function reviewText(pullRequest: PullRequestFact): string {
  const notes = pullRequest.requests.map(note => `${note.author} wrote:\n${fence(note.body)}`)
  return [
    `Changes were requested on pull request #${pullRequest.number}.`,
    ...notes,
    'Address each point, and commit (and push) to the same branch.',
  ].join('\n\n')
}

/** Text that is not ours, as data: control characters gone, bounded to its end, and unable to close its own fence. */
export function fence(text: string): string {
  const clean = stripControl(text).trimEnd()
  const bounded = clean.length > MAX_UNTRUSTED ? `…${clean.slice(-MAX_UNTRUSTED)}` : clean
  const longest = Math.max(2, ...[...bounded.matchAll(/`+/g)].map(([ticks]) => ticks.length))
  const ticks = '`'.repeat(longest + 1)
  return `${ticks}untrusted\n${bounded}\n${ticks}`
}

/** Removes escape sequences and control characters except newline and tab. */
export function stripControl(text: string): string {
  return (
    text
      // oxlint-disable-next-line no-control-regex
      .replace(/\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)|[@-Z\\-_])/g, '')
      .replace(/\r\n?/g, '\n')
      // oxlint-disable-next-line no-control-regex
      .replace(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g, '')
  )
}
