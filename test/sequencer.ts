import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Short files whose tests are elsewhere, or wait for long. */
const LONG =
  /test\/(cli\/(data-|commands|build)|stores\/(durable-object|move|postgres)|edge\/|sinks\/(kafka|feishu-ws\/raw))/

/** The long ones begin, so that nobody waits for one of them at the end. Without times of an earlier run Vitest goes by size. */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const isLong = ({ moduleId }: TestSpecification) => LONG.test(moduleId)
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}
