import { HouseError } from '../../errors.ts'
import { findCondition } from '../../resource/conditions.ts'
import type { Condition, ConditionType } from '../../resource/conditions.ts'
import { keyOf } from '../../resource/key.ts'
import type { DesiredSession } from '../../resource/spec.ts'
import type { Status } from '../../resource/status.ts'
import type { DefineCommand } from '../command.ts'
import { examples } from '../command.ts'
import type { Context } from '../context.ts'
import { findSession, singleWord } from '../targets.ts'

export const define: DefineCommand = (command, act) => {
  command
    .argument('<session...>', "A session's name, or KIND/NAME.")
    .usage('NAME')
    .addHelpText('after', examples('ao attach shop-login'))
    .action(async (words: readonly string[]) => act(async context => attach(context, words)))
}

/** Gives the person the session's own terminal; ends when they leave it. */
async function attach(context: Context, words: readonly string[]): Promise<number> {
  const store = context.store()
  const object = findSession(singleWord(words, 'attach'), store)
  const status = store?.status.get(keyOf(object.kind, object.name))
  const { plugin, handle } = openRuntime(object, status)
  const registry = await context.registry()
  const argv = registry.get('runtime', plugin).attachCommand({ session: object.name, handle })
  const [program, ...args] = argv ?? []
  if (program === undefined) {
    throw new HouseError('Refused', `${object.name} runs in ${plugin}, which has no terminal`, {
      next: `ao logs ${object.name} -f`,
    })
  }
  if (!context.isTTY || !process.stdin.isTTY) {
    throw new HouseError(
      'Refused',
      `attaching to ${object.name} needs a terminal, and this is none`,
      {
        next: `ao logs ${object.name} -f`,
      },
    )
  }
  const { runInteractive } = await import('../../plugins/exec.ts')
  return runInteractive(program, args, context.env)
}

/** Where it runs; throws saying how it could come to run. */
function openRuntime(
  object: DesiredSession,
  status: Status | undefined,
): { readonly plugin: string; readonly handle: string } {
  const { name } = object
  const session = status !== undefined && 'lifecycle' in status ? status : undefined
  const running = conditionOf(session, 'SessionRunning')
  const handle = session?.runtime.handle
  if (session !== undefined && handle !== undefined && running?.status !== 'False') {
    return { plugin: session.runtime.plugin, handle }
  }
  const why = running?.message ?? conditionOf(session, 'Ready')?.message ?? 'not started yet'
  const isSuspended = conditionOf(session, 'Suspended')?.status === 'True'
  throw new HouseError('Refused', `${name} is not running: ${why}`, {
    next: isSuspended ? `ao resume ${name}` : `ao describe ${name}`,
  })
}

function conditionOf(status: Status | undefined, type: ConditionType): Condition | undefined {
  return findCondition(status?.conditions ?? [], type)
}
