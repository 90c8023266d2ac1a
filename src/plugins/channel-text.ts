import type { Notification } from '../resource/notification.ts'
import { plainText } from '../resource/text.ts'

/** Text from anywhere as a channel may show it: no control characters, every character through `escape`, and no longer than `max` afterwards. */
export function clipped(
  text: string,
  max: number,
  escape: (character: string) => string = character => character,
): string {
  const characters = Array.from(plainText(text).trim(), escape)
  if (characters.reduce((size, character) => size + character.length, 0) <= max) {
    return characters.join('')
  }
  let kept = ''
  for (const character of characters) {
    if (kept.length + character.length > max - 1) break
    kept += character
  }
  return `${kept}…`
}

/** `Pull request #3`, or as much of it as is known. */
export function pullRequestName({ pullRequestNumber }: Notification): string {
  return pullRequestNumber === undefined ? 'Pull request' : `Pull request #${pullRequestNumber}`
}

/** The pull request's address where it is one that a person can follow: those of the local forge are paths. */
export function pullRequestLink({ pullRequestUrl }: Notification): string | undefined {
  if (pullRequestUrl === undefined || !URL.canParse(pullRequestUrl)) return undefined
  const url = new URL(pullRequestUrl)
  return ['http:', 'https:'].includes(url.protocol) ? url.href : undefined
}

/** Whose it is: `shop/shop-login`. */
export function subjectOf({ project, session }: Notification): string {
  return session === undefined ? project : `${project}/${session}`
}
