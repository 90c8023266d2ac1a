import type { ReactionMessageField } from '../resource/reaction-message.ts'
import type { DesiredSession, ReactionName, ReactionPolicy } from '../resource/spec.ts'
import { fillTemplate } from '../resource/template.ts'
import { named, namedList, plainAddress, quoted } from '../resource/text.ts'
import type { PullRequestFact, ThreadFact } from './facts.ts'
import { newsId } from './facts.ts'
import { fence, fenceTail } from './fence.ts'
import type { RemarkFact } from './remark.ts'

/** Bytes of the path of a file. */
const MAX_PATH = 300
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

/** What was said on a pull request, as far as it is to be told. */
interface Said {
  readonly pullRequest: PullRequestFact
  readonly threads: readonly ThreadFact[]
  readonly remarks: readonly RemarkFact[]
  /** What of it was part of a message before, by id. */
  readonly told: ReadonlySet<string>
}

/** What an agent is told about its pull request: what happened, the evidence (fenced as untrusted), and what is expected. */
export function feedbackText(
  reaction: FeedbackReaction,
  object: DesiredSession,
  policy: Pick<ReactionPolicy, 'message'>,
  topic: Said & { readonly why: string },
): string {
  const { pullRequest } = topic
  switch (reaction) {
    case 'ci-failed':
      return agentText(object, policy, topic, ciText(pullRequest))
    case 'changes-requested':
      return agentText(object, policy, topic, reviewText(topic))
    case 'bugbot-comments':
      return agentText(object, policy, topic, botText(topic))
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
      ? `Go on with your task; when it is done, commit and open a pull request from ${object.spec.branch === undefined ? 'your branch' : named(object.spec.branch)}.`
      : `Look at ${nameOf(pullRequest)} and do what it waits for.`
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
  return [
    `Worker ${object.name} needs you (${topic.reaction}): ${topic.why}${linkTo(topic.url)}.`,
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
  const branch = pullRequest?.headBranch ?? spec.branch
  return {
    session: name,
    project: spec.project,
    why,
    number: pullRequest === undefined ? undefined : String(pullRequest.number),
    title: pullRequest === undefined ? undefined : quoted(pullRequest.title),
    url: plainAddress(pullRequest?.url),
    branch: branch === undefined ? undefined : named(branch),
  }
}

function ciText(pullRequest: PullRequestFact): string {
  const { headSha, failed } = pullRequest
  const logs = failed.map(({ name, step, url, logTail }) => {
    const inStep = step === undefined ? '' : `, step ${quoted(step)}`
    return `Check ${quoted(name)}${inStep}${linkTo(url)}:\n${fenceTail(logTail)}`
  })
  const names = namedList(failed.map(({ name }) => name))
  return [
    `CI failed on ${nameOf(pullRequest)} at ${headSha.slice(0, 12)}: ${names}.`,
    ...logs.slice(0, MAX_ITEMS),
    ...moreText(logs.length, 'checks failed'),
    'Find the cause, fix it, and commit (and push) the fix to the same branch.',
  ].join('\n\n')
}

function reviewText({ pullRequest, threads, remarks, told }: Said): string {
  const { review, requests } = pullRequest
  const asked = (review === 'changes-requested' ? requests : []).map(({ id, author, body }) => ({
    id,
    text: `${named(author)} wrote:\n${fence(body)}`,
  }))
  const notes = [...asked, ...notesOf({ pullRequest, threads, remarks })]
  return [
    review === 'changes-requested'
      ? `Changes were requested on ${nameOf(pullRequest)}.`
      : `There are comments on ${nameOf(pullRequest)}.`,
    ...someNotes(notes, told),
    'Address each point, and commit (and push) to the same branch.',
    ...waitingText(remarks, pullRequest),
    `What you have to say beside that goes through \`ao pr review ${pullRequest.number} --comment --body TEXT\`: said in another way it looks like a person's words.`,
  ].join('\n\n')
}

function botText({ told, ...said }: Said): string {
  return [
    `An automatic reviewer commented on ${nameOf(said.pullRequest)}.`,
    ...someNotes(notesOf(said), told),
    'Judge each point: fix what is right, and commit (and push) to the same branch; leave what is wrong.',
  ].join('\n\n')
}

function conflictText(pullRequest: PullRequestFact): string {
  const { number, url, baseSha } = pullRequest
  const baseBranch = named(pullRequest.baseBranch)
  const base = `${baseBranch}${baseSha === undefined ? '' : ` (now at ${baseSha.slice(0, 12)})`}`
  return [
    `Pull request #${number}${linkTo(url)} conflicts with ${base}.`,
    `Bring your branch up to date with ${baseBranch}, resolve the conflicts without losing either side, run the tests, and commit (and push) to the same branch.`,
  ].join('\n\n')
}

interface Note {
  readonly id: string
  readonly text: string
}

function notesOf({ pullRequest, threads, remarks }: Omit<Said, 'told'>): readonly Note[] {
  return [
    ...threads.map(thread => ({ id: newsId(thread), text: threadText(thread, pullRequest) })),
    ...remarks.map(remark => ({ id: remark.id, text: remarkText(remark) })),
  ]
}

/** A message holds so many: what the agent has not heard yet is the last to be left out. */
function someNotes(notes: readonly Note[], told: ReadonlySet<string>): readonly string[] {
  const isOld = ({ id }: Note): number => Number(told.has(id))
  const shown = new Set(notes.toSorted((a, b) => isOld(a) - isOld(b)).slice(0, MAX_ITEMS))
  const texts = notes.filter(note => shown.has(note)).map(({ text }) => text)
  return [...texts, ...moreText(notes.length, 'comments')]
}

/** What is said there in another way than by the command looks like a person's, for operators share their account with agents. */
function threadText(
  { id, path, line, url, comments }: ThreadFact,
  { number }: PullRequestFact,
): string {
  const place =
    path === undefined ? '' : ` at ${named(path, MAX_PATH)}${line === undefined ? '' : `:${line}`}`
  const said = comments.map(
    ({ author, body }) => `${named(author)} wrote${place}${linkTo(url)}:\n${fence(body)}`,
  )
  return [...said, `Answer there with \`ao pr reply ${number} ${named(id)} --body TEXT\`.`].join(
    '\n\n',
  )
}

/** What was said of the whole has no place of its own to answer at. */
function remarkText({ author, isApproval, body, url }: RemarkFact): string {
  const what = isApproval ? 'approved and wrote' : 'wrote'
  return `${named(author)} ${what}${linkTo(url)}:\n${fence(body)}`
}

function waitingText(
  remarks: readonly RemarkFact[],
  { number }: PullRequestFact,
): readonly string[] {
  if (!remarks.some(({ isOpen }) => isOpen)) return []
  return [
    `Where there is nothing to change, answer with \`ao pr review ${number} --comment --body TEXT\`: what people say keeps it from being merged until you answered or pushed, or somebody approved.`,
  ]
}

function nameOf({ number, url }: PullRequestFact): string {
  return `pull request #${number}${linkTo(url)}`
}

function linkTo(url: string | undefined): string {
  const address = plainAddress(url)
  return address === undefined ? '' : ` (${address})`
}

function moreText(count: number, what: string): readonly string[] {
  const more = count - MAX_ITEMS
  return more > 0 ? [`(${more} more ${what}; see the pull request)`] : []
}
