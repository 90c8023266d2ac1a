import { writeSchemas } from './schema.ts'

/** What `ao init` found out about the place it stands in. */
export interface Surroundings {
  /** The repository's name, such as its directory's. */
  readonly repoName: string
  /** Undefined when it can't be told, as in a repository without commits. */
  readonly defaultBranch: string | undefined
  /** URL of origin. */
  readonly remote: string | undefined
  /** Agent plugins whose program is installed, the preferred one first. */
  readonly agents: readonly string[]
  readonly tmux: boolean
}

export interface StarterFile {
  /** Relative to the repository's top. */
  readonly path: string
  readonly content: string
}

const MODELINE = '# yaml-language-server: $schema=.schema/manifest.schema.json'
const MAX_PREFIX = 35
/** Agents that work only in a terminal of their own, which tmux gives. */
const WANTS_TMUX = new Set(['claude-code'])

/** A commented start for a repository: its project, one worker, and the schemas for editors. It can be applied as it is. */
export function starterFiles(found: Surroundings): readonly StarterFile[] {
  const name = projectName(found.repoName)
  const agent = found.agents.find(one => found.tmux || !WANTS_TMUX.has(one))
  return [
    { path: '.ao/project.yaml', content: projectFile(name, agent, found) },
    { path: '.ao/workers.yaml', content: workersFile(name, agent) },
    ...writeSchemas('.ao/.schema').map(({ file, content }) => ({ path: file, content })),
  ]
}

/** The nearest name that a project can have. */
function projectName(repoName: string): string {
  const plain = repoName
    .toLowerCase()
    .replace(/\.git$/, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_PREFIX)
    .replaceAll(/^-+|-+$/g, '')
  return plain === '' ? 'project' : plain
}

function projectFile(name: string, agent: string | undefined, found: Surroundings): string {
  const { defaultBranch, remote, tmux } = found
  const repo = remote === undefined ? undefined : withoutSecrets(remote)
  return `${MODELINE}
# The project: this repository, and what its sessions have in common.
# Every field is explained by \`ao explain project.spec --recursive\`.
apiVersion: ao.dev/v1alpha1
kind: Project
metadata:
  name: ${scalar(name)}
spec:
  # path: ~/src/${name}           # default: the repository this file is in
${repo === undefined ? '  # repo: owner/name                # where others can clone it from' : `  repo: ${scalar(repo)}`}
${defaultBranch === undefined ? "  # defaultBranch: main             # default: where origin's HEAD points" : `  defaultBranch: ${scalar(defaultBranch)}`}
  # Pull requests live in the repository itself (refs/ao/pulls). A check is a command that runs at a
  # pull request's head; a failing one goes back to the agent.
  scm:
    plugin: local
    approvals: 1
    # checks:
    #   - { name: test, command: npm test, timeout: 10m }
  defaults:
${agentLines(agent, tmux)}
  # workspace:
  #   symlinks: [.env]              # shared from the main checkout
  #   postCreate: [npm ci]          # run in a fresh workspace before the agent starts
  # rules: |
  #   Keep changes small, and run the tests before you open a pull request.
  # reactions:
  #   approved-and-green: { auto: true }   # merge by itself; without it you are told
  limits:
    maxActive: 4
`
}

function agentLines(agent: string | undefined, tmux: boolean): string {
  const runtime = tmux
    ? "    # runtime: tmux                 # `ao attach NAME` opens a session's terminal"
    : '    # tmux is not installed, so sessions run without a terminal of their own.'
  if (agent !== undefined) return `    agent: ${scalar(agent)}\n${runtime}`
  const why = tmux
    ? '    # No coding agent was found'
    : '    # No coding agent that works without tmux was found'
  return `${why}; any command that reads its task from
    # $AO_PROMPT_FILE is one. This one only writes the task down and commits it; put yours in its place,
    # or install claude (and tmux) and write \`agent: claude-code\`.
    agent:
      plugin: custom
      command:
        - sh
        - -c
        - cp "$AO_PROMPT_FILE" TASK.md && git add TASK.md && git -c user.name=ao -c user.email=ao@localhost commit -qm "Write the task down"
${runtime}`
}

function workersFile(project: string, agent: string | undefined): string {
  const done =
    agent === undefined
      ? '  doneWhen: exited                  # merged (default), reported or exited'
      : '  # doneWhen: merged              # or reported, or exited'
  return `${MODELINE}
# The workers: each is one agent on one task, on a branch (ao/<name>) and in a worktree of its own.
# See what would happen with \`ao diff\`, and start them with \`ao apply\`.
apiVersion: ao.dev/v1alpha1
kind: Worker
metadata:
  name: ${scalar(`${project}-first-look`)}
spec:
  project: ${scalar(project)}
  prompt: |
    Read this repository. Find one small thing that would help a newcomer, such as a missing step in
    the README, fix it, commit it, and open a pull request that says why.
${done}
  # dependsOn: [${project}-other]      # start only when these are done
  # state: Suspended                # stop the agent, keep everything else
`
}

/** A URL may carry a password, and this file is going to be committed. */
function withoutSecrets(remote: string): string {
  return remote.replace(/^([a-z+]+:\/\/)[^/@]+@/i, '$1').replaceAll('${', () => '$${')
}

/** Plain where YAML reads it as that text, else in double quotes. */
function scalar(text: string): string {
  const isPlain = /^[A-Za-z~/][\w./@~-]*(:[\w./@~-]+)*$/.test(text)
  const isWord = /^(true|false|null|yes|no|on|off|y|n|~)$/i.test(text)
  return isPlain && !isWord ? text : JSON.stringify(text)
}
