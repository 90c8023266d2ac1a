import type { CheckResult, PullRequest, ReviewThread } from '../plugins/scm.ts'
import type { Signature } from '../resource/signature.ts'
import { ageOf } from './output/age.ts'
import type { Look } from './output/look.ts'
import { paletteOf } from './output/look.ts'
import { renderTable } from './output/table.ts'
import { clean, wrap } from './output/text.ts'

const LOG_LINES = 15

/** One line for each pull request; of those that were only listed nobody knows checks and reviews. */
export function renderPulls(
  pulls: readonly PullRequest[],
  isRead: (number: number) => boolean,
  look: Look,
): string {
  if (pulls.length === 0) return ''
  const paint = paletteOf(look.color)
  const columns = [
    { header: 'NUMBER' },
    { header: 'STATE' },
    { header: 'HEAD' },
    { header: 'BY', drop: 1 },
    { header: 'CHECKS' },
    { header: 'REVIEW' },
    { header: 'AGE', drop: 2 },
    { header: 'TITLE' },
  ]
  const rows = pulls.map(pull => {
    const checks = isRead(pull.number) ? checksOf(pull.checks) : '?'
    return [
      { text: `#${pull.number}` },
      { text: stateOf(pull) },
      { text: clean(pull.head.branch) },
      { text: clean(pull.author) },
      { text: checks, paint: checks === 'failing' ? paint.bad : paint.faint },
      { text: isRead(pull.number) ? reviewOf(pull) : '?' },
      { text: ageOf(pull.createdAt, look.now) },
      { text: clean(pull.title) },
    ]
  })
  return `${renderTable(columns, rows, { width: look.width }).join('\n')}\n`
}

/** Everything about one pull request; `stat` is what `git diff --stat` says of it. */
export function renderPull(pull: PullRequest, stat: string, look: Look): string {
  const { strong } = paletteOf(look.color)
  const merged = pull.mergeSha === undefined ? '' : ` as ${pull.mergeSha.slice(0, 12)}`
  const facts = [
    ['State', `${stateOf(pull)}${merged}`],
    ['Head', `${pull.head.branch} @ ${pull.head.sha.slice(0, 12)}`],
    ['Base', pull.base.branch],
    ['Author', saidBy(pull)],
    ['Review', decisionOf(pull)],
    ['Merging', pull.mergeable],
    ['Opened', `${ageOf(pull.createdAt, look.now)} ago`],
    ['URL', pull.url],
  ]
  const section = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : ['', strong(title), ...lines]
  const lines = [
    strong(`#${pull.number} ${clean(pull.title)}`),
    ...facts.map(([name = '', text = '']) => `  ${name.padEnd(8)}  ${clean(text)}`),
    ...section('Description', paragraph(pull.body, look)),
    ...section('Checks', pull.checks.flatMap(checkLines)),
    ...section(
      'Reviews',
      pull.reviews.flatMap(review => reviewLines(review, pull, look)),
    ),
    ...section(
      'Conversations',
      pull.threads.filter(({ resolved }) => !resolved).flatMap(thread => threadLines(thread, look)),
    ),
    ...section(
      'Changes',
      stat.split('\n').flatMap(line => (line.trim() === '' ? [] : [`  ${clean(line.trim())}`])),
    ),
  ]
  return `${lines.map(line => line.trimEnd()).join('\n')}\n`
}

function checkLines(check: CheckResult): readonly string[] {
  const line = `  ${clean(check.name)}  ${check.state}${check.required ? '' : ' (not required)'}`
  if (check.state !== 'failure' || check.logTail === undefined) return [line]
  const tail = check.logTail.trimEnd().split('\n').slice(-LOG_LINES)
  return [line, ...tail.map(text => `    | ${clean(text)}`)]
}

function reviewLines(
  review: PullRequest['reviews'][number],
  pull: PullRequest,
  look: Look,
): readonly string[] {
  const { verdict, sha, createdAt, body } = review
  const old = sha === pull.head.sha ? '' : `, of an older head (${sha.slice(0, 12)})`
  const head = `  ${clean(saidBy(review))}  ${verdict}  ${ageOf(createdAt, look.now)} ago${old}`
  return [head, ...paragraph(body, look).map(line => `  ${line}`)]
}

/** With its id, by which one can answer. */
function threadLines({ id, path, line, comments }: ReviewThread, look: Look): readonly string[] {
  const place = path === undefined ? '' : `  ${clean(path)}${line === undefined ? '' : `:${line}`}`
  const said = comments.flatMap(comment => [
    `    ${clean(saidBy(comment))}  ${ageOf(comment.createdAt, look.now)} ago`,
    ...paragraph(comment.body, look).map(text => `    ${text}`),
  ])
  return [`  ${clean(id)}${place}`, ...said]
}

function paragraph(text: string, { width }: Look): readonly string[] {
  if (text.trim() === '') return []
  return text
    .trim()
    .split('\n')
    .flatMap(line => wrap(clean(line), width - 4))
    .map(line => `  ${line}`)
}

function stateOf({ state, draft }: PullRequest): string {
  return state === 'open' && draft ? 'draft' : state
}

function reviewOf({ reviewDecision }: PullRequest): string {
  return reviewDecision === 'none' ? '-' : reviewDecision
}

function decisionOf(pull: PullRequest): string {
  const { have, need } = pull.approvals
  const counted = `${have} of ${need} approvals of this head`
  return pull.reviewDecision === 'none' ? counted : `${pull.reviewDecision}, ${counted}`
}

/** Sessions share accounts with each other and with people, and each has a voice of its own. */
function saidBy({
  author,
  session,
  otherSession,
}: Signature & { readonly author: string }): string {
  const name = session ?? otherSession
  return name === undefined || name === author ? author : `${author} (${name})`
}

/** A failing check that is not required fails nothing. */
function checksOf(checks: readonly CheckResult[]): string {
  if (checks.length === 0) return '-'
  if (checks.some(({ state, required }) => state === 'failure' && required)) return 'failing'
  return checks.some(({ state }) => state === 'pending' || state === 'running')
    ? 'pending'
    : 'passing'
}
