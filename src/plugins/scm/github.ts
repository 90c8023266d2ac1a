import type { Git } from '../git.ts'
import { leavePoke } from '../forge-observe.ts'
import type { ForgeScmOptions } from '../forge-options.ts'
import { ForgePace, realWait } from '../forge-pace.ts'
import { githubHost, githubToken } from '../github-auth.ts'
import type { Scm, ScmProject } from '../scm.ts'
import { deleteLeftover } from './github-branch.ts'
import { GitHubClient } from './github-client.ts'
import { createPull } from './github-create.ts'
import { editPull } from './github-edit.ts'
import type { Forge } from './github-forge.ts'
import { createForge } from './github-forge.ts'
import { mergePull } from './github-merge.ts'
import { createObserve } from './github-observe.ts'
import type { GitHub } from './github-one.ts'
import { openDesk, readPull, showPull } from './github-one.ts'
import type { ProjectPlace } from './github-place.ts'
import { createLocate } from './github-place.ts'
import { pushBranch } from './github-push.ts'
import { replyInThread } from './github-reply.ts'
import { closePull, reviewPull } from './github-review.ts'
import { GITHUB_SCM_SCHEMA } from './github-settings.ts'
import { readWebhook } from './github-webhook.ts'

/**
 * Pull requests on GitHub. All that is known of a repository is read by one reader in this process, with questions that cost nothing while nothing changes,
 * and is remembered for the next process; whoever observes is answered from memory.
 */
export function createGitHubScm(options: ForgeScmOptions): Scm {
  const { memory, git } = options
  const now = (): number => options.now().getTime()
  const wait = options.wait ?? realWait
  const forges = new Map<string, Forge>()
  const forge = (project: ScmProject, place: ProjectPlace): Forge => {
    const known = forges.get(place.forge)
    if (known !== undefined) return known
    const { random } = options
    const token = async (signal: AbortSignal): Promise<string> =>
      tokenOf(options, project, place, signal)
    const { apiUrl } = place.settings
    const pace = new ForgePace({ memory, host: githubHost(apiUrl), now, wait })
    const client = new GitHubClient({ apiUrl, token, now, random, pace })
    const made = createForge({ client, memory, key: place.forge, now, random, wait })
    forges.set(place.forge, made)
    return made
  }
  const github: GitHub & { readonly git: Git } = {
    git,
    locate: createLocate(options),
    forge,
    homeId: options.homeId,
    now,
    wait,
    poke: async reader => {
      reader.trigger()
      await leavePoke(memory, reader, now())
    },
  }
  return {
    name: 'github',
    configSchema: GITHUB_SCM_SCHEMA,
    observe: createObserve(github, memory),
    create: async (project, request, signal) => createPull(github, project, request, signal),
    async get(project, number, { watchPaths }, signal) {
      const desk = await openDesk(github, project, signal)
      const pull = await readPull(github, desk, number, signal)
      return pull === undefined ? undefined : showPull(desk, pull, watchPaths, signal)
    },
    edit: async (project, number, edit, signal) =>
      editPull(github, project, { number, edit }, signal),
    review: async (project, number, review, signal) =>
      reviewPull(github, project, { ...review, number }, signal),
    reply: async (project, number, reply, signal) =>
      replyInThread(github, project, { ...reply, number }, signal),
    merge: async (project, number, { keepBranch = false, ...options }, signal) =>
      mergePull(github, project, { ...options, number, keepBranch }, signal),
    deleteBranch: async (project, number, { expectedHead }, signal) =>
      deleteLeftover(github, project, { number, expectedHead }, signal),
    close: async (project, number, _by, signal) => closePull(github, project, number, signal),
    push: async (project, push, signal) => pushBranch(github, project, push, signal),
    async readWebhook(delivery, secret) {
      const news = await readWebhook(delivery, secret)
      const about = [...forges.values()].flatMap(each => each.repos())
      for (const reader of about) {
        if (reader.name.toLowerCase() === news.repository) reader.trigger()
      }
      return news
    },
    async repositoryNames(project, signal) {
      const { place, reader } = await openDesk(github, project, signal)
      return [...new Set([place.name.toLowerCase(), reader.name.toLowerCase()])]
    },
    async poke(project, signal) {
      const { reader } = await openDesk(github, project, signal)
      await github.poke(reader)
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
  const config = { apiUrl: settings.apiUrl, token }
  return githubToken({ config, env, run: start, setting, signal })
}
