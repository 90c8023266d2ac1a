import type { PluginChoice } from './spec.ts'

/** What is said and set in the tracker at one moment of a worker's life. Without settings nothing is. */
export interface TrackerHook {
  /** A template over `HOOK_FIELDS`. */
  readonly comment?: string
  /** One of the tracker's own states. */
  readonly state?: string
  readonly labels?: readonly string[]
}

export interface TrackerHooks {
  readonly onStart: TrackerHook
  readonly onMerge: TrackerHook
}

/** The fields a comment may name, as `{{ session }}`. */
export const HOOK_FIELDS = [
  'issue',
  'session',
  'project',
  'branch',
  'pullRequest',
  'mergeSha',
] as const

export type HookField = (typeof HOOK_FIELDS)[number]

/** The hooks of a tracker's settings, which its schema has checked. */
export function hooksOf(config: PluginChoice): TrackerHooks {
  return { onStart: hookOf(config['onStart']), onMerge: hookOf(config['onMerge']) }
}

function hookOf(value: unknown): TrackerHook {
  if (typeof value !== 'object' || value === null) return {}
  const { comment, state, labels } = value as Readonly<Record<string, unknown>>
  return {
    ...(typeof comment === 'string' ? { comment } : {}),
    ...(typeof state === 'string' ? { state } : {}),
    ...(Array.isArray(labels) ? { labels: labels.map(String) } : {}),
  }
}
