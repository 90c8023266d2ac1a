import type { PlannedAction, Verb } from '../../plan/action.ts'
import type { Palette } from './look.ts'

/** The sign before a row; it only repeats what the verb says in words. */
export function symbolOf(verb: Verb): string {
  switch (verb) {
    case 'create':
      return '+'
    case 'update':
      return '~'
    case 'restart':
    case 'replace':
      return '±'
    case 'adopt':
      return '@'
    case 'suspend':
      return '|'
    case 'resume':
      return '>'
    case 'prune':
    case 'delete':
      return '-'
    case 'wait':
      return '.'
    case 'blocked':
      return '!'
    case 'unknown':
      return '?'
    case 'unchanged':
      return '='
  }
}

export function paintOf(verb: Verb, paint: Palette): (text: string) => string {
  switch (verb) {
    case 'create':
    case 'adopt':
    case 'resume':
      return paint.good
    case 'update':
      return paint.change
    case 'restart':
    case 'replace':
    case 'suspend':
    case 'unknown':
      return paint.warn
    case 'prune':
    case 'delete':
    case 'blocked':
      return paint.bad
    case 'wait':
    case 'unchanged':
      return paint.faint
  }
}

/** The verb as rows and the summary say it: a blocked action names what it would have done. */
export function wordsOf(action: Pick<PlannedAction, 'action' | 'blockedVerb'>): string {
  return action.action === 'blocked' && action.blockedVerb !== undefined
    ? `${action.blockedVerb} (blocked)`
    : action.action
}
