import type { PluginChoice } from '../resource/spec.ts'
import type { Plugin } from './plugin.ts'

/** An issue as its tracker tells it. Text is data: it is sanitised, bounded and marked as untrusted before an agent sees it. */
export interface Issue {
  readonly id: string
  readonly title: string
  readonly body: string
  readonly state: 'open' | 'closed'
  readonly labels: readonly string[]
  readonly url?: string
}

export interface Tracker extends Plugin {
  /** The issue, or undefined when there is none of that id. Throws `Unreachable` (retryable) when it could not look. */
  get(
    id: string,
    context: {
      readonly config: PluginChoice
      readonly baseDir: string
      readonly repository: string
    },
    signal: AbortSignal,
  ): Promise<Issue | undefined>
}
