import { HouseError, toHouseError } from '../errors.ts'
import type { PlannedAction, PlannedStep } from '../plan/action.ts'
import { STEPS } from './registry.ts'
import type { Step, StepContext } from './step.ts'

/** Carries out an action's steps in order. Throws a HouseError at the first that fails; what was done stays done and is observed next time. */
export async function runAction(context: StepContext, action: PlannedAction): Promise<void> {
  for (const planned of action.steps) {
    if (context.signal.aborted) {
      throw new HouseError('Interrupted', `${action.key} was interrupted before ${planned.step}`)
    }
    await runStep(context, planned)
  }
}

async function runStep(context: StepContext, planned: PlannedStep): Promise<void> {
  const { execution, object } = context
  const step: Step = STEPS[planned.step]
  await execution.fence()
  execution.onStep(object, planned.step)
  await execution.failpoints(planned.step, 'before')
  const seen = await step.precheck?.(context, planned)
  if (seen === 'done') return
  const entry =
    step.journaled === true
      ? await execution.journal.begin({
          object: `${object.kind}/${object.name}`,
          uid: object.uid,
          attempt: planned.step === 'session.start' ? planned.attempt : context.record().attempt,
          step: planned.step,
        })
      : undefined
  try {
    const running = step.run(context, planned, seen)
    // A failure is reported by the await below, also when the failpoint takes its time.
    running.catch(() => undefined)
    await execution.failpoints(planned.step, 'during')
    await running
  } catch (error) {
    if (entry !== undefined) await execution.journal.failed(entry, toHouseError(error).message)
    throw error
  }
  await execution.failpoints(planned.step, 'after')
  if (entry !== undefined) await execution.journal.end(entry)
  if ((await step.postcheck?.(context)) === false) {
    throw new HouseError(
      'Failed',
      `${planned.step} of ${object.kind}/${object.name} ran, and its effect is not there`,
      {
        retryable: true,
        next: `ao describe ${object.kind}/${object.name}`,
      },
    )
  }
}
