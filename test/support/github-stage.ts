import { execFileSync } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { run } from '../../src/plugins/exec.ts'
import { createGit } from '../../src/plugins/git.ts'
import type { ForgeScmOptions } from '../../src/plugins/forge-options.ts'
import { createGitHubScm } from '../../src/plugins/scm/github.ts'
import type {
  PullRequest,
  PullRequests,
  PullRequestsWanted,
  Scm,
  ScmProject,
} from '../../src/plugins/scm.ts'
import type { RepositoryFacts } from '../../src/plugins/workspace.ts'
import type { Observation } from '../../src/resource/observation.ts'
import { mapMemory, notedWait } from './forge-memory.ts'
import type { RepositoryDriver, RepositoryOptions } from './forge/driver.ts'
import { type Forge, startForge } from './forge/forge.ts'
import type { Recorded } from './forge/inside.ts'
import { HOME_ID } from './scm-wanted.ts'

export interface GitHubStageOptions {
  readonly settings?: Readonly<Record<string, unknown>>
  readonly repository?: Partial<RepositoryOptions>
}

/** A repository of the double, a bare checkout of it, and adapters on it whose clock the test moves. */
export interface GitHubStage {
  readonly forge: Forge
  readonly hub: RepositoryDriver
  readonly project: ScmProject
  readonly scm: Scm
  /** What the adapters remember, by key, as text. */
  readonly remembered: Map<string, string>
  /** Every wait that was asked for, in milliseconds; none takes longer than a moment. */
  readonly waits: number[]
  /** How many programs were started. */
  readonly started: string[]
  /** Another adapter on the same memory, as in another process. */
  another(options?: Partial<ForgeScmOptions>): Scm
  later(ms: number): void
  now(): number
  /** Another project, of the same forge. */
  projectOf(repo: string, settings?: Readonly<Record<string, unknown>>): ScmProject
  look(refs?: Readonly<Record<string, string>>): RepositoryFacts
  /** Looks with everything due: an hour later. */
  observe(wanted?: Partial<PullRequestsWanted>, scm?: Scm): Promise<Observation<PullRequests>>
  /** The same, without moving the clock. */
  glance(wanted?: Partial<PullRequestsWanted>, scm?: Scm): Promise<Observation<PullRequests>>
  /** The pull requests; throws when they are unknown. */
  items(wanted?: Partial<PullRequestsWanted>): Promise<readonly PullRequest[]>
  /** One pull request of an observation an hour later. */
  one(number: number, wanted?: Partial<PullRequestsWanted>): Promise<PullRequest>
  /** What was asked while `work` ran. */
  asked(work: () => Promise<unknown>): Promise<readonly Recorded[]>
  remove(): Promise<void>
}

const HOUR_MS = 3_600_000
const { signal } = new AbortController()

export async function createGitHubStage(options: GitHubStageOptions = {}): Promise<GitHubStage> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'ao-hub-')))
  const forge = await startForge({ login: 'octo' })
  const hub = await forge.createRepository({ owner: 'octo', name: 'shop', ...options.repository })
  const path = join(root, 'checkout')
  const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', HOME: root, GIT_CONFIG_NOSYSTEM: '1' }
  execFileSync('git', ['init', '-q', '-b', 'main', path], { env })
  execFileSync('git', ['-C', path, 'remote', 'add', 'origin', hub.cloneUrl], { env })
  const started: string[] = []
  const plain = createGit({ env })
  const remembered = new Map<string, string>()
  const waits: number[] = []
  let offset = 0
  const now = (): number => Date.now() + offset
  const another = (more: Partial<ForgeScmOptions> = {}): Scm =>
    createGitHubScm({
      memory: mapMemory(remembered),
      git: async (cwd, args, call) => {
        started.push(`git ${args.join(' ')}`)
        return plain(cwd, args, call)
      },
      run: async (program, args, call) => {
        started.push([program, ...args].join(' '))
        return run(program, args, call)
      },
      env: { GITHUB_TOKEN: forge.token },
      readValue: async value => value,
      homeId: () => HOME_ID,
      now: () => new Date(now()),
      random: () => 0.5,
      wait: notedWait(waits),
      ...more,
    })
  const projectOf = (repo: string, settings = {}): ScmProject => ({
    project: repo.replace('/', '-'),
    repository: path,
    repo,
    defaultBranch: 'main',
    config: { plugin: 'github', apiUrl: forge.apiUrl, ...settings },
    home: root,
  })
  const project: ScmProject = {
    ...projectOf('octo/shop', options.settings),
    project: 'app',
    repo: undefined,
  }
  const scm = another()
  const look = (refs: Readonly<Record<string, string>> = {}): RepositoryFacts => ({
    path,
    commonDir: join(path, '.git'),
    refs: new Map(Object.entries(refs)),
    originHead: 'main',
    headBranch: 'main',
    hasOrigin: true,
    fetchedAt: undefined,
    worktrees: [],
    busy: undefined,
  })
  const wantedOf = (wanted: Partial<PullRequestsWanted>): PullRequestsWanted => ({
    watchPaths: [],
    branches: ['one', 'two', 'three'],
    numbers: [],
    ask: 'now',
    news: () => undefined,
    ...wanted,
  })
  const glance: GitHubStage['glance'] = async (wanted = {}, with_ = scm) =>
    with_.observe(project, look(), wantedOf(wanted), signal)
  const observe: GitHubStage['observe'] = async (wanted, with_) => {
    offset += HOUR_MS
    return glance(wanted, with_)
  }
  const items: GitHubStage['items'] = async wanted => {
    const seen = await observe(wanted)
    if (seen.state === 'found') return seen.value.items
    throw new Error(`could not look: ${JSON.stringify(seen)}`)
  }
  return {
    forge,
    hub,
    project,
    scm,
    remembered,
    waits,
    started,
    another,
    later: ms => {
      offset += ms
    },
    now,
    projectOf,
    look,
    observe,
    glance,
    items,
    one: async (number, wanted) => {
      const pull = (await items(wanted)).find(each => each.number === number)
      if (pull === undefined) throw new Error(`#${number} was not observed`)
      return pull
    },
    asked: async work => {
      const before = forge.requests.length
      await work()
      return forge.requests.slice(before)
    },
    remove: async () => {
      try {
        await forge.close()
      } finally {
        rmSync(root, { recursive: true, force: true })
      }
    },
  }
}
