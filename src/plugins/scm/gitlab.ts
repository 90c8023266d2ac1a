import { leavePoke } from '../forge-observe.ts'
import type { ForgeScmOptions } from '../forge-options.ts'
import { ForgePace, realWait } from '../forge-pace.ts'
import { gitlabToken } from '../gitlab-auth.ts'
import type { Scm, ScmProject } from '../scm.ts'
import { deleteLeftover } from './gitlab-branch.ts'
import { closeMerge, createMerge } from './gitlab-change.ts'
import type { GitLabClient } from './gitlab-client.ts'
import { createClient } from './gitlab-client.ts'
import { mergeMerge } from './gitlab-merge.ts'
import { editMerge } from './gitlab-edit.ts'
import { createObserve } from './gitlab-observe.ts'
import type { GitLab } from './gitlab-one.ts'
import { findDesk, openDesk, readMerge, showMerge } from './gitlab-one.ts'
import type { ProjectPlace } from './gitlab-place.ts'
import { createLocate } from './gitlab-place.ts'
import { pushBranch } from './gitlab-push.ts'
import { RepoReader } from './gitlab-reader.ts'
import { replyInDiscussion } from './gitlab-reply.ts'
import { reviewMerge } from './gitlab-review.ts'
import { GITLAB_SCM_SCHEMA } from './gitlab-settings.ts'
import { readWebhook } from './gitlab-webhook.ts'

/**
 * Merge requests on gitlab.com or on a GitLab of one's own. All that is known of a project is read by one reader in this process, with questions that name what
 * is known already, and is remembered for the next process; whoever observes is answered from memory.
 */
export function createGitLabScm(options: ForgeScmOptions): Scm {
  const { memory, git, random } = options
  const now = (): number => options.now().getTime()
  const wait = options.wait ?? realWait
  const clients = new Map<string, GitLabClient>()
  const readers = new Map<string, RepoReader>()
  const clientOf = (project: ScmProject, place: ProjectPlace): GitLabClient => {
    const known = clients.get(place.forge)
    if (known !== undefined) return known
    const token = async (signal: AbortSignal): Promise<string> =>
      tokenOf(options, project, place, signal)
    const { host } = place.settings
    const pace = new ForgePace({ memory, host: new URL(host).host, now, wait })
    const made = createClient({ host, token, now, random, pace })
    clients.set(place.forge, made)
    return made
  }
  const gitlab: GitLab = {
    git,
    locate: createLocate(options),
    homeId: options.homeId,
    reader: (project, place) => {
      const key = `${place.forge}/${place.name.toLowerCase()}`
      const known = readers.get(key)
      if (known !== undefined) return known
      const client = clientOf(project, place)
      const made = new RepoReader({ client, memory, key, name: place.name, now, random })
      readers.set(key, made)
      return made
    },
    now,
    wait,
    poke: async reader => {
      reader.trigger()
      await leavePoke(memory, reader, now())
    },
  }
  return {
    name: 'gitlab',
    configSchema: GITLAB_SCM_SCHEMA,
    observe: createObserve(gitlab, memory),
    create: async (project, request, signal) => createMerge(gitlab, project, request, signal),
    async get(project, number, { watchPaths }, signal) {
      const desk = await openDesk(gitlab, project, signal)
      const watches = watchPaths.length > 0
      const merge = await readMerge(desk, { number, watches }, signal)
      return merge === undefined
        ? undefined
        : showMerge(gitlab, desk, { merge, watchPaths }, signal)
    },
    edit: async (project, number, edit, signal) =>
      editMerge(gitlab, project, { number, edit }, signal),
    reply: async (project, number, reply, signal) =>
      replyInDiscussion(gitlab, project, { ...reply, number }, signal),
    review: async (project, number, review, signal) =>
      reviewMerge(gitlab, project, { ...review, number }, signal),
    merge: async (project, number, { keepBranch = false, ...options }, signal) =>
      mergeMerge(gitlab, project, { ...options, number, keepBranch }, signal),
    deleteBranch: async (project, number, { expectedHead }, signal) =>
      deleteLeftover(gitlab, project, { number, expectedHead }, signal),
    close: async (project, number, _by, signal) => closeMerge(gitlab, project, number, signal),
    push: async (project, push, signal) => pushBranch(gitlab, project, push, signal),
    async readWebhook(delivery, secret) {
      const news = readWebhook(delivery, secret)
      for (const reader of readers.values()) {
        if (reader.name.toLowerCase() === news.repository) reader.trigger()
      }
      return news
    },
    async repositoryNames(project, signal) {
      const { place, reader } = await findDesk(gitlab, project, signal)
      return [...new Set([place.name.toLowerCase(), reader.name.toLowerCase()])]
    },
    async poke(project, signal) {
      const { reader } = await findDesk(gitlab, project, signal)
      await gitlab.poke(reader)
    },
  }
}

async function tokenOf(
  { env, readValue, run: start }: ForgeScmOptions,
  { project }: ScmProject,
  { settings }: ProjectPlace,
  signal: AbortSignal,
): Promise<string> {
  const setting = `Project/${project}: spec.scm.token`
  const token = settings.token === undefined ? undefined : await readValue(settings.token)
  return gitlabToken({ token, host: settings.host, env, run: start, setting, signal })
}
