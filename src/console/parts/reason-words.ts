import { english, type ReasonWords } from '../../core/reason-words.ts'
import type { Words } from '../language.ts'

/** Why a route does not match. */
export const reasonWords: Words<ReasonWords> = {
  en: english,
  zh: {
    absent: (path) => `${path}: 字段不存在`,
    present: (found) => `${found} 应不存在`,
    noneOf: (found, wanted) => `${found} 不等于 ${wanted}`,
    unmet: (found, wanted) => `${found} 不符合 ${wanted}`,
    apart: (paths) => `${paths}: 各自都匹配，但不在列表的同一元素中`,
    inAnyCase: (condition) => `${condition} (忽略大小写)`,
    anythingBut: (conditions) => `anything-but ${conditions}`,
    number: (range) => `numeric ${range}`,
    more: (count) => `另有 ${count} 个`,
    disabled: '未启用',
    ownEvent: '不匹配网关自身的事件，见 alerts',
    noSource: (type) => `没有来源接受类型 ${type}`,
    onlyFrom: (sources) => `只接受来自 ${sources} 的事件`,
  },
}
