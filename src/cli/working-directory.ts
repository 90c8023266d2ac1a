import { HouseError } from '../errors.ts'

/** Where a command was typed. Throws `Refused` where that is gone, as the workspace of a session is once all is done. */
export function workingDirectory(env: NodeJS.ProcessEnv): string {
  try {
    return process.cwd()
  } catch {
    const path = env['PWD'] ?? 'The directory that this was typed in'
    const session = env['AO_SESSION_ID'] ?? ''
    throw session === ''
      ? new HouseError('Refused', `${path} is gone, and nothing is done from there`, {
          next: 'cd ~',
        })
      : new HouseError('Refused', `${path} is gone: ${session} has no workspace there any more`, {
          next: `cd ~ && ao describe ${session}`,
        })
  }
}
