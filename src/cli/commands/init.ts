import { existsSync, mkdirSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'

import { HouseError } from '../../errors.ts'
import { starterFiles } from '../../manifest/init.ts'
import type { StarterFile, Surroundings } from '../../manifest/init.ts'
import { findGitRoot } from '../../manifest/load-git.ts'
import type { Git } from '../../plugins/git.ts'
import type { DefineCommand } from '../command.ts'
import { examples } from '../command.ts'
import type { Context } from '../context.ts'
import { isOnPath } from '../context.ts'

interface Flags {
  readonly force?: boolean
}

export const define: DefineCommand = (command, act) => {
  command
    .argument('[dir]', 'A directory of the repository (default: here).')
    .option('--force', 'Write over files that are there.')
    .addHelpText('after', examples('ao init', 'ao init ~/src/shop'))
    .action(async (dir: string | undefined, flags: Flags) =>
      act(async context => init(context, resolve(context.cwd, dir ?? '.'), flags)),
    )
}

async function init(context: Context, dir: string, { force }: Flags): Promise<number> {
  const root = repositoryOf(dir)
  const found = await lookAround(context, root)
  const files = starterFiles(found)
  if (force !== true) assertFree(context, root, files)
  for (const { path, content } of files) {
    const file = join(root, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
    if (!path.includes('/.schema/')) context.stderr(`wrote ${shown(context, file)}\n`)
  }
  context.stderr(`wrote ${shown(context, join(root, '.ao', '.schema'))}/ for editors\n`)
  const agents = found.agents.length === 0 ? 'none found' : found.agents.join(', ')
  context.stderr(
    `\nfound: branch ${found.defaultBranch ?? 'not known'}, origin ${found.remote === undefined ? 'none' : 'yes'}, ` +
      `agents ${agents}, tmux ${found.tmux ? 'yes' : 'no'}\n` +
      '\nNext:\n  edit .ao/workers.yaml     say what is to be done\n  ao diff                   see what would happen\n' +
      '  ao apply                  make it so\n  ao reconcile --watch      keep it so, with reactions to checks and reviews\n',
  )
  return 0
}

function repositoryOf(dir: string): string {
  if (statSync(dir, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new HouseError('Usage', `there is no directory ${dir}`, { next: 'ao init --help' })
  }
  const root = findGitRoot(realpathSync(dir))
  if (root !== undefined) return root
  throw new HouseError('EnvironmentMissing', `${dir} is in no git repository`, {
    next: `git init ${dir}`,
  })
}

async function lookAround(context: Context, root: string): Promise<Surroundings> {
  const git = await context.git()
  const registry = await context.registry()
  const remote = await ask(git, root, ['config', '--get', 'remote.origin.url'])
  const head = await ask(git, root, [
    'symbolic-ref',
    '--quiet',
    '--short',
    'refs/remotes/origin/HEAD',
  ])
  const current = await ask(git, root, ['symbolic-ref', '--quiet', '--short', 'HEAD'])
  const hasCommit =
    (await ask(git, root, ['rev-parse', '--quiet', '--verify', 'HEAD'])) !== undefined
  const agents = registry
    .all('agent')
    .filter(
      ({ executable }) => executable !== undefined && isOnPath(executable, context.env['PATH']),
    )
  return {
    repoName: basename(remote ?? root),
    defaultBranch: head?.replace(/^origin\//, '') ?? (hasCommit ? current : undefined),
    remote,
    agents: agents.map(({ name }) => name),
    tmux: context.tmuxAvailable,
  }
}

async function ask(git: Git, cwd: string, args: readonly string[]): Promise<string | undefined> {
  const { exitCode, stdout } = await git(cwd, args, { allow: [0, 1, 128] })
  const text = stdout.trim()
  return exitCode === 0 && text !== '' ? text : undefined
}

/** Nothing of a person's is written over, and nothing is half written. */
function assertFree(context: Context, root: string, files: readonly StarterFile[]): void {
  const taken = files
    .map(({ path }) => join(root, path))
    .find(file => !file.includes('/.schema/') && existsSync(file))
  if (taken === undefined) return
  throw new HouseError(
    'Refused',
    `${shown(context, taken)} is there already; nothing was written`,
    {
      next: 'ao diff, or write it anew with  ao init --force',
    },
  )
}

function shown(context: Context, file: string): string {
  const short = relative(context.cwd, file)
  return short.startsWith('..') ? file : short
}
