import { createGitHubFixture } from '../support/github-fixture.ts'
import { describeScm } from './scm-conformance.ts'

describeScm('github', createGitHubFixture)
