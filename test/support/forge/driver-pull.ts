import { reportCheck, reportStatus } from './checking.ts'
import type { Inside } from './inside.ts'
import { type MergeMethod, mergePull } from './merging.ts'
import { closeIssue, reopenIssue } from './issue.ts'
import { addComment, addReview, label, replyInThread } from './operate.ts'
import type { Annotation, App, CheckConclusion } from './check-state.ts'
import {
  type Account,
  type AccountType,
  type Association,
  type Issue,
  type Pull,
  type ReviewState,
  type Thread,
  account,
  headOf,
  touch,
} from './state.ts'
import { synchronize } from './sync.ts'

export interface Said {
  readonly author: string
  /** Default `User`. */
  readonly type?: AccountType
  /** What the author is to the repository from now on; default a collaborator, and of bots nothing. */
  readonly association?: Association
  readonly body: string
}

export interface IssueDriver {
  readonly number: number
  readonly title: string
  readonly state: 'open' | 'closed'
  readonly labels: readonly string[]
  readonly assignees: readonly string[]
  readonly comments: readonly Said[]
  comment(said: Said): number
  label(...names: readonly string[]): void
  unlabel(name: string): void
  close(reason?: 'completed' | 'not_planned'): void
  reopen(): void
  edit(changes: { readonly title?: string; readonly body?: string }): void
}

export interface PullDriver extends IssueDriver {
  readonly merged: boolean
  readonly mergeSha: string | undefined
  readonly draft: boolean
  readonly head: string
  readonly headBranch: string
  readonly threads: readonly {
    readonly id: number
    readonly resolved: boolean
    readonly bodies: readonly string[]
  }[]
  readonly reviews: readonly {
    readonly author: string
    readonly state: ReviewState
    readonly body: string
  }[]
  /** A check run of GitHub Actions (with a log), of another app, or a commit status; of the head, unless told otherwise. */
  check(options: CheckOptions): Promise<number>
  /** Gives the ids of the threads it began. */
  review(options: ReviewOptions): Promise<readonly number[]>
  approve(author?: string): Promise<void>
  requestChanges(author: string, body: string): Promise<void>
  reply(thread: number, said: Said): void
  resolveThread(thread: number, by?: string): void
  reopenThread(thread: number): void
  setDraft(draft: boolean): void
  /** Merged by a person, past all rules. */
  merge(options?: { readonly method?: MergeMethod; readonly by?: string }): Promise<string>
}

export interface CheckOptions {
  readonly name: string
  readonly state: 'queued' | 'running' | CheckConclusion
  readonly log?: string
  readonly sha?: string
  /** A commit status instead of a check run. */
  readonly kind?: 'check' | 'status'
  readonly app?: App
  readonly summary?: string
  readonly annotations?: readonly Annotation[]
}

export interface ReviewOptions {
  readonly author: string
  readonly type?: AccountType
  readonly association?: Association
  readonly verdict: 'approve' | 'request-changes' | 'comment'
  readonly body?: string
  readonly comments?: readonly {
    readonly path: string
    readonly line: number
    readonly body: string
  }[]
}

const VERDICTS = {
  approve: 'APPROVED',
  'request-changes': 'CHANGES_REQUESTED',
  comment: 'COMMENTED',
} as const

export function driveIssue(inside: Inside, issue: Issue): IssueDriver {
  const { state } = inside
  const owner = issue.repo.owner
  return {
    number: issue.number,
    get title() {
      return issue.title
    },
    get state() {
      return issue.state
    },
    get labels() {
      return issue.labels.map(each => each.name)
    },
    get assignees() {
      return issue.assignees.map(each => each.login)
    },
    get comments() {
      return issue.comments.map(({ author, body }) => ({
        author: author.login,
        type: author.type,
        body,
      }))
    },
    comment: said => addComment(state, issue, speaker(inside, issue, said), said.body).id,
    label: (...names) => {
      const made = names.map(name => label(state, issue.repo, name))
      issue.labels = [...new Set([...issue.labels, ...made])]
      touch(issue)
    },
    unlabel: name => {
      issue.labels = issue.labels.filter(each => each.name !== name)
      touch(issue)
    },
    close: reason => {
      closeIssue(issue, owner, reason)
    },
    reopen: () => {
      reopenIssue(issue)
    },
    edit: ({ title, body }) => {
      issue.title = title ?? issue.title
      issue.body = body ?? issue.body
      touch(issue)
    },
  }
}

export function drivePull(inside: Inside, pull: Pull): PullDriver {
  const { state } = inside
  const review = async (options: ReviewOptions) => {
    await synchronize(state, pull.repo)
    const known = new Set(pull.threads)
    addReview(state, pull, speaker(inside, pull, options), {
      state: VERDICTS[options.verdict],
      body: options.body ?? '',
      comments: options.comments ?? [],
    })
    return pull.threads.filter(thread => !known.has(thread)).map(thread => thread.id)
  }
  return Object.defineProperties(facts(pull), {
    ...Object.getOwnPropertyDescriptors(driveIssue(inside, pull)),
    ...Object.getOwnPropertyDescriptors({
      check: async (options: CheckOptions) => check(inside, pull, options),
      review,
      approve: async (author = 'reviewer') => {
        await review({ author, verdict: 'approve' })
      },
      requestChanges: async (author: string, body: string) => {
        await review({ author, verdict: 'request-changes', body })
      },
      reply: (id: number, said: Said) => {
        const by = { author: speaker(inside, pull, said), body: said.body }
        replyInThread(state, pull, threadOf(pull, id), by)
      },
      resolveThread: (id: number, by = 'reviewer') => {
        threadOf(pull, id).resolvedBy = account(state, by)
      },
      reopenThread: (id: number) => {
        threadOf(pull, id).resolvedBy = undefined
      },
      setDraft: (draft: boolean) => {
        pull.draft = draft
        touch(pull)
      },
      merge: async (options: { readonly method?: MergeMethod; readonly by?: string } = {}) => {
        await synchronize(state, pull.repo)
        return mergePull(pull, account(state, options.by ?? pull.repo.owner.login), {
          method: options.method ?? 'merge',
          expectedHead: undefined,
          title: undefined,
          message: undefined,
        })
      },
    }),
  }) as PullDriver
}

function speaker(
  inside: Inside,
  issue: Issue,
  said: Pick<Said, 'author' | 'type' | 'association'>,
): Account {
  const who = account(inside.state, said.author, said.type)
  if (said.association !== undefined) issue.repo.associations.set(who.id, said.association)
  return who
}

function facts(pull: Pull): object {
  return {
    get merged() {
      return pull.merged !== undefined
    },
    get mergeSha() {
      return pull.merged?.sha
    },
    get draft() {
      return pull.draft
    },
    get head() {
      return headOf(pull)
    },
    headBranch: pull.headBranch,
    get threads() {
      return pull.threads.map(thread => ({
        id: thread.id,
        resolved: thread.resolvedBy !== undefined,
        bodies: thread.comments.map(comment => comment.body),
      }))
    },
    get reviews() {
      return pull.reviews.map(({ author, state, body }) => ({ author: author.login, state, body }))
    },
  }
}

function threadOf(pull: Pull, id: number): Thread {
  const thread = pull.threads.find(each => each.id === id)
  if (thread === undefined) throw new Error(`No thread ${id} at #${pull.number}`)
  return thread
}

async function check(inside: Inside, pull: Pull, options: CheckOptions): Promise<number> {
  const { state } = inside
  await synchronize(state, pull.repo)
  const sha = options.sha ?? headOf(pull)
  if (options.kind === 'status') {
    const creator = account(state, 'ci', 'Bot')
    const word =
      options.state === 'success' ? 'success' : options.state === 'failure' ? 'failure' : 'pending'
    return reportStatus(state, pull.repo, creator, {
      sha,
      context: options.name,
      state: word,
      description: options.summary ?? null,
    }).id
  }
  const running = options.state === 'queued' || options.state === 'running'
  const run = reportCheck(state, pull.repo, {
    name: options.name,
    sha,
    ...(options.app === undefined ? {} : { app: options.app }),
    ...(running
      ? { status: options.state === 'queued' ? 'queued' : 'in_progress' }
      : { status: 'completed', conclusion: options.state }),
    summary: options.summary,
    log: options.log,
    ...(options.annotations === undefined ? {} : { annotations: options.annotations }),
  })
  return run.id
}
