import type { ReactionMessageField } from '../resource/reaction-message.ts'
import type { DesiredSession, ReactionName, ReactionPolicy } from '../resource/spec.ts'
import { fillTemplate } from '../resource/template.ts'
import { plainLine } from '../resource/text.ts'
import type { PullRequestFact, ThreadFact } from './facts.ts'
import { fence, fenceTail } from './fence.ts'

/** Bytes of a name that somebody else chose. */
const MAX_NAME = 100
/** Logs or comments in one message. */
const MAX_ITEMS = 8

/** The reactions that tell an agent what stands against its pull request. */
export type FeedbackReaction = Extract<
  ReactionName,
  'ci-failed' | 'changes-requested' | 'bugbot-comments' | 'merge-conflicts'
>

/** What a message is about. */
export interface MessageTopic {
  readonly why: string
  readonly pullRequest?: PullRequestFact | undefined
}

/** What an agent is told about its pull request: what happened, the evidence (fenced as untrusted), and what is expected. */
export function feedbackText(
  reaction: FeedbackReaction,
  object: DesiredSession,
  policy: Pick<ReactionPolicy, 'message'>,
  topic: {
    readonly why: string
    readonly pullRequest: PullRequestFact
    readonly threads: readonly ThreadFact[]
  },
): string {
  const { pullRequest, threads } = topic
  switch (reaction) {
    case 'ci-failed':
      return agentText(object, policy, topic, ciText(pullRequest))
    case 'changes-requested':
      return agentText(object, policy, topic, reviewText(pullRequest, threads))
    case 'bugbot-comments':
      return agentText(object, policy, topic, botText(pullRequest, threads))
    case 'merge-conflicts':
      return agentText(object, policy, topic, conflictText(pullRequest))
  }
}

/** What an agent is told that rests although the next move is its own. */
export function idleText(
  object: DesiredSession,
  policy: Pick<ReactionPolicy, 'message'>,
  topic: MessageTopic,
): string {
  const { pullRequest } = topic
  const next =
    pullRequest === undefined
      ? `Go on with your task; when it is done, commit and open a pull request from ${object.spec.branch ?? 'your branch'}.`
      : `Look at pull request #${pullRequest.number} (${pullRequest.url}) and do what it waits for.`
  const text = `You have been idle, and your work is not done. ${next} If you need something from a person, say so.`
  return agentText(object, policy, topic, text)
}

/** What people are told instead of why, where the manifest gives a text. */
export function peopleText(
  object: DesiredSession,
  { message }: Pick<ReactionPolicy, 'message'>,
  topic: MessageTopic,
): { readonly text?: string } {
  return message === undefined ? {} : { text: fillTemplate(message, valuesOf(object, topic)) }
}

/** What the orchestrator is told when its worker does not get on. */
export function orchestratorText(
  object: DesiredSession,
  topic: { readonly reaction: ReactionName; readonly why: string; readonly url?: string },
): string {
  const about = topic.url === undefined ? '' : ` (${topic.url})`
  return [
    `Worker ${object.name} needs you (${topic.reaction}): ${plainLine(topic.why, 5 * MAX_NAME)}${about}.`,
    `Look with \`ao describe worker/${object.name}\` and \`ao logs ${object.name}\`, and tell it what to do with \`ao send ${object.name} "…"\`. If it still stands later, a person is called.`,
  ].join('\n\n')
}

/** A message of the manifest's own takes the evidence where it says `{{details}}`, else it stands before it. */
function agentText(
  object: DesiredSession,
  { message }: Pick<ReactionPolicy, 'message'>,
  topic: MessageTopic,
  details: string,
): string {
  if (message === undefined) return details
  const filled = fillTemplate(message, { ...valuesOf(object, topic), details })
  return /\{\{\s*details\s*\}\}/.test(message) ? filled : `${filled}\n\n${details}`
}

function valuesOf(
  { name, spec }: DesiredSession,
  { why, pullRequest }: MessageTopic,
): Readonly<Record<Exclude<ReactionMessageField, 'details'>, string | undefined>> {
  return {
    session: name,
    project: spec.project,
    why: plainLine(why, 2 * MAX_NAME),
    number: pullRequest === undefined ? undefined : String(pullRequest.number),
    title: pullRequest === undefined ? undefined : plainLine(pullRequest.title, MAX_NAME),
    url: pullRequest?.url,
    branch: pullRequest?.headBranch ?? spec.branch,
  }
}

function ciText({ number, url, headSha, failed }: PullRequestFact): string {
  const names = failed.slice(0, MAX_ITEMS).map(check => plainLine(check.name, MAX_NAME))
  const logs = failed.map(check => {
    const step = check.step === undefined ? '' : `, step "${plainLine(check.step, MAX_NAME)}"`
    const link = check.url === undefined ? '' : ` (${plainLine(check.url, 300)})`
    return `Check "${plainLine(check.name, MAX_NAME)}"${step}${link}:\n${fenceTail(check.logTail)}`
  })
  return [
    `CI failed on pull request #${number} (${url}) at ${headSha.slice(0, 12)}: ${names.join(', ')}.`,
    ...someOf(logs, 'checks failed'),
    'Find the cause, fix it, and commit (and push) the fix to the same branch.',
  ].join('\n\n')
}

function reviewText(
  { number, url, review, requests }: PullRequestFact,
  threads: readonly ThreadFact[],
): string {
  const notes = [
    ...(review === 'changes-requested' ? requests : []).map(
      note => `${plainLine(note.author, MAX_NAME)} wrote:\n${fence(note.body)}`,
    ),
    ...threads.map(threadText),
  ]
  return [
    review === 'changes-requested'
      ? `Changes were requested on pull request #${number} (${url}).`
      : `There are comments on pull request #${number} (${url}).`,
    ...someOf(notes, 'comments'),
    'Address each point, and commit (and push) to the same branch.',
  ].join('\n\n')
}

function botText({ number, url }: PullRequestFact, threads: readonly ThreadFact[]): string {
  return [
    `An automatic reviewer commented on pull request #${number} (${url}).`,
    ...someOf(threads.map(threadText), 'comments'),
    'Judge each point: fix what is right, and commit (and push) to the same branch; leave what is wrong.',
  ].join('\n\n')
}

function conflictText({ number, url, baseBranch, baseSha }: PullRequestFact): string {
  const base = `${plainLine(baseBranch, MAX_NAME)}${baseSha === undefined ? '' : ` (now at ${baseSha.slice(0, 12)})`}`
  return [
    `Pull request #${number} (${url}) conflicts with ${base}.`,
    `Bring your branch up to date with ${plainLine(baseBranch, MAX_NAME)}, resolve the conflicts without losing either side, run the tests, and commit (and push) to the same branch.`,
  ].join('\n\n')
}

function threadText({ path, line, url, comments }: ThreadFact): string {
  const place =
    path === undefined ? '' : ` at ${plainLine(path, 300)}${line === undefined ? '' : `:${line}`}`
  const link = url === undefined ? '' : ` (${plainLine(url, 300)})`
  return comments
    .map(
      ({ author, body }) => `${plainLine(author, MAX_NAME)} wrote${place}${link}:\n${fence(body)}`,
    )
    .join('\n\n')
}

function someOf(texts: readonly string[], what: string): readonly string[] {
  const more = texts.length - MAX_ITEMS
  const shown = texts.slice(0, MAX_ITEMS)
  return more > 0 ? [...shown, `(${more} more ${what}; see the pull request)`] : shown
}
