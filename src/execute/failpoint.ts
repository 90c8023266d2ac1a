import { HouseError } from '../errors.ts'
import { STEP_NAMES } from '../plan/action.ts'

export const PHASES = ['before', 'during', 'after'] as const
export type Phase = (typeof PHASES)[number]

/** Beside every step: the answers of one round, between what is put out and what is remembered of it, and a message, between its bytes and what is remembered of them. */
export const BREAKABLE = [...STEP_NAMES, 'answer', 'message'] as const
export type Breakable = (typeof BREAKABLE)[number]

/** Where a run is to be broken on purpose, and how. */
export interface Failpoint {
  readonly step: Breakable
  readonly phase: Phase
  /** Which occurrence, from 1. */
  readonly nth: number
  readonly action: 'kill' | 'throw' | 'hang'
}

/** Called by everything that can be broken, at each of its phases. */
export type Failpoints = (step: Breakable, phase: Phase) => Promise<void>

/** Nothing is broken. */
export const noFailpoints: Failpoints = async () => undefined

/** Reads `<step>:<phase>[:nth][:kill|throw|hang]`; throws `Usage` naming what is known. */
export function parseFailpoint(text: string): Failpoint {
  const [stepText, phaseText, ...rest] = text.split(':')
  const step = BREAKABLE.find(name => name === stepText)
  const phase = PHASES.find(name => name === phaseText)
  if (step === undefined || phase === undefined) {
    throw new HouseError(
      'Usage',
      `AO_FAILPOINT "${text}" is not <step>:<phase>[:nth][:kill|throw|hang]; steps: ${BREAKABLE.join(', ')}; phases: ${PHASES.join(', ')}`,
    )
  }
  const nth = Number(rest.find(part => /^\d+$/.test(part)) ?? '1')
  const action = (['kill', 'throw', 'hang'] as const).find(name => rest.includes(name)) ?? 'kill'
  return { step, phase, nth, action }
}

/** Failpoints that act once; `kill` ends the process as a power cut would. */
export function createFailpoints(failpoint: Failpoint, kill: () => void): Failpoints {
  let seen = 0
  return async (step, phase) => {
    if (step !== failpoint.step || phase !== failpoint.phase) return
    seen += 1
    if (seen !== failpoint.nth) return
    switch (failpoint.action) {
      case 'kill':
        kill()
        return
      case 'throw':
        throw new HouseError('Failed', `failpoint ${step}:${phase}`, { retryable: true })
      case 'hang':
        await new Promise(() => undefined)
    }
  }
}
