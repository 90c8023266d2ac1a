import { notifiersFor } from '../../deliver/routing.ts'
import { HouseError } from '../../errors.ts'
import { isDone } from '../../lifecycle/facts.ts'
import type { DueReaction, ReactionInput } from '../../lifecycle/reaction.ts'
import { NOTHING } from '../../lifecycle/reaction.ts'
import { dueReactions } from '../../lifecycle/reactions.ts'
import { simulate } from '../../lifecycle/simulate.ts'
import { REACTION_NAMES } from '../../resource/reactions.ts'
import { graceMsOf } from '../../plan/grace.ts'
import { hintFor } from '../../manifest/suggest.ts'
import { keyOf } from '../../resource/key.ts'
import { endWords } from '../../resource/record.ts'
import type { ReactionName } from '../../resource/spec.ts'
import { endAfterLook } from '../../reconcile/outcome.ts'
import { NO_COMPANY } from '../../reconcile/world.ts'
import { requireStore } from '../ask.ts'
import type { DefineCommand } from '../command.ts'
import { examples } from '../command.ts'
import type { Context } from '../context.ts'
import { formatOf, lookOf } from '../look.ts'
import { outlook } from '../outlook.ts'
import type { Trial } from '../output/react.ts'
import { renderTrial } from '../output/react.ts'
import { toJson, toYaml } from '../output/serialize.ts'
import { findSession } from '../targets.ts'

interface Flags {
  readonly dryRun?: boolean
  readonly event?: string
}

export const define: DefineCommand = (command, act) => {
  command
    .argument('<name>', 'A session, by its name or as KIND/NAME.')
    .requiredOption('--event <reaction>', 'What happens: ci-failed, changes-requested, …')
    .option('--dry-run', 'Only show it. There is no other way: what really happens is reacted to.')
    .addHelpText('after', examples('ao react --dry-run shop-login --event ci-failed'))
    .action(async (name: string, flags: Flags) => act(async context => react(context, name, flags)))
}

async function react(context: Context, name: string, flags: Flags): Promise<undefined> {
  const reaction = reactionOf(flags.event ?? '')
  if (flags.dryRun !== true) {
    throw new HouseError('Usage', 'reactions can be tried, not triggered: add --dry-run', {
      next: `ao react --dry-run ${name} --event ${reaction}`,
    })
  }
  const format = formatOf(context, ['json', 'yaml'])
  const trial = await tryReaction(context, name, reaction)
  if (format === 'json') context.stdout(toJson(trial))
  else if (format === 'yaml') context.stdout(await toYaml(trial))
  else context.stdout(renderTrial(trial, lookOf(context)))
}

/** What a reaction would do to a session as it is now. */
async function tryReaction(context: Context, name: string, reaction: ReactionName): Promise<Trial> {
  const store = requireStore(context)
  const session = findSession(name, store)
  const { world, objects } = await outlook(context, undefined, store)
  const view = world.views.get(keyOf(session.kind, session.name))
  if (view === undefined)
    throw new HouseError('NotFound', `there is no ${name}`, { next: 'ao get' })
  const company = world.companies.get(session.spec.project) ?? NO_COMPANY
  const now = context.now()
  const input: ReactionInput = { ...view, company, since: {}, now: now.getTime() }
  const never = neverOf(input, reaction)
  const project = world.projects.get(session.spec.project)
  const happened = simulate(input, reaction)
  // A look that finds it so writes down what becomes of the worker, which is part of what people are told.
  const { record } = endAfterLook(happened, now, graceMsOf(project?.spec))
  const answer = never === undefined ? dueReactions({ ...happened, record }) : NOTHING
  const toldBy = ({ priority, notifiers }: DueReaction): readonly string[] =>
    notifiersFor(objects, {
      priority,
      reaction: notifiers,
      project: project?.spec.notifiers,
    }).map(notifier => notifier.name)
  return {
    session: `${session.kind}/${session.name}`,
    reaction,
    due: answer.due
      .filter(due => due.reaction === reaction)
      .map(due => ({ ...due, told: due.action === 'notify' ? toldBy(due) : [] })),
    held: answer.held.filter(held => held.reaction === reaction),
    ...(never === undefined ? {} : { never }),
    policy: session.spec.reactions[reaction],
  }
}

/** Why this can't happen to such a session, whatever its settings. */
function neverOf({ object, record }: ReactionInput, reaction: ReactionName): string | undefined {
  const { kind } = object
  if (reaction === 'all-complete') {
    return kind === 'Worker' ? 'it is a reaction of the orchestrator' : undefined
  }
  if (kind === 'Orchestrator' && OF_PULL_REQUESTS.has(reaction)) {
    return 'an orchestrator never has a pull request of its own'
  }
  const { outcome } = record
  const isOver = isDone(record) && !(outcome?.state === 'Closed' && reaction === 'pr-closed')
  return isOver && outcome !== undefined ? `it is ${endWords(outcome)}` : undefined
}

const OF_PULL_REQUESTS: ReadonlySet<ReactionName> = new Set([
  'ci-failed',
  'changes-requested',
  'bugbot-comments',
  'merge-conflicts',
  'approved-and-green',
  'pr-closed',
] as const)

function reactionOf(text: string): ReactionName {
  const reaction = REACTION_NAMES.find(name => name === text)
  if (reaction !== undefined) return reaction
  const hint = hintFor(text, REACTION_NAMES)
  throw new HouseError(
    'Usage',
    `unknown reaction "${text}"${hint === undefined ? '' : `; ${hint}`}`,
    {
      next: 'ao explain worker.spec.reactions',
    },
  )
}
