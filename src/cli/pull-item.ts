import type { PullRequest } from '../plugins/scm.ts'
import type { Context } from './context.ts'
import { toJson, toYaml } from './output/serialize.ts'

/** One pull request, for programs. */
export async function printPull(
  context: Context,
  format: 'json' | 'yaml',
  pull: PullRequest,
): Promise<void> {
  const item = toItem(pull)
  context.stdout(format === 'json' ? toJson(item) : await toYaml(item))
}

/** What it touches of a caller's paths says nothing to others. */
export function toItem({ touched: _touched, ...item }: PullRequest): Omit<PullRequest, 'touched'> {
  return item
}
