import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { Inbox } from './script-inbox.ts'
import { listenForever, repeatSettings, runSteps } from './script-perform.ts'
import { PROGRESS_FILE, ProgressFile } from './script-progress.ts'
import { Reporter } from './script-reports.ts'
import { loadScenario, placeOf } from './script-scenario.ts'
import { Screen } from './script-screen.ts'
import { runInWorkspace, StepFailed } from './script-session.ts'
import { readSteps } from './script-steps.ts'
import type { InputEvent } from './script-input.ts'
import type { Conversation } from './script-progress.ts'
import type { Step } from './script-schema.ts'
import type { Scenario } from './script-scenario.ts'
import type { Session } from './script-session.ts'
import type { Terminal } from './script-terminal.ts'

/** A longer message comes as a file, and a sentence that names it. */
const MESSAGE_IN_FILE = /^Read the message in (?:the file )?[`"']?(\/[^\n]+?)[`"']?\.?$/

const DAY_MS = 86_400_000
const ENDING_SIGNALS = ['SIGTERM', 'SIGHUP', 'SIGINT'] as const

type Variables = Readonly<Record<string, string | undefined>>

/** Plays a scenario from where it stands to its end, and listens from then on. Never comes back. */
export async function playScenario(
  args: readonly string[],
  variables: Variables,
  terminal: Terminal,
): Promise<void> {
  const screen = new Screen(process.stdout)
  const scenario = await scenarioOf(args)
  if (!scenario.ok) {
    for (const problem of scenario.problems) screen.tell('error', problem, 'bad')
    terminal.close()
    process.exit(2)
  }
  const { session, conversation } = await openSession(variables, scenario.steps, screen, terminal)
  greet(session, scenario.steps, conversation)
  takePrompt(session, variables['AO_PROMPT_FILE'])
  terminal.listen(listenerOf(session), draft => {
    screen.showDraft(draft)
  })
  endOnSignals(session, terminal)
  // Waiting for a message keeps no process alive when nobody can write one.
  setInterval(() => undefined, DAY_MS)
  try {
    repeatSettings(scenario.steps, conversation.frame, session)
    await runSteps(scenario.steps, conversation.frame, session)
    await listenForever(session)
  } catch (error) {
    screen.tell('failed', error instanceof Error ? error.message : String(error), 'bad')
    if (!(error instanceof StepFailed) && error instanceof Error) {
      screen.tell('', error.stack ?? '', 'quiet')
    }
    session.leave(1)
  }
}

async function scenarioOf(args: readonly string[]): Promise<Scenario> {
  const { values } = parseArgs({
    args: [...args],
    options: { scenario: { type: 'string' }, steps: { type: 'string' } },
  })
  if (values.scenario !== undefined) return loadScenario(values.scenario)
  if (values.steps === undefined) {
    return { ok: false, problems: ['needs --scenario FILE or --steps JSON'] }
  }
  const read = readSteps(JSON.parse(values.steps))
  if (read.ok) return read
  return { ok: false, problems: read.problems.map(one => placeOf(one.path) + one.message) }
}

async function openSession(
  variables: Variables,
  steps: readonly Step[],
  screen: Screen,
  terminal: Terminal,
): Promise<{ readonly session: Session; readonly conversation: Conversation }> {
  const uid = variables['AO_UID']
  const home = variables['AO_HOME']
  const attempt = Number(variables['AO_ATTEMPT'] ?? '1')
  const name = variables['AO_SESSION_ID'] ?? 'script'
  const address =
    uid === undefined || home === undefined
      ? undefined
      : { spool: join(home, 'spool'), uid, attempt }
  const place = { workspace: process.cwd(), env: environmentOf(variables, name) }
  const file = uid === undefined ? undefined : await progressPath(place)
  const progress = new ProgressFile(file, uid ?? '', steps)
  const conversation = progress.load()
  const session: Session = {
    ...place,
    name,
    attempt,
    screen,
    reporter: new Reporter(address, Date.now),
    inbox: new Inbox(conversation.inbox),
    save() {
      progress.save(conversation)
    },
    leave(code) {
      terminal.close()
      process.exit(code)
    },
    stopListening() {
      terminal.pause()
    },
    ignoreSignals() {
      for (const signal of ENDING_SIGNALS) {
        process.removeAllListeners(signal)
        process.on(signal, () => undefined)
      }
    },
  }
  return { session, conversation }
}

/** The agent commits under its own name, as nobody's identity is in its environment. */
function environmentOf(variables: Variables, name: string): Readonly<Record<string, string>> {
  const email = `${name}@agent.invalid`
  const result: Record<string, string> = {
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
    GIT_TERMINAL_PROMPT: '0',
  }
  for (const [key, value] of Object.entries(variables)) {
    if (value !== undefined) result[key] = value
  }
  return result
}

/** In the private git directory of the worktree; undefined outside of git. */
async function progressPath(
  place: Pick<Session, 'workspace' | 'env'>,
): Promise<string | undefined> {
  try {
    const asked = await runInWorkspace(place, ['git', 'rev-parse', '--absolute-git-dir'])
    return asked.exitCode === 0 ? join(asked.stdout.trim(), PROGRESS_FILE) : undefined
  } catch {
    return undefined
  }
}

function greet(session: Session, steps: readonly Step[], { frame }: Conversation): void {
  session.screen.blank()
  session.screen.tell('agent', `${session.name}, attempt ${session.attempt}`, 'good')
  session.screen.tell('', session.workspace)
  const place = `${steps.length} steps to do; I follow a script and read what you type`
  const where = frame.done === 0 ? place : `going on after step ${frame.done} of ${steps.length}`
  session.screen.tell('', where)
}

function takePrompt(session: Session, file: string | undefined): void {
  if (file === undefined) return
  try {
    session.screen.tell('task', readFileSync(file, 'utf8').trim())
    session.screen.blank()
    session.reporter.promptAccepted()
  } catch (error) {
    session.screen.tell('task', `could not be read: ${String(error)}`, 'bad')
  }
}

function listenerOf(session: Session): (event: InputEvent) => void {
  let interrupts = 0
  return event => {
    interrupts = event.type === 'interrupt' ? interrupts + 1 : 0
    if (event.type === 'message') receive(session, event.text)
    else if (event.type === 'end' || interrupts > 1) session.leave(event.type === 'end' ? 0 : 130)
    else session.screen.tell('', 'Ctrl-C once more ends this agent', 'quiet')
  }
}

/** Written down first, acknowledged then: a message that was accepted is not lost. */
function receive(session: Session, typed: string): void {
  const text = contentOf(typed)
  session.screen.tell('message', text, 'good')
  session.inbox.put(text)
  session.save()
  session.reporter.messageAccepted(typed)
  if (text !== typed) session.reporter.messageAccepted(text)
}

function contentOf(typed: string): string {
  const file = MESSAGE_IN_FILE.exec(typed)?.[1]
  if (file === undefined) return typed
  try {
    return readFileSync(file, 'utf8').replaceAll(/\r\n?/g, '\n').trim()
  } catch {
    return typed
  }
}

function endOnSignals(session: Session, terminal: Terminal): void {
  for (const signal of ENDING_SIGNALS) {
    process.on(signal, () => {
      session.screen.tell('', `ended by ${signal}`, 'bad')
      terminal.close()
      process.removeAllListeners(signal)
      process.kill(process.pid, signal)
    })
  }
}
