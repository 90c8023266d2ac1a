import type { IndexLockFact, WorkspaceFact } from '../lifecycle/facts.ts'

/** The command that puts a workspace of ours back where we look for it. */
export function moveBack({
  path,
  expectedPath,
}: Extract<WorkspaceFact, { readonly state: 'moved' }>): string {
  return `git -C ${word(path)} worktree move ${word(path)} ${word(expectedPath)}`
}

/** What is said of a lock that stays, in words that do not change while it does, and the command that ends it. */
export function lockWords({ file, since, pid }: IndexLockFact): {
  readonly message: string
  readonly remedy: string
} {
  const at = new Date(since).toISOString()
  const message = `git refuses to work in the workspace: ${file} stands there for minutes, since ${at}`
  return pid === undefined
    ? { message: `${message}, and no process has it open`, remedy: `rm ${word(file)}` }
    : {
        message: `${message}; pid ${pid} has it open`,
        remedy: `kill ${pid}, then rm ${word(file)}`,
      }
}

/** One word for a shell. */
function word(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
