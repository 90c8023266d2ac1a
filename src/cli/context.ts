import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, delimiter, dirname, isAbsolute, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

import type { GitQueue } from '../plugins/git-queue.ts'
import type { Git } from '../plugins/git.ts'
import type { ProcessIdentity } from '../plugins/process-identity.ts'
import { readProcessIdentity } from '../plugins/process-identity.ts'
import type { Registry } from '../plugins/registry.ts'
import { readHomeId } from '../store/home-id.ts'
import { readStore } from '../store/index.ts'
import type { StoreView } from '../store/index.ts'
import type { HomePaths } from '../store/paths.ts'
import { homePaths } from '../store/paths.ts'
import { readSocketPath, socketPath } from '../store/socket-path.ts'
import { baseEnvironment, gitEnvironment } from './environment.ts'
import type { MachineOutput } from './output/serialize.ts'
import { columnsOf, isTerminal, NARROW } from './terminal.ts'
import { workingDirectory } from './working-directory.ts'

/** Two checkouts and two checks at a time keep two cores busy. */
const CHECK_SLOTS = 2

export type OutputFormat = 'table' | 'wide' | MachineOutput

export interface GlobalOptions {
  readonly home?: string
  readonly output?: OutputFormat
  readonly color: boolean
  readonly verbose: boolean
  readonly signal: AbortSignal
}

/** What a command gets of the outside world. */
export interface Context {
  /** AO_HOME, absolute; it need not exist. */
  readonly home: string
  readonly version: string
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** What sessions and jobs may see of `env`. */
  readonly baseEnv: Readonly<Record<string, string>>
  readonly userHome: string
  readonly now: () => Date
  readonly newId: () => string
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  readonly readStdin: () => Promise<string>
  readonly isTTY: boolean
  /** Columns; infinite when nobody's terminal cuts lines. */
  readonly width: number
  readonly errWidth: number
  readonly color: boolean
  readonly errColor: boolean
  readonly output: OutputFormat | undefined
  readonly verbose: boolean
  readonly signal: AbortSignal
  readonly tmuxAvailable: boolean
  git(): Promise<Git>
  identity(): Promise<ProcessIdentity>
  /** Every adapter there is, for this home. */
  registry(): Promise<Registry>
  /** The home for whoever only looks; undefined while there is none. */
  store(): StoreView | undefined
}

/** The composition root: the only place that names adapters. Nothing is started and nothing written here. */
export async function createContext(options: GlobalOptions): Promise<Context> {
  const { env } = process
  const userHome = env['HOME'] ?? homedir()
  const home = realPathOf(resolveHome(options.home ?? env['AO_HOME'], userHome))
  const plain = !options.color || (env['NO_COLOR'] ?? '') !== ''
  const baseEnv = baseEnvironment(env)
  let git: Promise<Git> | undefined
  let identity: Promise<ProcessIdentity> | undefined
  let registry: Promise<Registry> | undefined
  let madeForHome = false
  const context: Context = {
    home,
    version: AO_VERSION,
    cwd: workingDirectory(env),
    env,
    baseEnv,
    userHome,
    now: () => new Date(),
    newId: randomUUID,
    stdout: text => process.stdout.write(text),
    stderr: text => process.stderr.write(text),
    readStdin: async () => readAll(),
    isTTY: isTerminal(process.stdout),
    width: isTerminal(process.stdout)
      ? columnsOf(process.stdout)
      : widthOf(env['COLUMNS'], Infinity),
    errWidth: isTerminal(process.stderr)
      ? columnsOf(process.stderr)
      : widthOf(env['COLUMNS'], NARROW),
    color: isTerminal(process.stdout) && !plain,
    errColor: isTerminal(process.stderr) && !plain,
    output: options.output,
    verbose: options.verbose,
    signal: options.signal,
    tmuxAvailable: isOnPath('tmux', env['PATH']),
    git: async () => (git ??= createOwnGit(env)),
    identity: async () => (identity ??= readProcessIdentity(process.platform)),
    registry: async () => {
      // Where the tmux socket is may be decided only once the home is there.
      const hasHome = existsSync(home)
      if (registry === undefined || hasHome !== madeForHome) registry = createRegistry(context)
      madeForHome = hasHome
      return registry
    },
    store: () => readStore(home, { version: AO_VERSION }),
  }
  return context
}

/** Whether a program is on a PATH. */
export function isOnPath(program: string, path: string | undefined): boolean {
  return (path ?? '').split(delimiter).some(dir => dir !== '' && existsSync(join(dir, program)))
}

/** Writes `<home>/bin/ao`, which sessions find first on their PATH: this very program. */
export function writeOwnCommand(paths: HomePaths): void {
  const script = `#!/bin/sh\nexec '${process.execPath}' '${ownProgram()}' "$@"\n`
  const file = join(paths.bin, 'ao')
  if (existsSync(file) && readFileSync(file, 'utf8') === script) return
  mkdirSync(paths.bin, { recursive: true, mode: 0o700 })
  writeFileSync(file, script, { mode: 0o755 })
}

async function createOwnGit(env: Context['env']): Promise<Git> {
  const { createGit } = await import('../plugins/git.ts')
  return createGit({ env: gitEnvironment(env) })
}

/** Adapters are loaded when the first of them is needed: commands that only read files never do. */
async function createRegistry(context: Context): Promise<Registry> {
  const { env, baseEnv, home, now } = context
  const paths = homePaths(home)
  const [
    tmux,
    processes,
    script,
    custom,
    claude,
    worktree,
    desktop,
    slack,
    discord,
    webhook,
    email,
    queues,
    registry,
  ] = await Promise.all([
    import('../plugins/runtime/tmux.ts'),
    import('../plugins/runtime/process.ts'),
    import('../plugins/agent/script.ts'),
    import('../plugins/agent/custom.ts'),
    import('../plugins/agent/claude-code.ts'),
    import('../plugins/workspace/worktree.ts'),
    import('../plugins/notifier/desktop.ts'),
    import('../plugins/notifier/slack.ts'),
    import('../plugins/notifier/discord.ts'),
    import('../plugins/notifier/webhook.ts'),
    import('../plugins/notifier/email.ts'),
    import('../plugins/git-queue.ts'),
    import('../plugins/registry.ts'),
  ])
  const identity = await context.identity()
  const git = await context.git()
  const queue = queues.createGitQueue({})
  const socket = existsSync(home)
    ? await socketPath(paths, env['XDG_RUNTIME_DIR'], env['TMPDIR'] ?? '/tmp')
    : (readSocketPath(paths) ?? paths.tmuxSocket)
  const all = new registry.Registry()
  await addTrackers(all, context, git)
  await addForges(all, context, { git, queue })
  return all
    .register(
      'runtime',
      tmux.createTmuxRuntime({
        socket,
        configFile: join(home, 'tmux.conf'),
        serverFile: join(home, 'tmux.server.json'),
        runs: paths.runs,
        env: baseEnv,
        now: () => now().getTime(),
      }),
    )
    .register(
      'runtime',
      processes.createProcessRuntime({ root: paths.runs, identity, shell: '/bin/sh' }),
    )
    .register(
      'agent',
      script.createScriptAgent({
        program: join(dirname(ownProgram()), 'script-agent.js'),
        node: process.execPath,
      }),
    )
    .register('agent', custom.createCustomAgent())
    .register('agent', claude.createClaudeCodeAgent())
    .register('workspace', worktree.createWorktreeWorkspace({ git, queue, env: baseEnv, now }))
    .register('notifier', desktop.createDesktopNotifier({ platform: process.platform, env }))
    .register('notifier', slack.createSlackNotifier({ now }))
    .register('notifier', discord.createDiscordNotifier({ now }))
    .register('notifier', webhook.createWebhookNotifier({ now }))
    .register('notifier', email.createEmailNotifier())
}

async function addTrackers(
  registry: Registry,
  { env, now, home }: Context,
  git: Git,
): Promise<void> {
  const [local, github, gitlab, linear, jira, { ForgePace }, { openForgeFiles }] =
    await Promise.all([
      import('../plugins/tracker/local.ts'),
      import('../plugins/tracker/github.ts'),
      import('../plugins/tracker/gitlab.ts'),
      import('../plugins/tracker/linear.ts'),
      import('../plugins/tracker/jira.ts'),
      import('../plugins/forge-pace.ts'),
      import('../store/forge.ts'),
    ])
  const memory = openForgeFiles(homePaths(home))
  // One for each host: whoever changes something waits in its line.
  const paces = new Map<string, InstanceType<typeof ForgePace>>()
  const pace = (host: string): InstanceType<typeof ForgePace> => {
    const one = paces.get(host) ?? new ForgePace({ memory, host, now: () => now().getTime() })
    paces.set(host, one)
    return one
  }
  registry
    .register('tracker', local.createLocalTracker())
    .register('tracker', github.createGithubTracker({ git, env, now, pace }))
    .register('tracker', gitlab.createGitlabTracker({ git, env, now, pace }))
    .register('tracker', linear.createLinearTracker({ env, now }))
    .register('tracker', jira.createJiraTracker({ env, now }))
}

/** Where pull requests live. The libraries of forges that are not on this machine are loaded when one is asked. */
async function addForges(
  registry: Registry,
  context: Context,
  { git, queue }: { readonly git: Git; readonly queue: GitQueue },
): Promise<void> {
  const { env, home, now, userHome, newId: id, baseEnv } = context
  const [local, github, gitlab, { run }, { openForgeFiles }, { readValue }] = await Promise.all([
    import('../plugins/scm/local.ts'),
    import('../plugins/scm/github.ts'),
    import('../plugins/scm/gitlab.ts'),
    import('../plugins/exec.ts'),
    import('../store/forge.ts'),
    import('./secrets.ts'),
  ])
  const memory = openForgeFiles(homePaths(home))
  const read = async (value: unknown): Promise<unknown> => readValue(value, { env, cwd: userHome })
  const homeId = homeIdOf(homePaths(home))
  const options = { memory, git, run, env, readValue: read, homeId, now, random: Math.random }
  const slots = CHECK_SLOTS
  registry
    .register('scm', local.createLocalScm({ git, queue, homeId, now, id, env: baseEnv, slots }))
    .register('scm', github.createGitHubScm(options))
    .register('scm', gitlab.createGitLabScm(options))
}

/** As soon as it has one it is always the same. */
function homeIdOf(paths: HomePaths): () => string | undefined {
  let id: string | undefined
  return () => (id ??= readHomeId(paths))
}

/** The built program, also when this code was put into a chunk beside it. */
function ownProgram(): string {
  const here = dirname(fileURLToPath(import.meta.url))
  for (let dir = here; ; dir = dirname(dir)) {
    for (const candidate of [join(dir, 'ao.cjs'), join(dir, 'dist', 'ao.cjs')]) {
      if (existsSync(candidate)) return candidate
    }
    if (dir === dirname(dir)) return join(here, 'ao.cjs')
  }
}

function resolveHome(text: string | undefined, userHome: string): string {
  if (text === undefined || text === '') return join(userHome, '.ao')
  return isAbsolute(text) ? text : resolve(text)
}

/** Without symbolic links, as git tells paths; what does not exist yet is taken as it will be. */
function realPathOf(path: string): string {
  if (existsSync(path) || path === dirname(path)) return realpathSync(path)
  return join(realPathOf(dirname(path)), basename(path))
}

function widthOf(text: string | undefined, otherwise: number): number {
  const columns = Number(text)
  return Number.isInteger(columns) && columns > 0 ? columns : otherwise
}

async function readAll(): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString('utf8')
}
