import { describe, expect, it } from 'vitest'

import { isSigned, maybeSame, reviewerOf, signatureOf } from '../src/resource/signature.ts'

describe('a signature', () => {
  it('is ours only with the id of our home', () => {
    const by = (home: string | undefined) => signatureOf({ session: 'app-1', home }, 'h-1')
    expect(by('h-1')).toEqual({ session: 'app-1' })
    expect(by('h-2')).toEqual({ otherSession: 'app-1' })
    expect(by(undefined)).toEqual({ unsigned: 'app-1' })
    expect(signatureOf(undefined, 'h-1')).toEqual({})
  })

  it('of a home is a stranger’s to a home that has no id yet', () => {
    expect(signatureOf({ session: 'app-1', home: 'h-1' }, undefined)).toEqual({
      otherSession: 'app-1',
    })
  })

  it('tells namesakes apart only by their homes, and counts for one where that is not told', () => {
    const [ours, theirs, unsigned] = [
      { session: 'app-1' },
      { otherSession: 'app-1' },
      { unsigned: 'app-1' },
    ]
    expect(maybeSame(ours, theirs)).toBe(false)
    expect(maybeSame(theirs, ours)).toBe(false)
    expect(maybeSame(ours, unsigned)).toBe(true)
    expect(maybeSame(theirs, unsigned)).toBe(true)
    expect(maybeSame(ours, { session: 'app-2' })).toBe(false)
    expect(maybeSame({}, {})).toBe(false)
    expect(isSigned({})).toBe(false)
  })

  it('keeps reviewers that share an account apart', () => {
    const reviewers = [{}, { session: 'app-1' }, { otherSession: 'app-1' }, { session: 'app-2' }]
    const names = reviewers.map(each => reviewerOf({ ...each, author: 'octo' }))
    expect(new Set(names).size).toBe(4)
    expect(reviewerOf({ unsigned: 'app-1', author: 'octo' })).toBe(names[1])
  })
})
