import { durationMs } from '../../resource/duration.ts'
import { crash, exit, fork, hang, ignoreSignals } from './script-faults.ts'
import { review } from './script-review.ts'
import { StepFailed } from './script-session.ts'
import { isDoneIn, stepName } from './script-steps.ts'
import { commit, edit, env, fix, openPullRequest, pause, push, run } from './script-work.ts'
import type { Frame } from './script-progress.ts'
import type { Handler, Step, StepName, StepValues } from './script-schema.ts'
import type { Perform, Session } from './script-session.ts'

/** Does the steps that are not done yet, writing down each when it is. */
export async function runSteps(
  steps: readonly Step[],
  frame: Frame,
  session: Session,
): Promise<void> {
  while (frame.done < steps.length) {
    const step = steps[frame.done]
    if (step !== undefined && isDoneIn(step, session.attempt)) {
      await performStep(step, session, frame)
    }
    frame.done += 1
    delete frame.handling
    session.save()
  }
}

/** What a process forgets when it ends is said to its successor again. */
export function repeatSettings(steps: readonly Step[], frame: Frame, session: Session): void {
  const past = steps.slice(0, frame.done)
  if (past.some(step => 'ignore-signals' in step && isDoneIn(step, session.attempt))) {
    session.ignoreSignals()
  }
}

/** With nothing left to do, an agent sits there and listens. */
export async function listenForever(session: Session): Promise<never> {
  for (;;) {
    await nextMessage(session, 'nothing left to do')
    session.save()
    session.screen.tell('say', 'Noted. My script has nothing to say about that.')
  }
}

const say: Perform<'say'> = async (text, session) => {
  session.screen.tell('say', text)
}

const report: Perform<'report'> = async (outcome, session) => {
  session.screen.tell('report', outcome, outcome === 'done' ? 'good' : 'bad')
  session.reporter.reported(outcome)
}

const waitForMessage: Perform<'wait-for-message'> = async (value, session) => {
  const wanted = value?.matching === undefined ? () => true : matcherOf(value.matching)
  const about = value?.matching === undefined ? 'a message' : `a message about ${value.matching}`
  session.screen.tell('wait', `for ${about}`, 'quiet')
  const timeoutMs = value?.timeout === undefined ? undefined : durationMs(value.timeout)
  const message = await nextMessage(session, `waiting for ${about}`, { wanted, timeoutMs })
  if (message === undefined) session.screen.tell('wait', 'nobody wrote; going on', 'quiet')
}

const onMessage: Perform<'on-message'> = async (handlers, session, frame) => {
  const wanted = (text: string): boolean => handlerFor(handlers, text) !== undefined
  if (frame.handling === undefined) session.screen.tell('wait', 'for a message', 'quiet')
  await handleOne(handlers, wanted, session, frame)
}

const serve: Perform<'serve'> = async ({ on, until }, session, frame) => {
  if (frame.handling === undefined) session.screen.tell('wait', 'for messages', 'quiet')
  const isLast = until === undefined ? () => false : matcherOf(until)
  for (;;) {
    const message = await handleOne(on, () => true, session, frame)
    delete frame.handling
    if (isLast(message)) return
    session.save()
  }
}

const ask: Perform<'ask'> = async (question, session) => {
  await answerTo('needs-input', question, session)
}

const askPermission: Perform<'ask-permission'> = async (wish, session) => {
  const answer = await answerTo('needs-permission', `${wish} (yes or no)`, session)
  const isAllowed = /^\s*(y|yes|1|allow)\b/i.test(answer)
  session.screen.tell('', isAllowed ? 'allowed' : 'not allowed', isAllowed ? 'good' : 'bad')
}

const PERFORM: { readonly [N in StepName]: Perform<N> } = {
  say,
  edit,
  commit,
  push,
  'open-pr': openPullRequest,
  fix,
  run,
  env,
  sleep: pause,
  review,
  report,
  'wait-for-message': waitForMessage,
  'on-message': onMessage,
  serve,
  ask,
  'ask-permission': askPermission,
  crash,
  exit,
  hang,
  'ignore-signals': ignoreSignals,
  fork,
}

async function performStep(step: Step, session: Session, frame: Frame): Promise<void> {
  const name = stepName(step)
  const value = step[name]
  if (value !== undefined) await perform(name, value, session, frame)
}

async function perform<N extends StepName>(
  name: N,
  value: StepValues[N],
  session: Session,
  frame: Frame,
): Promise<void> {
  if (!saysItself(name)) session.reporter.activity('working', headline(name, value))
  await PERFORM[name](value, session, frame)
}

/** These wait, and tell what for. */
function saysItself(name: StepName): boolean {
  const waiting: readonly StepName[] = ['wait-for-message', 'on-message', 'serve', 'review']
  return waiting.includes(name) || name === 'ask' || name === 'ask-permission'
}

function headline(name: StepName, value: StepValues[StepName]): string {
  if (typeof value === 'string') return `${name}: ${value}`
  if (typeof value !== 'object' || value === null) return name
  if ('file' in value) return `${name}: ${value.file}`
  return 'title' in value ? `${name}: ${value.title}` : name
}

/** Waits for a message (or goes on with the one it was handling when it ended) and does what is to be done about it. */
async function handleOne(
  handlers: readonly Handler[],
  wanted: (text: string) => boolean,
  session: Session,
  frame: Frame,
): Promise<string> {
  if (frame.handling === undefined) {
    const message = await nextMessage(session, 'waiting for messages', { wanted })
    if (message === undefined) throw new StepFailed('a wait without a limit came to an end')
    const handler = handlers.findIndex(one => matcherOf(one.matching)(message))
    frame.handling = { handler, message, inside: { done: 0 } }
    session.save()
  }
  const { handler, message, inside } = frame.handling
  const steps = handlers[handler]?.steps
  if (steps === undefined) session.screen.tell('say', 'Noted.')
  else await runSteps(steps, inside, session)
  return message
}

interface Wish {
  readonly wanted?: (text: string) => boolean
  readonly timeoutMs?: number | undefined
  readonly from?: number
}

/** The message is out of the inbox from here on; the caller saves when it has put it somewhere. */
async function nextMessage(
  session: Session,
  detail: string,
  wish: Wish = {},
): Promise<string | undefined> {
  session.reporter.activity('idle', detail)
  session.screen.setWaiting(true)
  const message = await session.inbox.take(wish.wanted ?? (() => true), wish)
  session.screen.setWaiting(false)
  if (message !== undefined) session.reporter.activity('working', 'reading a message')
  return message
}

/** Only what is said after the question answers it. */
async function answerTo(
  activity: 'needs-input' | 'needs-permission',
  question: string,
  session: Session,
): Promise<string> {
  session.screen.tell('ask', question)
  session.reporter.activity(activity, question)
  session.screen.setWaiting(true)
  const answer = await session.inbox.take(() => true, { from: session.inbox.size })
  session.screen.setWaiting(false)
  session.reporter.activity('working', 'got an answer')
  return answer ?? ''
}

function handlerFor(handlers: readonly Handler[], text: string): Handler | undefined {
  return handlers.find(handler => matcherOf(handler.matching)(text))
}

/** Case does not matter, and `.` means any character, line ends too. */
function matcherOf(pattern: string): (text: string) => boolean {
  const expression = new RegExp(pattern, 'is')
  return text => expression.test(text)
}
