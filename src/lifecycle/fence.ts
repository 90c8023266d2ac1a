import { plainTail, plainText } from '../resource/text.ts'

/** Bytes of one untrusted text in a message to an agent. */
const MAX_UNTRUSTED = 8 * 1024

/** Text that is not ours, as data: control characters gone, bounded, and unable to close its own fence. */
export function fence(text: string): string {
  const whole = plainText(text).trimEnd()
  const bounded = plainText(whole, MAX_UNTRUSTED)
  return fenced(bounded === whole ? whole : `${bounded}…`)
}

/** Like `fence`, but what is kept of a long text is its end, as one wants of a log. */
export function fenceTail(text: string): string {
  const whole = plainText(text).trimEnd()
  const bounded = plainTail(whole, MAX_UNTRUSTED)
  return fenced(bounded === whole ? whole : `…${bounded}`)
}

function fenced(text: string): string {
  const runs = [...text.matchAll(/`+/g)].map(([run]) => run.length)
  const ticks = '`'.repeat(Math.max(2, ...runs) + 1)
  return `${ticks}untrusted\n${text}\n${ticks}`
}
