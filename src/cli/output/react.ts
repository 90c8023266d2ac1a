import type { DueReaction, HeldReaction } from '../../lifecycle/reaction.ts'
import type { ReactionName, ReactionPolicy } from '../../resource/spec.ts'
import type { Look } from './look.ts'
import { paletteOf } from './look.ts'
import { clean } from './text.ts'

/** What a reaction would do. */
export interface Trial {
  readonly session: string
  readonly reaction: ReactionName
  /** `told`: the Notifiers that would hear of it. */
  readonly due: readonly (DueReaction & { readonly told: readonly string[] })[]
  readonly held: readonly HeldReaction[]
  /** Why it can't come to this at all. */
  readonly never?: string
  readonly policy: ReactionPolicy
}

const ACTIONS: Readonly<Record<DueReaction['action'], string>> = {
  sendToAgent: 'the agent would be told',
  tellOrchestrator: 'the orchestrator would be told',
  notify: 'a person would be told',
  merge: 'it would be merged',
  restart: 'the agent would be started again',
}

/** For people: each thing that would be done, with its reason and its words. */
export function renderTrial(trial: Trial, look: Look): string {
  const paint = paletteOf(look.color)
  const head = `${paint.strong(trial.session)}, if ${trial.reaction} happened now:`
  const due = trial.due.flatMap(each => ['', ...dueLines(each, paint.strong)])
  const held = trial.held.map(({ why }) => `\n  it would be left alone: ${clean(why)}`)
  const nothing =
    due.length + held.length > 0
      ? []
      : [
          '',
          `  nothing would be done${trial.never === undefined ? ` (${policyText(trial.policy)})` : `: ${trial.never}`}`,
        ]
  return `${[head, ...due, ...held, ...nothing, '', 'Nothing was done.'].join('\n')}\n`
}

function dueLines(
  { action, why, text, told }: Trial['due'][number],
  strong: (text: string) => string,
): readonly string[] {
  const whom =
    action === 'notify' ? ` (${told.length === 0 ? 'no notifier takes it' : told.join(', ')})` : ''
  const words = (text ?? '').split('\n').map(line => `    ${clean(line)}`.trimEnd())
  return [
    `  ${strong(ACTIONS[action])}${whom}: ${clean(why)}`,
    ...(text === undefined ? [] : ['', ...words]),
  ]
}

function policyText(policy: ReactionPolicy): string {
  return Object.entries(policy)
    .map(
      ([name, value]) =>
        `${name} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
    )
    .join(', ')
}
