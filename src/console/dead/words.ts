import type { Words } from '../language.ts'

interface DeadWords {
  readonly title: string
  readonly what: string
  readonly none: string
  readonly noneMatch: string
  readonly total: (count: string) => string
  readonly bySink: string
  readonly newest: (count: string) => string
  readonly moreKinds: (kinds: string, count: string) => string
  readonly notListed: (kinds: string) => string
  readonly sink: string
  readonly reason: string
  readonly count: string
  readonly last: string
  readonly filter: string
  readonly anySink: string
  readonly since: string
  readonly until: string
  readonly show: string
  readonly clear: string
  readonly onlyReason: string
  readonly list: string
  readonly choose: string
  readonly chooseOne: (event: string) => string
  readonly event: string
  readonly noEvent: string
  readonly died: string
  readonly attempts: string
  readonly status: string
  readonly retry: string
  readonly retryOne: (event: string) => string
  readonly retryChosen: string
  readonly retryAll: string
  readonly retryThese: (count: string) => string
  readonly retryKind: (count: string, sink: string, reason: string) => string
  readonly means: string
  readonly lookedBack: string
  readonly done: (count: string) => string
  readonly noneDone: string
  readonly goOn: string
  readonly confirm: {
    readonly title: string
    readonly some: (count: string) => string
    readonly atLeast: (count: string) => string
    readonly to: string
    readonly everySink: string
    readonly paused: (sink: string) => string
    readonly nothing: string
    readonly submit: string
    readonly cancel: string
  }
}

export const words: Words<DeadWords> = {
  en: {
    title: 'Dead letters',
    what: 'Deliveries that were given up: every attempt failed, the receiver refused them for good, or somebody discarded them.',
    none: 'There are none: nothing has been given up.',
    noneMatch: 'No dead letter matches.',
    total: (count) => `${count} in all.`,
    bySink: 'By sink and reason',
    newest: (count) =>
      `Of the newest ${count} of each sink: ≥ where it has more. A retry is of all, also of those that are not counted here.`,
    moreKinds: (kinds, count) => `${kinds} more reasons: ${count}`,
    notListed: (kinds) => `And ${kinds} more.`,
    sink: 'Sink',
    reason: 'Reason',
    count: 'Count',
    last: 'Last died',
    filter: 'Filter',
    anySink: 'all sinks',
    since: 'Owed since',
    until: 'Owed before',
    show: 'Show',
    clear: 'All dead letters',
    onlyReason: 'Only of one reason:',
    list: 'One by one, newest first',
    choose: 'Choose',
    chooseOne: (event) => `Choose ${event}`,
    event: 'Event',
    noEvent: 'without an id',
    died: 'Died',
    attempts: 'Attempts',
    status: 'Status',
    retry: 'Retry',
    retryOne: (event) => `Retry ${event}`,
    retryChosen: 'Retry the chosen ones',
    retryAll: 'Retry all that match…',
    retryThese: (count) => `Retry ${count}…`,
    retryKind: (count, sink, reason) => `Retry ${count}… of ${sink}: ${reason}`,
    means:
      'A retry owes it to its sink again, at once and with its attempts counted from 1. The receiver gets the same event id.',
    lookedBack: 'Looked through those that were owed since',
    done: (count) => `Owed again: ${count}.`,
    noneDone: 'None was owed again: choose some, or they are no dead letters any more.',
    goOn: 'There are more than one request has time for: retry again to go on.',
    confirm: {
      title: 'Retry dead letters',
      some: (count) => `Owed again: ${count}`,
      atLeast: (count) => `Owed again: at least ${count}`,
      to: ', to',
      everySink: 'the sinks that they were for',
      paused: (sink) => `${sink} is paused: nothing is sent to it until it is resumed.`,
      nothing: 'No dead letter matches.',
      submit: 'Retry them',
      cancel: 'Cancel',
    },
  },
  zh: {
    title: '死信',
    what: '已放弃的投递：所有尝试均失败、接收方明确拒绝，或被人为丢弃。',
    none: '没有死信：没有放弃任何投递。',
    noneMatch: '没有符合条件的死信。',
    total: (count) => `共 ${count} 条。`,
    bySink: '按接收方与原因',
    newest: (count) =>
      `按每个接收方最新 ${count} 条统计，还有更多时标 ≥。重试针对全部同类死信，包括此处未统计的。`,
    moreKinds: (kinds, count) => `另有 ${kinds} 种原因：${count} 条`,
    notListed: (kinds) => `还有 ${kinds} 种未列出。`,
    sink: '接收方',
    reason: '原因',
    count: '数量',
    last: '最近一次',
    filter: '筛选',
    anySink: '全部接收方',
    since: '加入时间起',
    until: '加入时间止',
    show: '筛选',
    clear: '全部死信',
    onlyReason: '仅此原因：',
    list: '逐条，最新在前',
    choose: '选择',
    chooseOne: (event) => `选择 ${event}`,
    event: '事件',
    noEvent: '没有 ID',
    died: '成为死信',
    attempts: '尝试次数',
    status: '状态码',
    retry: '重试',
    retryOne: (event) => `重试 ${event}`,
    retryChosen: '重试所选',
    retryAll: '重试全部符合条件的死信…',
    retryThese: (count) => `重试 ${count} 条…`,
    retryKind: (count, sink, reason) => `重试 ${count} 条… ${sink}：${reason}`,
    means: '重试会立即重新投递给接收方，尝试次数从 1 重新计算，事件 ID 不变。',
    lookedBack: '已查找到此时间：',
    done: (count) => `${count} 条已重新投递。`,
    noneDone: '没有重新投递：请先选择，或它们已不再是死信。',
    goOn: '数量较多，一次请求处理不完：请再次重试以继续。',
    confirm: {
      title: '重试死信',
      some: (count) => `重新投递 ${count} 条`,
      atLeast: (count) => `重新投递至少 ${count} 条`,
      to: '，投递给',
      everySink: '各自的接收方',
      paused: (sink) => `${sink} 已暂停：恢复前不会投递。`,
      nothing: '没有符合条件的死信。',
      submit: '重试',
      cancel: '取消',
    },
  },
}
