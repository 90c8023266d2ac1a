import type { StepName } from '../plan/action.ts'
import { startSession, stopSession } from './session-steps.ts'
import type { Step } from './step.ts'
import {
  addWorkspace,
  createBranch,
  deleteBranch,
  fetchBase,
  populateWorkspace,
  prepareWorkspace,
  preserveWorkspace,
  removeWorkspace,
} from './workspace-steps.ts'

/** Every effect there is. Failpoints and their tests are made from this table, so no step can go without. */
export const STEPS: { readonly [N in StepName]: Step<N> } = {
  'base.fetch': fetchBase,
  'branch.create': createBranch,
  'workspace.add': addWorkspace,
  'workspace.populate': populateWorkspace,
  'workspace.prepare': prepareWorkspace,
  'session.start': startSession,
  'session.stop': stopSession,
  'workspace.preserve': preserveWorkspace,
  'workspace.remove': removeWorkspace,
  'branch.delete': deleteBranch,
}
