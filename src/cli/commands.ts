import type { DefineCommand } from './command.ts'
import type { OutputFormat } from './context.ts'
import { FORMATS } from './look.ts'

/** A command as `ao --help` lists it; its file is read only when it is typed. */
export interface CommandRow {
  readonly name: string
  readonly summary: string
  /** Heading it stands under. */
  readonly group: string
  /** What `-o` offers besides a table, which is text for people; none where it is left out. */
  readonly formats?: readonly OutputFormat[]
  readonly load: () => Promise<{ readonly define: DefineCommand }>
}

const DECLARE = 'Declare and converge:'
const LOOK = 'Look:'
const WORK = 'Work with sessions:'
const START = 'Set up:'

/** Every command, in the order of the help. A new one is a row here and a file in `commands/`. */
export const COMMANDS: readonly CommandRow[] = [
  {
    name: 'diff',
    summary: 'Show what apply would do, and why',
    group: DECLARE,
    formats: FORMATS,
    load: async () => import('./commands/diff.ts'),
  },
  {
    name: 'apply',
    summary: 'Accept manifests and make them true',
    group: DECLARE,
    formats: ['json', 'jsonl'],
    load: async () => import('./commands/apply.ts'),
  },
  {
    name: 'reconcile',
    summary: 'Converge everything, once or for as long as it runs',
    group: DECLARE,
    load: async () => import('./commands/reconcile.ts'),
  },
  {
    name: 'delete',
    summary: 'Take objects away; work that is not saved elsewhere is preserved',
    group: DECLARE,
    load: async () => import('./commands/delete.ts'),
  },
  {
    name: 'validate',
    summary: 'Check manifests and change nothing',
    group: DECLARE,
    formats: ['json'],
    load: async () => import('./commands/validate.ts'),
  },
  {
    name: 'get',
    summary: 'List objects and how they are',
    group: LOOK,
    formats: FORMATS,
    load: async () => import('./commands/get.ts'),
  },
  {
    name: 'describe',
    summary: 'Show everything about an object',
    group: LOOK,
    formats: FORMATS,
    load: async () => import('./commands/describe.ts'),
  },
  {
    name: 'events',
    summary: 'Show what happened, and why something was done or left',
    group: LOOK,
    formats: FORMATS,
    load: async () => import('./commands/events.ts'),
  },
  {
    name: 'why',
    summary: 'Show the chain from a fact to what was done about it',
    group: LOOK,
    formats: ['json', 'yaml'],
    load: async () => import('./commands/why.ts'),
  },
  {
    name: 'react',
    summary: 'Show what a reaction would do',
    group: LOOK,
    formats: ['json', 'yaml'],
    load: async () => import('./commands/react.ts'),
  },
  {
    name: 'replay',
    summary: 'Try other reactions on what was seen',
    group: LOOK,
    formats: ['json', 'yaml'],
    load: async () => import('./commands/replay.ts'),
  },
  {
    name: 'logs',
    summary: "Show a session's output",
    group: LOOK,
    load: async () => import('./commands/logs.ts'),
  },
  {
    name: 'wait',
    summary: 'Wait until an object is as you want it',
    group: LOOK,
    load: async () => import('./commands/wait.ts'),
  },
  {
    name: 'attach',
    summary: "Open a session's terminal",
    group: WORK,
    load: async () => import('./commands/attach.ts'),
  },
  {
    name: 'send',
    summary: 'Send a message to an agent',
    group: WORK,
    formats: ['json', 'yaml'],
    load: async () => import('./commands/send.ts'),
  },
  {
    name: 'suspend',
    summary: 'Stop sessions and keep their work',
    group: WORK,
    load: async () => ({ define: (await import('./commands/run-state.ts')).defineSuspend }),
  },
  {
    name: 'resume',
    summary: 'Start suspended sessions again where they were',
    group: WORK,
    load: async () => ({ define: (await import('./commands/run-state.ts')).defineResume }),
  },
  {
    name: 'restart',
    summary: 'Give sessions a new process in the same workspace',
    group: WORK,
    load: async () => ({ define: (await import('./commands/run-state.ts')).defineRestart }),
  },
  {
    name: 'cleanup',
    summary: 'Take away what is left of workers that are over',
    group: WORK,
    formats: ['json', 'yaml'],
    load: async () => import('./commands/cleanup.ts'),
  },
  {
    name: 'pr',
    summary: 'Work with pull requests',
    group: WORK,
    formats: FORMATS,
    load: async () => import('./commands/pr.ts'),
  },
  {
    name: 'webhook',
    summary: 'Take in what a forge sent',
    group: WORK,
    formats: ['json', 'yaml'],
    load: async () => import('./commands/webhook.ts'),
  },
  {
    name: 'notifier',
    summary: 'Try a channel to people',
    group: START,
    formats: ['json', 'yaml'],
    load: async () => import('./commands/notifier.ts'),
  },
  {
    name: 'init',
    summary: 'Write first manifests for a repository',
    group: START,
    load: async () => import('./commands/init.ts'),
  },
  {
    name: 'explain',
    summary: 'Explain a field of a manifest',
    group: START,
    load: async () => import('./commands/explain.ts'),
  },
  {
    name: 'schema',
    summary: 'Print or write the JSON Schemas of manifests',
    group: START,
    load: async () => import('./commands/schema.ts'),
  },
  {
    name: 'doctor',
    summary: 'Look for what is missing or left over, and say how to mend it',
    group: START,
    formats: ['json'],
    load: async () => import('./commands/doctor.ts'),
  },
]
