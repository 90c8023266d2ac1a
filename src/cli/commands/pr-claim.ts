import type { Command } from 'commander'

import { HouseError } from '../../errors.ts'
import type { PullRequest } from '../../plugins/scm.ts'
import { keyOf } from '../../resource/key.ts'
import type { DesiredSession } from '../../resource/spec.ts'
import { isSession } from '../../resource/spec.ts'
import type { StoreView } from '../../store/index.ts'
import { ask, requireStore } from '../ask.ts'
import type { Act } from '../command.ts'
import { examples, notes } from '../command.ts'
import type { Context } from '../context.ts'
import { getPull, numberOf, openPulls } from '../pulls.ts'
import { findSession } from '../targets.ts'

interface Flags {
  readonly project?: string
  readonly release?: boolean
}

const HELP = `
The pull request is the worker's from then on, whoever opened it: its checks, reviews and
conflicts reach that worker, which is done when it is merged. The worker's own branch and
workspace stay as they are. To change a pull request of another branch, its agent checks
that branch out in its workspace and pushes from there. Orchestrators never have one.`

/** `command` is the empty subcommand. */
export function defineClaim(command: Command, act: Act): void {
  command
    .argument('<number>', 'Its number.')
    .argument('[worker]', 'Whose it becomes; with --release it need not be named.')
    .option('--release', 'Take it away again.')
    .addHelpText('after', notes(HELP))
    .addHelpText('after', examples('ao pr claim 3 shop-login', 'ao pr claim 3 --release'))
    .action(async (number: string, worker: string | undefined, flags: Flags) =>
      act(async context => {
        const store = requireStore(context)
        return flags.release === true
          ? release(context, store, { text: number, worker, flags })
          : claim(context, store, { text: number, worker, flags })
      }),
    )
}

interface Given {
  readonly text: string
  readonly worker: string | undefined
  readonly flags: Flags
}

async function claim(
  context: Context,
  store: StoreView,
  { text, worker, flags }: Given,
): Promise<number> {
  const number = numberOf(text)
  if (worker === undefined) {
    throw new HouseError('Usage', `say whose pull request #${number} becomes`, {
      next: `ao pr claim ${number} WORKER`,
    })
  }
  const session = findSession(worker, store)
  assertSameProject(session, flags.project)
  if (session.kind === 'Orchestrator') throw orchestrator(session)
  const pull = await getPull(context, await openPulls(context, session.spec.project), number)
  assertOpen(pull, session)
  const key = keyOf(session.kind, session.name)
  const openedBy = pull.session === undefined ? {} : { openedBy: pull.session }
  await ask(context, { type: 'claim', key, pullRequest: number, ...openedBy })
  context.stdout(`#${number} is ${key}'s\n`)
  const before = openerOf(pull, session)
  if (before !== undefined) context.stderr(`${before}; your word counts more\n`)
  const { branch } = pull.head
  if (branch !== session.spec.branch) {
    context.stderr(
      `its branch is ${branch}; ${session.name} keeps ${session.spec.branch ?? 'its own'}, and what is said of #${number} is sent to it\n`,
    )
  }
  return 0
}

/** Whose it would be by its marker, where that is somebody else. */
function openerOf(
  { session, otherSession, unsigned }: PullRequest,
  { name }: DesiredSession,
): string | undefined {
  if (otherSession !== undefined) return `it was opened by ${otherSession} of another home`
  const opener = session ?? unsigned
  return opener === undefined || opener === name ? undefined : `it was opened by ${opener}`
}

async function release(
  context: Context,
  store: StoreView,
  { text, worker, flags }: Given,
): Promise<number> {
  const number = numberOf(text)
  const session = worker === undefined ? holder(store, number, flags) : findSession(worker, store)
  assertSameProject(session, flags.project)
  const key = keyOf(session.kind, session.name)
  if (session.overrides.pullRequest !== number) {
    throw new HouseError('Conflict', `pull request #${number} was not claimed for ${key}`, {
      next: `ao describe ${session.name}`,
    })
  }
  await ask(context, { type: 'claim', key })
  context.stdout(`#${number} is no longer claimed for ${key}\n`)
  return 0
}

function holder(store: StoreView, number: number, { project }: Flags): DesiredSession {
  const holders = [...store.desired.all().values()]
    .filter(isSession)
    .filter(({ spec }) => project === undefined || spec.project === project)
    .filter(({ overrides }) => overrides.pullRequest === number)
  const [only, ...others] = holders
  if (only !== undefined && others.length === 0) return only
  throw only === undefined
    ? new HouseError('NotFound', `pull request #${number} was claimed for nobody`, {
        next: 'ao get workers',
      })
    : new HouseError('Usage', `pull requests #${number} of several projects were claimed`, {
        next: `ao pr claim ${number} --release --project NAME`,
      })
}

function assertSameProject({ name, spec }: DesiredSession, named: string | undefined): void {
  if (named === undefined || named === spec.project) return
  throw new HouseError('Usage', `${name} works on ${spec.project}, not on ${named}`, {
    next: `ao get workers`,
  })
}

function orchestrator({ name, spec }: DesiredSession): HouseError {
  return new HouseError(
    'Refused',
    `Orchestrator/${name} coordinates others and never has a pull request of its own`,
    { next: `ao get workers  # name one of ${spec.project}` },
  )
}

function assertOpen({ number, state, mergeSha }: PullRequest, { spec }: DesiredSession): void {
  if (state === 'open') return
  const what = `pull request #${number} of ${spec.project}`
  throw state === 'merged'
    ? new HouseError(
        'Refused',
        `${what} is merged${mergeSha === undefined ? '' : ` as ${mergeSha.slice(0, 12)}`}: there is nothing left to do in it`,
        { next: `ao pr view ${number} --project ${spec.project}` },
      )
    : new HouseError('Refused', `${what} is closed: whoever is to go on with it opens it again`, {
        next: `ao pr list --project ${spec.project}`,
      })
}
