import { createLocalScmFixture } from '../support/scm-fixture.ts'
import { describeScm } from './scm-conformance.ts'

describeScm('local', createLocalScmFixture)
