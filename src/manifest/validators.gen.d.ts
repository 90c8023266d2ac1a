// Made from schemas/ by `npm run generate`. Do not edit.
import type { ErrorObject } from 'ajv'

export interface Validator {
  (data: unknown): boolean
  readonly errors?: readonly ErrorObject[] | null
}

export const validateNotifier: Validator
export const validateProject: Validator
export const validateOrchestrator: Validator
export const validateWorker: Validator
