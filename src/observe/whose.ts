import type { Authorship } from '../plugins/scm.ts'
import type { Signature } from '../resource/signature.ts'
import { isSigned } from '../resource/signature.ts'

/** Whether we or a session of ours wrote it: that is never sent back. An unsigned marker is believed of `own` alone, see `pullRequestFact`. */
export function isOurs({ session, unsigned }: Signature, own: string | undefined): boolean {
  return session !== undefined || (own !== undefined && unsigned === own)
}

/** Applications, and sessions whosever they are: they never tire. */
export function isMachine(by: Authorship): boolean {
  return by.authorType === 'bot' || isSigned(by)
}
